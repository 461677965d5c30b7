"""What stands in a pane that shows no numbers: why it does not, and what to do about it.

Owns: the words for loading, off, failed, and the question before a hot script. Refuses to own: the state, which a
frame carries. Screen process.
"""

from collections.abc import Sequence
from textwrap import wrap
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.binding import BindingType

from tracetop.errors import Diagnostic
from tracetop.model.frame import PaneFrame, PaneState
from tracetop.model.wire.messages import Proceed
from tracetop.ui.dialogue.keys import bind
from tracetop.ui.dialogue.messages import Asked, Cancelled
from tracetop.ui.draw.line_view import Line
from tracetop.ui.draw.theme import Palette
from tracetop.ui.views.base import PaneView
from tracetop.view.status import hot_text
from tracetop.view.text import escape, fit

SAMPLE = 64
"""The answer "sample": 1 in so many events."""


class StateView(PaneView):
    """Why there are no numbers."""

    BINDING_GROUP_TITLE = "State"

    def __init__(self, pane: str, number: int) -> None:
        super().__init__(pane)
        self._number = number
        self._frame: PaneFrame | None = None

    def show_state(self, frame: PaneFrame) -> None:
        """Draw the state of this frame."""
        self._frame = frame
        self.redraw()

    def draw(self, width: int, _height: int, ink: Palette) -> Sequence[Line]:
        """Return a few wrapped lines."""
        frame = self._frame
        if frame is None or frame.state is PaneState.LOADING:
            return [[], [Segment("  loading…", ink.dim)]]
        if frame.state is PaneState.OFF:
            off = (
                "off: its probes are detached and cost nothing",
                f"press {self._number} or Space to switch it on" if self._number < 10 else "Space switches it on",
            )
            return [[], *([Segment(fit(f"  {text}", width), ink.dim)] for text in off)]
        if frame.diagnostic is None:
            return [[], [Segment("  nothing yet", ink.dim)]]
        return [[], *diagnostic_lines(frame.diagnostic, width, ink)]


class QuestionView(StateView):
    """The question before a script that would cost much: its answers are keys."""

    BINDING_GROUP_TITLE = "Question"
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("question.run", "r", "proceed(False)", "run it all the same"),
        bind("question.sample", "s", "proceed(True)", "count 1 in 64 events, and scale back"),
        bind("question.cancel", "c", "cancel", "close the pane, or go back to the script before"),
    ]

    def draw(self, width: int, _height: int, ink: Palette) -> Sequence[Line]:
        """Return what it would cost, and the answers."""
        hot = self._frame.hot if self._frame else None
        if hot is None:
            return []
        answers: list[Segment] = []
        for key, rest in (("r", "un"), ("s", f"ample 1 in {SAMPLE}"), ("c", "ancel")):
            answers.append(Segment(" · ", ink.faint) if answers else Segment("  "))
            answers += [Segment(f"[{key}]", ink.key), Segment(rest, ink.text)]
        return [
            [],
            *wrapped("", f"Its probes are hit often: {hot_text(hot)}", width, ink.warn, ink),
            [],
            answers,
            [],
            *wrapped("", "Nothing is attached yet; sampled numbers are scaled back to estimates.", width, ink.dim, ink),
        ]

    def action_proceed(self, sampled: bool) -> None:
        """Attach the script, whole or sampled."""
        self.post_message(Asked(Proceed(self.pane_name, SAMPLE if sampled else 1)))

    def action_cancel(self) -> None:
        """Let it be."""
        self.post_message(Cancelled(self.pane_name))


def diagnostic_lines(diagnostic: Diagnostic, width: int, ink: Palette) -> list[Line]:
    """Return all parts of a diagnostic, each wrapped between words."""
    head = f"{diagnostic.where}: {diagnostic.what}" if diagnostic.where else diagnostic.what
    lines = wrapped("", head, width, ink.bad, ink)
    lines += [[Segment(f"  {text}", ink.text)] for text in _excerpt(diagnostic.excerpt, width - 3)]
    for name, text in (("why: ", diagnostic.why), ("hint: ", diagnostic.hint)):
        lines += wrapped(name, text, width, ink.text, ink)
    return lines


def _excerpt(excerpt: str, width: int) -> list[str]:
    """Return the source line and its caret, of a long line the part around the caret with … for what is left out."""
    lines = [escape(line) for line in excerpt.splitlines()]
    longest, caret = max(map(len, lines), default=0), len(lines[-1]) if lines else 0
    start = max(0, min(caret - width // 2, longest - width))
    shown = [line[start:] for line in lines]
    if start and shown[0]:
        shown[0] = f"…{shown[0][1:]}"
    return [fit(line, max(0, width)).rstrip() for line in shown]


def wrapped(name: str, text: str, width: int, look: Style, ink: Palette) -> list[Line]:
    """Return the text in lines between words, its name before the first and the rest under it."""
    room = max(8, width - 4 - len(name))
    texts = wrap(" ".join(escape(text).split()), room, break_long_words=False, break_on_hyphens=False)
    leads = (name, *[" " * len(name)] * len(texts))
    return [
        [Segment(f"  {lead}", ink.dim), Segment(fit(line, room), look)]
        for lead, line in zip(leads, texts, strict=False)
    ]
