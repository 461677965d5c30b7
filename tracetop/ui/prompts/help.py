"""The help: every key, made from the bindings themselves, so that none is missing, and what the marks mean.

Refuses to own: the list of bindings (`actions.GROUPS`). Screen process.
"""

from collections.abc import Sequence
from itertools import zip_longest
from typing import ClassVar

from rich.segment import Segment
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from tracetop.ui.dialogue import keys
from tracetop.ui.draw.line_view import Line, LineView
from tracetop.ui.draw.theme import Palette
from tracetop.view.text import fit

_KEYS = 13
_TWO_COLUMNS = 140
"""From this width on the groups stand in two columns."""

Group = tuple[str, Sequence[tuple[str, str]]]
"""A title, and names with what they mean."""
_MARKS: Group = (
    "What the screen says",
    (
        ("complete", "nothing was lost: the numbers are exact"),
        ("\N{GREATER-THAN OR EQUAL TO}", "a lower bound: the pane's last line says why"),
        ("ns \N{MULTIPLICATION SIGN} n/s = %", "what the probes cost: an event, all, of one core"),
        ("3/70", "row under the cursor, of all rows in the kernel"),
        ("\N{EN DASH}", "not known; of a process that ended, or not yet"),
        ("grey row", "a process that has ended"),
        ("mouse", "click panes, rows, headings, keys below; the wheel"),
    ),
)


class HelpText(LineView, can_focus=True):
    """The keys, group by group, scrolled with the usual keys."""

    BINDINGS: ClassVar[list[BindingType]] = [*keys.MOVE]

    def __init__(self, groups: Sequence[tuple[str, Sequence[Binding]]]) -> None:
        super().__init__()
        self._groups: list[Group] = [(title, keys.lines(bindings)) for title, bindings in groups]
        self._top = 0
        self._rows = 0

    def draw(self, width: int, height: int, ink: Palette) -> Sequence[Line]:
        """Return the lines in view."""
        if width >= _TWO_COLUMNS:
            half = width // 2
            first, second = _lines((self._groups[0], _MARKS), half, ink), _lines(self._groups[1:], half, ink)
            blank: Line = [Segment(" " * half)]
            lines: list[Line] = [[*left, *right] for left, right in zip_longest(first, second, fillvalue=blank)]
        else:
            lines = _lines((*self._groups, _MARKS), width, ink)
        self._rows = len(lines)
        self._top = max(0, min(self._top, self._rows - height))
        return lines[self._top : self._top + height]

    def action_move(self, by: int) -> None:
        """Scroll."""
        self._top += by
        self.redraw()

    def action_page(self, by: int) -> None:
        """Scroll by what fits."""
        self.action_move(by * max(1, self.size.height - 1))

    def action_edge(self, way: int) -> None:
        """Scroll to an end."""
        self.action_move(way * self._rows)


def _lines(groups: Sequence[Group], width: int, ink: Palette) -> list[Line]:
    lines: list[Line] = []
    for title, named in groups:
        lines.append([Segment(fit(f" {title}", width), ink.title)])
        for name, help_ in named:
            text = fit(help_, max(0, width - _KEYS - 3))
            lines.append([Segment(f"   {fit(name, _KEYS)}", ink.key), Segment(text, ink.text)])
        lines.append([Segment(" " * width)])
    return lines


class HelpScreen(ModalScreen[None]):
    """The help over the dashboard."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,f1,h,q,enter", "dismiss", "close the help", show=False, id="help.close")
    ]

    def __init__(self, groups: Sequence[tuple[str, Sequence[Binding]]]) -> None:
        """Take the keys by what they are for."""
        super().__init__()
        self._groups = groups

    def compose(self) -> ComposeResult:
        """Yield the text in its box."""
        text = HelpText(self._groups)
        text.border_title = "keys"
        text.border_subtitle = "Esc closes"
        yield text
