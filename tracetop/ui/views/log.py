"""What a script prints, as it comes: follows the end until somebody scrolls up.

Owns: which lines are in view, wrapping, the horizontal place, the search. Refuses to own: the lines (`view.scrollback`,
one for each log of a pane, so that they survive the widget). Screen process.
"""

from collections.abc import Sequence
from itertools import chain, islice
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.binding import BindingType

from tracetop.model.frame import View
from tracetop.ui.dialogue.keys import bind
from tracetop.ui.dialogue.wishes import PanePending
from tracetop.ui.draw.line_view import Line
from tracetop.ui.draw.theme import Palette
from tracetop.ui.views.base import ScrolledView
from tracetop.view.numbers import format_count
from tracetop.view.scrollback import Entry, Scrollback
from tracetop.view.text import ELLIPSIS, cell_width, escape, slice_cells

_SIDEWAYS = 16
"""Cells that one key moves a line that is too long."""


class LogView(ScrolledView):
    """One log of a pane."""

    BINDING_GROUP_TITLE = "Log"
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("log.left", "left", "sideways(-1)", "to the left along long lines", shown="←"),
        bind("log.right", "right", "sideways(1)", "to the right along long lines", shown="→"),
        bind("log.wrap", "w", "wrap", "wrap long lines, or cut them"),
    ]

    def __init__(self, pane: str, log: Scrollback) -> None:
        super().__init__(pane)
        self._log = log
        self._top: int | None = None
        """Number of the first entry in view; None: the newest is the last one in view."""
        self._shown = range(0)
        self._wrap = False
        self._left = 0
        self._wanted = ""
        self._hit: int | None = None

    def show(self, _view: View, _pending: PanePending) -> None:
        """Draw what has come since; the lines themselves came through the scrollback."""
        self.redraw()

    @property
    def headline(self) -> str:
        """How many lines there are."""
        return format_count(self._log.end - self._log.first, "line")

    @property
    def status(self) -> str:
        """The last line in view of how many, and what there is below it."""
        have = self._log.end - self._log.first
        if self._top is None or not have:
            return "following" if have else ""
        below = self._log.end - self._shown.stop
        return f"{self._shown.stop - self._log.first}/{have}" + (f" ↓ {below} below: G" if below else "")

    def draw(self, width: int, height: int, ink: Palette) -> Sequence[Line]:
        """Return the lines in view."""
        log = self._log
        if log.end == log.first:
            return [[Segment(" nothing printed yet"[:width], ink.dim)]]
        if self._top is not None:
            self._top = max(self._top, log.first)
        if self._top is not None:
            rows = self._from(self._top, width, height, ink)
            if len(rows) == height and self._shown.stop < log.end:
                return rows
            self._top = None  # the end is in view: follow it
        return self._to_the_end(width, height, ink)

    def _from(self, top: int, width: int, height: int, ink: Palette) -> list[Line]:
        rows: list[Line] = []
        last = top
        for number, entry in self._log.since(top):
            if len(rows) >= height:
                break
            rows += self._rows(number, entry, width, ink)
            last = number + 1
        self._shown = range(top, last)
        return rows[:height]

    def _to_the_end(self, width: int, height: int, ink: Palette) -> list[Line]:
        blocks: list[list[Line]] = []
        have, first = 0, self._log.end
        for number, entry in self._log.before(self._log.end):
            if have >= height:
                break
            blocks.append(self._rows(number, entry, width, ink))
            have, first = have + len(blocks[-1]), number
        self._shown = range(first, self._log.end)
        rows = list(chain.from_iterable(reversed(blocks)))
        return rows[max(0, len(rows) - height) :]

    def _rows(self, number: int, entry: Entry, width: int, ink: Palette) -> list[Line]:
        """Return one entry: one row, or as many as it takes where long lines are wrapped."""
        room = max(1, width - 2)
        if isinstance(entry, int):
            return [[Segment(f" ─ {format_count(entry, 'line')} lost here "[:width], ink.warn)]]
        text = escape(entry)
        look = ink.value if number == self._hit else ink.text
        if self._wrap:
            starts = range(0, max(1, cell_width(text)), room)
            return [[Segment(" "), *self._marked(slice_cells(text, at, room), look, ink)] for at in starts]
        shown = slice_cells(text, self._left, room)
        more = ELLIPSIS if cell_width(text) > self._left + room else ""
        before = ELLIPSIS if self._left and text else " "
        return [[Segment(before, ink.faint), *self._marked(shown, look, ink), Segment(more, ink.faint)]]

    def _marked(self, text: str, look: Style, ink: Palette) -> list[Segment]:
        """Return text with every place that the search looks for marked in it."""
        line: list[Segment] = []
        lower, at = text.lower(), 0
        while self._wanted and len(lower) == len(text) and (hit := lower.find(self._wanted, at)) >= 0:
            end = hit + len(self._wanted)
            line += [Segment(text[at:hit], look), Segment(text[hit:end], ink.match)]
            at = end
        return [*line, Segment(text[at:], look)]

    def find(self, text: str, step: int) -> bool:
        """Go to a line that has `text`, in either case of letters: step 1 down, -1 up, 0 the nearest above the end."""
        self._wanted = text.lower()
        log = self._log
        at = self._hit if self._hit is not None and step else self._shown.stop - (step <= 0)
        if step > 0:
            order = chain(log.since(at + 1), islice(log.since(log.first), max(0, at + 1 - log.first)))
        else:
            order = chain(log.before(at + (not step)), log.before(log.end))
        found = (n for n, entry in order if isinstance(entry, str) and self._wanted in escape(entry).lower())
        self._hit = next(found, None) if text else None
        if self._hit is not None and self._hit not in self._shown:
            self._top = max(log.first, self._hit - self.size.height // 2)
        self.moved()
        return self._hit is not None

    def action_move(self, by: int) -> None:
        """Scroll; away from the end the view stands still while lines come."""
        top = self._shown.start if self._top is None else self._top
        self._top = max(self._log.first, min(top + by, self._log.end - 1))
        self.moved()

    def action_page(self, by: int) -> None:
        """Scroll by what is in view."""
        self.action_move(by * max(1, len(self._shown) - 1))

    def action_edge(self, way: int) -> None:
        """Go to the oldest line, or to the newest and follow."""
        self._top = self._log.first if way < 0 else None
        self.moved()

    def action_sideways(self, way: int) -> None:
        """Move along lines that are too long."""
        self._left = max(0, self._left + way * _SIDEWAYS)
        self.moved()

    def action_wrap(self) -> None:
        """Wrap long lines, or cut them."""
        self._wrap, self._left = not self._wrap, 0
        self.moved()
