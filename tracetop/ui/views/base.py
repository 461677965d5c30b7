"""What all views of a pane share: how they get data, and moving over rows with a cursor.

Owns: the interface between a pane and its views, and the cursor, scrolling, mouse and search of every view that has
rows. Refuses to own: what rows say. Screen process.
"""

from collections.abc import Sequence
from typing import ClassVar, Protocol

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

_HEADING = 1
"""Lines above the rows."""


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


class ScrolledView(PaneView):
    """A view that keys move through, and the mouse's wheel (`Body` hears that)."""

    BINDINGS: ClassVar[list[BindingType]] = [*MOVE]

    def action_move(self, by: int) -> None:
        """Go up or down."""
        raise NotImplementedError


class Rows(Protocol):
    """What a view of rows shows; a plain object, so that it is one thing and moving through it another."""

    nothing: str
    """What is said where there is no row."""

    def __len__(self) -> int:
        """Return how many rows there are."""

    def text(self, index: int, /) -> str:
        """Return what a search looks into."""

    def draw_heading(self, width: int, ink: Palette, /) -> Line:
        """Return the heading; called before the rows are drawn."""

    def draw_row(self, index: int, width: int, ink: Palette, wanted: str, /) -> Line:
        """Return one row, what is wanted marked in it."""


class RowsView(ScrolledView):
    """A view of rows under one heading line, with a cursor."""

    def __init__(self, pane: str, rows: Rows) -> None:
        super().__init__(pane)
        self.rows = rows
        self.cursor = 0
        """The row under the cursor; 0 where there are none."""
        self._top = 0
        self._wanted = ""

    def move_to(self, index: int) -> None:
        """Put the cursor on a row and scroll as little as that takes."""
        self.cursor = max(0, min(index, len(self.rows) - 1))
        self.moved()

    def draw(self, width: int, height: int, ink: Palette) -> Sequence[Line]:
        """Return the heading and the rows that fit."""
        count, fitting = len(self.rows), _fitting(height)
        self.cursor = max(0, min(self.cursor, count - 1))
        self._top = max(min(self._top, self.cursor, count - fitting), self.cursor - fitting + 1, 0)
        heading = self.rows.draw_heading(width, ink)  # first: it decides the columns
        if not count:
            return [heading, [Segment(fit(f" {self.rows.nothing}", width), ink.dim)]]
        shown = range(self._top, min(self._top + fitting, count))
        body = [self.rows.draw_row(index, width, ink, self._wanted) for index in shown]
        look = ink.cursor if self.has_focus else ink.cursor_idle
        body[self.cursor - self._top] = _under_cursor(body[self.cursor - self._top], width, look, ink)
        return [heading, *body] if height > 1 else body

    def find(self, text: str, step: int) -> bool:
        """Go to a row that has `text`, in either case of letters; around the end if need be."""
        self._wanted = text.lower()
        count = len(self.rows)
        order = [(self.cursor + offset * (step or 1)) % count for offset in range(bool(step), count + bool(step))]
        hit = next((index for index in order if self._wanted in self.rows.text(index).lower()), None)
        self.move_to(self.cursor if hit is None or not text else hit)
        return hit is not None

    def action_move(self, by: int) -> None:
        """Go up or down."""
        self.move_to(self.cursor + by)

    def action_page(self, by: int) -> None:
        """Go up or down by what fits on the screen."""
        self.move_to(self.cursor + by * max(1, _fitting(self.size.height) - 1))

    def action_edge(self, way: int) -> None:
        """Go to the first or the last row."""
        self.move_to(0 if way < 0 else len(self.rows) - 1)

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the row; a click on the heading is the view's own affair."""
        place = event.get_content_offset(self)
        if place is None:
            return
        if place.y < _HEADING:
            self.heading_clicked(place.x)
        elif place.y - _HEADING + self._top < len(self.rows):
            self.move_to(place.y - _HEADING + self._top)

    def heading_clicked(self, x: int) -> None:
        """Act on a click on cell `x` of the heading."""

    @property
    def status(self) -> str:
        """The row of how many."""
        return f"{self.cursor + 1}/{len(self.rows)}" if len(self.rows) else ""


def marked(text: str, wanted: str, style: Style, ink: Palette) -> Line:
    """Return text with what a search looks for marked in it."""
    at = text.lower().find(wanted) if wanted else -1
    if at < 0:
        return [Segment(text, style)]
    end = at + len(wanted)
    parts = ((text[:at], style), (text[at:end], ink.match), (text[end:], style))
    return [Segment(part, look) for part, look in parts if part]


def _fitting(height: int) -> int:
    return max(1, height - _HEADING)


def _under_cursor(line: Line, width: int, look: Style, ink: Palette) -> Line:
    line = [*line, Segment(" " * max(0, width - sum(segment.cell_length for segment in line)))]
    pale = (ink.faint, ink.spark)  # with 16 colours these are the cursor's own
    styles = (ink.dim if segment.style in pale else segment.style or Style() for segment in line)
    return [Segment(segment.text, style + look) for segment, style in zip(line, styles, strict=True)]
