"""Names to choose by: tabs of the panes where not all are on the screen, and the rules between a pane's views.

Owns: what stands in them, and which was clicked. Refuses to own: what is on the screen. Screen process.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from types import MappingProxyType

from rich.segment import Segment
from textual import events
from textual.message import Message

from tracetop.model.frame import PaneFrame, PaneState
from tracetop.ui.dialogue.messages import TabClicked
from tracetop.ui.draw.bars import spread
from tracetop.ui.draw.line_view import Line, LineView
from tracetop.ui.draw.theme import Palette
from tracetop.view.text import cell_width, escape, fit

_TAB = 18
"""Cells of a tab's title."""
_MORE = " … "
_MARK = MappingProxyType({PaneState.OFF: " off", PaneState.ASKING: " ?", PaneState.FAILED: " !"})


class ViewHeading(LineView):
    """The rule above each view of a pane that has several: the map's name and its total."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._title = escape(name)
        self.total = ""
        """Escaped."""
        self.focused = False

    def draw(self, width: int, _height: int, ink: Palette) -> Sequence[Line]:
        """Return the rule."""
        rule = "━" if self.focused else "─"
        look = ink.focus if self.focused else ink.border
        left = [(rule, look), (f" {self._title} ", ink.title if self.focused else ink.text), (self.total, ink.dim)]
        return [spread([*left, (" " if self.total else "", look)], [], width, (rule, look))]

    def on_click(self) -> None:
        """Have the view below unfolded."""
        self.post_message(self.Clicked(self))

    @dataclass
    class Clicked(Message):
        """The heading was clicked."""

        heading: "ViewHeading"


class TabLine(LineView):
    """The panes by name, where not all are on the screen."""

    panes: Sequence[tuple[int, PaneFrame]] = ()
    current = 1
    _places: Sequence[tuple[int, int, int]] = ()

    def draw(self, width: int, _height: int, ink: Palette) -> Sequence[Line]:
        """Return the tabs around the current one that fit."""
        tabs = [
            (number, f" {number} {fit(escape(pane.title), _TAB).rstrip()}{_MARK.get(pane.state, '')} ")
            for number, pane in self.panes
        ]
        at = next((place for place, (number, _) in enumerate(tabs) if number == self.current), 0)
        first = at
        used = cell_width(tabs[at][1]) if tabs else 0
        while first and used + cell_width(tabs[first - 1][1]) <= width - cell_width(_MORE) * 2:
            first -= 1
            used += cell_width(tabs[first][1])
        line: list[Segment] = [Segment(_MORE if first else "", ink.dim)]
        places: list[tuple[int, int, int]] = []
        self._places, x = places, line[0].cell_length
        for number, text in tabs[first:]:
            room = width - x - cell_width(_MORE)
            if room < cell_width(text) and number != self.current:
                line.append(Segment(_MORE, ink.dim))
                break
            look = ink.title + ink.cursor if number == self.current else ink.dim
            line.append(Segment(fit(text, min(cell_width(text), max(0, room))), look))
            places.append((x, x + line[-1].cell_length, number))
            x += line[-1].cell_length
        return [line]

    def on_click(self, event: events.Click) -> None:
        """Go to the pane."""
        for start, end, number in self._places:
            if start <= event.x < end:
                self.post_message(TabClicked(number))
