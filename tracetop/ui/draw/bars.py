"""The lines around things: a pane's title and status lines, which are its frame too, the header, the key bar.

Owns: what stands in them and in which order it gives way when they are narrow. Refuses to own: wording that headless
shares (`view.status`). Screen process.
"""

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from textual import events

from tracetop.model.frame import LOSS_WINDOW_S, Frame, PaneFrame, PaneState
from tracetop.model.program import Unit
from tracetop.model.wire.messages import Hello
from tracetop.source.source import Ended
from tracetop.ui.dialogue import keys
from tracetop.ui.dialogue.wishes import PanePending, Pending
from tracetop.ui.draw.line_view import Line, LineView
from tracetop.ui.draw.theme import Palette
from tracetop.view import status
from tracetop.view.numbers import format_percent, format_value
from tracetop.view.text import cell_width, escape, fit

Part = tuple[str, Style]
_LEAST_ABOUT = 8
"""Cells from which on the start of a text says something."""


def _width(parts: Sequence[Part]) -> int:
    return sum(cell_width(text) for text, _ in parts)


def spread(left: Sequence[Part], right: Sequence[Part], width: int, fill: Part) -> Line:
    """Return `left` and `right` with fill between; too narrow: `right` loses parts from its left, `left` is cut."""
    right = list(right)
    while right and _width(left) + _width(right) > width:
        right.pop(0)
    room = width - _width(right)
    line: list[Segment] = []
    for text, look in left:
        line.append(Segment(text if cell_width(text) <= room else fit(text, room), look))
        room -= line[-1].cell_length
    return [*line, Segment(fill[0] * room, fill[1]), *(Segment(text, look) for text, look in right)]


class FrameLine(LineView):
    """A line that closes a pane's frame above or below; heavier around the pane that has the focus."""

    ENDS = ("╭╮", "┍┑")

    def __init__(self) -> None:
        super().__init__()
        self.number = 0
        self.focused = False
        self.pane = PaneFrame(name="", title="", state=PaneState.LOADING)
        self.pending = PanePending()
        self.middle = ""
        """What the view adds, escaped."""
        self.about = ""
        """What stands after the left part where there is room, escaped."""

    def parts(self, ink: Palette) -> tuple[list[Part], list[Part]]:
        """Return what stands left and what stands right."""
        raise NotImplementedError

    def draw(self, width: int, _height: int, ink: Palette) -> Sequence[Line]:
        """Return the line."""
        if width < 4:
            return []
        look = ink.focus if self.focused else ink.border
        rule = "━" if self.focused else "─"
        ends = self.ENDS[self.focused]
        left, right = (_gapped(parts) for parts in self.parts(ink))
        room = width - 4 - _width(left) - _width(right) - 2
        if self.about and room >= _LEAST_ABOUT:
            left += _gapped([(fit(self.about, min(room, cell_width(self.about))), ink.faint)])
        middle = spread(left, right, width - 4, (rule, look))
        return [[Segment(ends[0] + rule, look), *middle, Segment(rule + ends[1], look)]]


def _gapped(parts: Sequence[Part]) -> list[Part]:
    return [(f" {text} ", look) for text, look in parts if text]


class TitleLine(FrameLine):
    """A pane's number, title, source, state and total."""

    edited = False
    """Whether a shipped script was edited."""

    def parts(self, ink: Palette) -> tuple[list[Part], list[Part]]:
        """Return the title left, the state right."""
        pane = self.pane
        variant = next((v.title for v in pane.variants if v.name == pane.variant), "")
        about = escape(", ".join(pane.params))
        title = escape(pane.title if variant in ("", pane.title) else f"{pane.title}: {variant}")
        left = [
            (f"{self.number} {title}", ink.title if self.focused else ink.text + Style(bold=True)),
            (about, ink.warn),
            ("edited" if self.edited else "", ink.warn),
            (status.bound_sign(pane) + self.middle if self.middle else "", ink.value),
        ]
        state = {
            PaneState.ON: ("", ink.dim),
            PaneState.OFF: ("off", ink.warn),
            PaneState.LOADING: ("loading…", ink.dim),
            PaneState.ASKING: ("asking", ink.warn),
            PaneState.FAILED: ("failed", ink.bad),
        }[pane.state]
        return left, [(self._wishes(), ink.warn), state]

    def _wishes(self) -> str:
        """Return what was asked for and is not in force, e.g. ``pending: off``."""
        wish = self.pending
        words = [
            {None: "", True: "on", False: "off"}[wish.enabled],
            escape(wish.variant or ""),
            "" if wish.params is None else escape(", ".join(wish.params)) or "all",
            "sort" if wish.sorts else "",
        ]
        said = " ".join(word for word in words if word)
        return f"pending: {said}" if said else ""


class StatusLine(FrameLine):
    """What a pane's numbers are worth and what they cost."""

    ENDS = ("╰╯", "┕┙")

    def parts(self, ink: Palette) -> tuple[list[Part], list[Part]]:
        """Return loss and notes left, the row's place and the cost right."""
        pane = self.pane
        if pane.state is not PaneState.ON:
            return [(" · ".join(map(escape, pane.notes)), ink.dim)], []
        loss = status.loss_text(pane)
        sampled = status.sampling_text(pane)
        left = [(f"{status.ESTIMATE} {sampled}", ink.warn)] if sampled else []
        if limit := status.limit_text(pane):
            left.append((f"{status.ESTIMATE} {limit}", ink.warn))
        if loss or not (sampled or limit):
            left.append((f"{status.LOWER_BOUND} {loss}", ink.bad) if loss else ("complete", ink.good))
        if earlier := status.earlier_loss_text(pane):
            left.append((f"for {LOSS_WINDOW_S:.0f} s · {earlier}", ink.dim))
        if pane.diagnostic:
            left.append((escape(pane.diagnostic.what), ink.warn))
        left += [(escape(note), ink.warn) for note in pane.notes]
        return left, [(self.middle, ink.dim), (_cost(pane), ink.dim)]


def _cost(pane: PaneFrame) -> str:
    """Return what one event costs, how many there are, and their product in percent of one core."""
    cost = pane.cost
    if not cost.events_per_s:
        return ""
    share = format_percent(cost.percent, sign=True)
    return f"{cost.ns_per_event:.0f} ns × {format_value(cost.events_per_s)}/s = {share}"  # noqa: RUF001


class HeaderLine(LineView):
    """Where and whose events are counted, and whether what is seen is what is."""

    hello: Hello | None = None
    frame: Frame | None = None
    pending = Pending()
    trail = ""
    """Escaped."""
    paused = False
    ended = False
    age_s = 0.0

    def draw(self, width: int, _height: int, ink: Palette) -> Sequence[Line]:
        """Return the line."""
        hello = self.hello
        filter_look = ink.warn if self.trail != "all processes" else ink.text
        left: list[Part] = [(" tracetop ", ink.key), (f" {self.trail} ", filter_look)]
        if self.pending.filter is not None:
            left.append((" pending… ", ink.warn))
        right: list[Part] = []
        if self.frame and self.frame.cpus:
            right.append((f" {self.frame.cpus} cpus ", ink.dim))
        if hello:
            right.append((f" {escape(hello.hostname)}  {escape(hello.kernel)} ", ink.dim))
        if self.frame:
            cost = self.frame.tracer
            memory = format_value(cost.rss_bytes, Unit.BYTES)
            right.append((f" tracer {format_percent(cost.cpu_percent, sign=True):>5} {memory} ", ink.dim))
        right += self._timing(ink)
        return [spread(left, right, width, (" ", ink.dim))]

    def _timing(self, ink: Palette) -> list[Part]:
        """Return interval, age, pause: the last to give way."""
        interval = self.pending.interval_s or (self.frame.interval_s if self.frame else None)
        parts: list[Part] = []
        if interval:
            is_pending = self.pending.interval_s is not None
            parts.append(
                (f" every {interval:g} s{' pending…' if is_pending else ''} ", ink.warn if is_pending else ink.text)
            )
        age = status.age_text(self.age_s)
        if self.ended:
            parts.append((" ENDED ", ink.bad))
        elif self.paused:
            parts.append((f" PAUSED {age} ", ink.warn + Style(bold=True)))
        elif age:
            parts.append((f" stale: {age} ", ink.bad))
        elif self.frame is None:
            parts.append((" starting… ", ink.dim))
        return parts


class KeyBar(LineView):
    """The most wanted keys, or, until the next key, something to tell."""

    notice = ""
    """What is being told, escaped; empty while the keys are shown."""
    _is_bad = False
    _places: Sequence[tuple[int, int, str]] = ()

    def tell(self, text: str, *, bad: bool = False) -> None:
        """Show one line instead of the keys; an empty one brings them back."""
        self.notice, self._is_bad = escape(text), bad
        self.redraw()

    def draw(self, width: int, _height: int, ink: Palette) -> Sequence[Line]:
        """Return the keys that fit, or the notice."""
        places: list[tuple[int, int, str]] = []
        self._places = places
        if self.notice:
            return [[Segment(" " + fit(self.notice, width - 1), ink.bad if self._is_bad else ink.warn)]]
        line: list[Segment] = []
        x = 0
        for key, word, pressed in keys.BAR:
            used = len(key) + len(word) + 3
            if x + used > width:
                break
            line += [Segment(f" {key} ", ink.key), Segment(f"{word} ", ink.dim)]
            places.append((x, x + used, pressed))
            x += used
        return [line]

    def on_click(self, event: events.Click) -> None:
        """Press the key."""
        for start, end, pressed in self._places:
            if start <= event.x < end and pressed:
                self.app.simulate_key(pressed)


class Banner(LineView):
    """Shown only after the end; its two keys are never cut."""

    _ended: Ended | None = None

    def show(self, ended: Ended | None) -> None:
        """Say that the source has ended; None: it runs."""
        self._ended = ended
        self.set_class(ended is not None, "open")
        self.redraw()

    def draw(self, width: int, _height: int, ink: Palette) -> Sequence[Line]:
        """Return what happened, and the cause and the hint under it."""
        diagnostic = self._ended.diagnostic if self._ended else None
        what = f" {escape(diagnostic.what) if diagnostic else 'the tracer ended'} "
        keys = [
            Segment("R", ink.key),
            Segment(" restart  ", ink.text),
            Segment("q", ink.key),
            Segment(" quit ", ink.text),
        ]
        room = max(0, width - sum(segment.cell_length for segment in keys))
        lines: list[Line] = [[Segment(fit(what, room), ink.bad), *keys]]
        if diagnostic:
            texts = (f"why: {diagnostic.why}" if diagnostic.why else "", f"hint: {diagnostic.hint}")
            lines.append([Segment(fit(" " + escape("  ".join(filter(None, texts))), width), ink.text)])
        return lines
