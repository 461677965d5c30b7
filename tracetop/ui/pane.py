"""A pane: a title line, the views of its frame, a status line; and the keys that act on a pane as a whole.

Owns: which view widget draws which view, and the focus among them. Refuses to own: what is in force; the frame says
that. Screen process.
"""

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical

from tracetop.errors import Diagnostic
from tracetop.model.frame import Histogram, Log, Number, PaneFrame, PaneState, StackTree, Table, View
from tracetop.model.message import SelectVariant, SetEnabled, SetOffsets
from tracetop.ui import keys
from tracetop.ui.bars import StatusLine, TitleLine
from tracetop.ui.flame import FlameView
from tracetop.ui.histogram import HistogramView
from tracetop.ui.lines import Line
from tracetop.ui.log import LogView
from tracetop.ui.messages import Asked, Noticed, StatusChanged
from tracetop.ui.number import NumberView
from tracetop.ui.pending import PanePending
from tracetop.ui.table import TableView
from tracetop.ui.theme import Palette
from tracetop.ui.tree import TreeView
from tracetop.ui.views import PaneView
from tracetop.view.scrollback import Scrollback
from tracetop.view.text import escape, fit


class StateView(PaneView):
    """What stands in a pane that shows no numbers: why, and what to do."""

    BINDING_GROUP_TITLE = "State"

    def __init__(self, pane: str) -> None:
        super().__init__(pane)
        self._frame: PaneFrame | None = None
        self.key = ""

    def show_state(self, frame: PaneFrame | None) -> None:
        """Draw the state of this frame."""
        self._frame = frame
        self.redraw()

    def draw(self, width: int, _height: int, ink: Palette) -> Sequence[Line]:
        """Return a few wrapped lines."""
        frame = self._frame
        if frame is None or frame.state is PaneState.LOADING:
            return [[], [Segment("  loading…", ink.dim)]]
        if frame.state is PaneState.OFF:
            off = ("off: its probes are detached and cost nothing", f"press {self.key} or Space to switch it on")
            return [[], *([Segment(fit(f"  {text}", width), ink.dim)] for text in off)]
        if frame.diagnostic is None:
            return [[], [Segment("  nothing yet", ink.dim)]]
        return [[], *_diagnostic_lines(frame.diagnostic, width, ink)]


def _diagnostic_lines(diagnostic: Diagnostic, width: int, ink: Palette) -> list[Line]:
    head = f"{diagnostic.where}: {diagnostic.what}" if diagnostic.where else diagnostic.what
    lines = _wrapped("", head, width, ink, bad=True)
    lines += [[Segment(f"  {text}", ink.text)] for text in _excerpt(diagnostic.excerpt, width - 3)]
    for name, text in (("why: ", diagnostic.why), ("mend: ", diagnostic.mend)):
        lines += _wrapped(name, text, width, ink, bad=False)
    return lines


def _excerpt(excerpt: str, width: int) -> list[str]:
    """Return the source line and its caret, of a long line the part around the caret."""
    lines = [escape(line) for line in excerpt.splitlines()]
    longest, caret = max(map(len, lines), default=0), len(lines[-1]) if lines else 0
    start = max(0, min(caret - width // 2, longest - width))
    return [fit(line[start:], max(0, width)).rstrip() for line in lines]


def _wrapped(name: str, text: str, width: int, ink: Palette, *, bad: bool) -> list[Line]:
    """Return the text in lines between words, its name before the first and the rest under it."""
    room = max(8, width - 4 - len(name))
    lines: list[Line] = []
    words, line = escape(text).split(), ""
    for word in [*words, None]:
        if word is not None and (not line or len(line) + 1 + len(word) <= room):
            line = f"{line} {word}".strip()
        elif line:
            lead = name if not lines else " " * len(name)
            lines.append([Segment(f"  {lead}", ink.dim), Segment(fit(line, room), ink.bad if bad else ink.text)])
            line = word or ""
    return lines


def _shown(frame: PaneFrame) -> tuple[View, ...]:
    return frame.views if frame.state is PaneState.ON else ()


class Pane(Vertical):
    """One pane of the grid; gets a PaneFrame a tick."""

    BINDING_GROUP_TITLE = "Pane"
    BINDINGS: ClassVar[list[BindingType]] = [*keys.PANE]

    def __init__(self, number: int, name: str) -> None:
        super().__init__(id=f"pane-{number}")
        self.number = number
        self.pane_name = name
        self.frame: PaneFrame | None = None
        self.flame = False
        self._title = TitleLine()
        self._status = StatusLine()
        self._title.number = self._status.number = number
        self._title.pane = PaneFrame(name=name, title=name, state=PaneState.LOADING)
        self._state = StateView(name)
        self._state.key = str(number)
        self._body = Vertical(self._state, classes="body")
        self._views: list[PaneView] = [self._state]
        self.script = ""
        """The text of the script that runs; it comes once each time that one is loaded."""
        self._logs: dict[str, Scrollback] = {}
        self._made_for: object = None
        self._remembered_params: tuple[str, ...] = ()
        self._pending = PanePending()
        self._offsets = False

    def compose(self) -> ComposeResult:
        """Yield the three parts."""
        yield self._title
        yield self._body
        yield self._status

    @property
    def view(self) -> PaneView:
        """The view that has the focus, else the first."""
        return next((view for view in self._views if view.has_focus), self._views[0])

    @property
    def views(self) -> Sequence[PaneView]:
        """All views of the pane."""
        return self._views

    def take_focus(self) -> None:
        """Give the focus to the view that had it, or to the first."""
        self.view.focus()

    def take_in(self, frame: PaneFrame) -> None:
        """Keep what is in no other frame: the lines of logs, and the script's text where another was loaded."""
        if frame.script:
            self.script = frame.script
            self.forget()
            for log in self._logs.values():
                log.restart()
        for view in frame.views:
            if isinstance(view, Log):
                self._logs.setdefault(view.name, Scrollback()).add(view)

    def remember(self, frame: PaneFrame) -> None:
        """Take one tick into the histories of the views, shown or not."""
        if self._remembered_params != frame.params:
            self._remembered_params = frame.params
            self.forget()
        if self._needs(frame) == self._made_for and frame.state is PaneState.ON:
            for widget, view in zip(self._views, frame.views, strict=False):
                widget.remember(view)

    def show(self, frame: PaneFrame, pending: PanePending) -> None:
        """Draw this frame and what is pending."""
        self.frame, self._pending = frame, pending
        self._adapt(frame)
        if self._views[0] is self._state:
            self._state.show_state(frame)
        else:
            for widget, view in zip(self._views, frame.views, strict=True):
                widget.show(view, pending)
        self._show_lines()

    def show_pending(self, pending: PanePending) -> None:
        """Draw the same frame with other wishes pending."""
        if self.frame is None:
            self._pending = pending
            self._show_lines()
        else:
            self.show(self.frame, pending)

    def forget(self) -> None:
        """Drop all histories."""
        for view in self._views:
            view.forget()

    def _show_lines(self) -> None:
        for line in (self._title, self._status):
            line.focused = self.has_focus_within
            line.pending = self._pending
            line.pane = self.frame or line.pane
        self._title.middle = next((text for view in self._views if (text := view.headline)), "")
        self._status.middle = self.view.status
        self._title.redraw()
        self._status.redraw()

    def _adapt(self, frame: PaneFrame) -> None:
        """Have one widget for each view of the frame, of the kind that draws it."""
        if self._needs(frame) == self._made_for:
            return
        self._made_for = self._needs(frame)
        shown = _shown(frame)
        had_focus, before = self.has_focus_within, self._views
        self._views = [self._widget_for(view) for view in shown]
        for widget, view in zip(self._views, shown, strict=True):
            widget.remember(view)
        if not self._views:
            self._state = StateView(self.pane_name)
            self._state.key = str(self.number)
            self._views = [self._state]
        self._body.mount(*self._views)
        if had_focus:
            self.screen.set_focus(self._views[0])
        for old in before:
            old.remove()

    def _needs(self, frame: PaneFrame) -> object:
        """Return what decides which widgets there are."""
        return frame.variant, self.flame, tuple((type(view), view.name) for view in _shown(frame))

    def _widget_for(self, view: View) -> PaneView:
        match view:
            case Table():
                return TableView(self.pane_name)
            case Histogram():
                return HistogramView(self.pane_name)
            case StackTree():
                return FlameView(self.pane_name) if self.flame else TreeView(self.pane_name)
            case Number():
                return NumberView(self.pane_name)
            case Log():
                return LogView(self.pane_name, self._logs[view.name])

    def on_status_changed(self, event: StatusChanged) -> None:
        """Draw the lines around the views again."""
        event.stop()
        self._show_lines()

    def on_descendant_focus(self, _event: events.DescendantFocus) -> None:
        """Draw the frame heavy."""
        self._show_lines()

    def on_descendant_blur(self, _event: events.DescendantBlur) -> None:
        """Draw the frame light."""
        self._show_lines()

    def on_click(self, _event: events.Click) -> None:
        """Take the focus wherever on the pane the click was."""
        if not self.has_focus_within:
            self.take_focus()

    def action_toggle_pane(self) -> None:
        """Attach or detach the pane's probes: the opposite of what was asked for last."""
        if self.frame is None:
            return
        now = self.frame.state is not PaneState.OFF if self._pending.enabled is None else self._pending.enabled
        self.post_message(Asked(SetEnabled(self.pane_name, not now)))

    def action_next_view(self) -> None:
        """Change between call tree and flame, or histogram and heat map."""
        frame = self.frame
        if frame is not None and any(isinstance(view, StackTree) for view in frame.views):
            self.flame = not self.flame
            self.show(frame, self._pending)
        elif not [name for view in self._views if (name := view.next_view())]:
            self.post_message(Noticed("this pane has one view"))

    def next_variant(self) -> None:
        """Ask for the pane's next source."""
        frame = self.frame
        if frame is None or len(frame.variants) < 2:
            self.post_message(Noticed("no pane here has another source"))
            return
        names = [variant.name for variant in frame.variants]
        now = self._pending.variant or frame.variant
        place = names.index(now) + 1 if now in names else 0
        self.post_message(Asked(SelectVariant(self.pane_name, names[place % len(names)])))

    def action_offsets(self) -> None:
        """Ask for stack frames with or without offsets."""
        if self.frame is None or not any(isinstance(view, StackTree) for view in self.frame.views):
            self.post_message(Noticed("this pane has no stacks"))
            return
        self._offsets = not self._offsets
        self.post_message(Asked(SetOffsets(self.pane_name, self._offsets)))
