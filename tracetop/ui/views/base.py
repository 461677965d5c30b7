"""What all views of a pane share: how they get data, and moving over rows with a cursor.

Owns: the interface between a pane and its views, and the cursor, scrolling, mouse and search of every view that has
rows. Refuses to own: what rows say. Screen process.
"""

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import BindingType

from tracetop.model.frame import View
from tracetop.ui.dialogue.keys import MOVE
from tracetop.ui.dialogue.messages import StatusChanged
from tracetop.ui.dialogue.wishes import PanePending
from tracetop.ui.draw.line_view import Line, LineView
from tracetop.ui.draw.theme import Palette
from tracetop.view.text import fit

_WHEEL = 3
"""Rows that the mouse's wheel moves."""


class PaneView(LineView, can_focus=True):
    """A view of a pane. A pane calls `remember` with every new tick, and `show` with what is to be on screen."""

    BINDING_GROUP_TITLE = "View"

    def __init__(self, pane: str) -> None:
        super().__init__()
        self.pane_name = pane

    def remember(self, view: View) -> None:
        """Take one tick into the histories; called for each tick once, shown or not."""

    def show(self, view: View, pending: PanePending, /) -> None:
        """Draw this from now on."""
        raise NotImplementedError

    def forget(self) -> None:
        """Drop all histories: counting began anew."""

    def find(self, _text: str, _step: int, /) -> bool:
        """Go to the next row (step 1), the one before (-1) or this one (0) that has the text; False for none."""
        return False

    def next_view(self) -> str:
        """Change to the other way of showing the same data and return its name, empty where there is none."""
        return ""

    @property
    def headline(self) -> str:
        """The total of the view for the pane's title, escaped."""
        return ""

    @property
    def status(self) -> str:
        """Where in the data the view is, for the line below, escaped."""
        return ""

    def moved(self) -> None:
        """Draw what another place in the data looks like, and have the line below say which."""
        self.redraw()
        self.post_message(StatusChanged())

    def on_focus(self) -> None:
        """Draw the cursor as that of the pane with the focus."""
        self.redraw()

    def on_blur(self) -> None:
        """Draw the cursor as that of a pane without the focus."""
        self.redraw()


class ScrolledView(PaneView):
    """A view that keys and the mouse's wheel move through."""

    BINDINGS: ClassVar[list[BindingType]] = [*MOVE]

    def action_move(self, by: int) -> None:
        """Go up or down."""
        raise NotImplementedError

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Go down by the wheel."""
        event.stop()
        self.action_move(_WHEEL)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Go up by the wheel."""
        event.stop()
        self.action_move(-_WHEEL)


class RowsView(ScrolledView):
    """A view of rows under one heading line, with a cursor."""

    HEADING = 1

    def __init__(self, pane: str) -> None:
        super().__init__(pane)
        self._cursor = 0
        self._top = 0
        self._wanted = ""

    @property
    def row_count(self) -> int:
        """How many rows there are."""
        raise NotImplementedError

    @property
    def nothing(self) -> str:
        """What is said where there is no row."""
        return "no samples yet"

    def draw_heading(self, width: int, ink: Palette, /) -> Line:
        """Return the heading."""
        raise NotImplementedError

    def draw_row(self, index: int, width: int, ink: Palette, /) -> Line:
        """Return one row."""
        raise NotImplementedError

    def row_text(self, index: int) -> str:
        """Return what a search looks into."""
        raise NotImplementedError

    @property
    def cursor(self) -> int:
        """The row under the cursor; 0 where there are none."""
        return self._cursor

    def move_to(self, index: int) -> None:
        """Put the cursor on a row and scroll as little as that takes."""
        self.put_cursor(index)
        self.moved()

    def put_cursor(self, index: int) -> None:
        """Put the cursor on a row, to be drawn later."""
        self._cursor = max(0, min(index, self.row_count - 1))

    def draw(self, width: int, height: int, ink: Palette) -> Sequence[Line]:
        """Return the heading and the rows that fit."""
        rows = self._rows_that_fit(height)
        self._cursor = max(0, min(self._cursor, self.row_count - 1))
        self._top = max(min(self._top, self._cursor, self.row_count - rows), self._cursor - rows + 1, 0)
        shown = range(self._top, min(self._top + rows, self.row_count))
        heading = self.draw_heading(width, ink)  # first: it decides the columns
        if not self.row_count:
            return [heading, [Segment(fit(f" {self.nothing}", width), ink.dim)]]
        body = [self._with_cursor(self.draw_row(index, width, ink), index, width, ink) for index in shown]
        return [heading, *body] if height > 1 else body

    def marked(self, text: str, style: Style, ink: Palette) -> Line:
        """Return text with what the search looks for marked in it."""
        at = text.lower().find(self._wanted) if self._wanted else -1
        if at < 0:
            return [Segment(text, style)]
        end = at + len(self._wanted)
        parts = ((text[:at], style), (text[at:end], ink.match), (text[end:], style))
        return [Segment(part, look) for part, look in parts if part]

    def find(self, text: str, step: int) -> bool:
        """Go to a row that has `text`, in either case of letters; around the end if need be."""
        self._wanted = text.lower()
        count = self.row_count
        order = [(self._cursor + offset * (step or 1)) % count for offset in range(bool(step), count + bool(step))]
        hit = next((index for index in order if self._wanted in self.row_text(index).lower()), None)
        self.move_to(self._cursor if hit is None or not text else hit)
        return hit is not None

    def action_move(self, by: int) -> None:
        """Go up or down."""
        self.move_to(self._cursor + by)

    def action_page(self, by: int) -> None:
        """Go up or down by what fits on the screen."""
        self.move_to(self._cursor + by * max(1, self._rows_that_fit(self.size.height) - 1))

    def action_edge(self, way: int) -> None:
        """Go to the first or the last row."""
        self.move_to(0 if way < 0 else self.row_count - 1)

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the row; a click on the heading is the view's own affair."""
        place = event.get_content_offset(self)
        if place is None:
            return
        if place.y < self.HEADING:
            self.heading_clicked(place.x)
        elif place.y - self.HEADING + self._top < self.row_count:
            self.move_to(place.y - self.HEADING + self._top)

    def heading_clicked(self, x: int) -> None:
        """Act on a click on cell `x` of the heading."""

    @property
    def status(self) -> str:
        """The row of how many."""
        return f"{self._cursor + 1}/{self.row_count}" if self.row_count else ""

    def _rows_that_fit(self, height: int) -> int:
        return max(1, height - self.HEADING)

    def _with_cursor(self, line: Line, index: int, width: int, ink: Palette) -> Line:
        if index != self._cursor:
            return line
        look = ink.cursor if self.has_focus else ink.cursor_idle
        line = [*line, Segment(" " * max(0, width - sum(segment.cell_length for segment in line)))]
        pale = (ink.faint, ink.spark)  # with 16 colours these are the cursor's own
        styles = (ink.dim if segment.style in pale else segment.style or Style() for segment in line)
        return [Segment(segment.text, style + look) for segment, style in zip(line, styles, strict=True)]
