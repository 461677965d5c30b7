"""Single numbers: each large, beside or above its history. Screen process.

Owns: the history. Refuses to own: how numbers are written (`view.numbers`, `view.blocks`).
"""

from collections import deque
from collections.abc import Sequence

from rich.segment import Segment

from tracetop.model.frame import Cell, Column, ColumnKind, Number, View
from tracetop.ui.dialogue.wishes import PanePending
from tracetop.ui.draw.line_view import Line
from tracetop.ui.draw.theme import Palette
from tracetop.ui.views.base import PaneView
from tracetop.view.blocks import DIGIT_ROWS, graph, large
from tracetop.view.numbers import ABSENT, format_cell
from tracetop.view.status import with_title
from tracetop.view.table import title_of
from tracetop.view.text import cell_width, escape, fit

_HISTORY = 300
_LARGE_FROM = 6
"""Lines from which on the number is written large, above its history."""
_TEXT = 36
"""Cells of the number where its history is beside it."""


class NumberView(PaneView):
    """A map without a key: its columns, and the history of the first of them that changes with time."""

    BINDING_GROUP_TITLE = "Number"

    def __init__(self, pane: str, view: Number) -> None:
        super().__init__(pane)
        self._view = view
        self._past: deque[float | None] = deque(maxlen=_HISTORY)

    def remember(self, view: View) -> None:
        """Add one tick to the history."""
        assert isinstance(view, Number)
        value = view.cells[_leading(view.columns)]
        self._past.append(value if isinstance(value, int | float) else None)

    def show(self, view: View, _pending: PanePending) -> None:
        """Draw this number."""
        assert isinstance(view, Number)
        self._view = view
        self.redraw()

    def forget(self) -> None:
        """Begin a new history."""
        self._past.clear()

    @property
    def headline(self) -> str:
        """The number."""
        lead = _leading(self._view.columns)
        column, text = self._view.columns[lead], _text(self._view.columns[lead], self._view.cells[lead])
        return text if self._is_name(column) else with_title(text, column)

    def _is_name(self, column: Column) -> bool:
        """Say whether a column's title is the map's name, which the heading has already."""
        return column.title == self._view.name.removeprefix("@")

    def draw(self, width: int, height: int, ink: Palette) -> Sequence[Line]:
        """Return the number and its history."""
        lead = _leading(self._view.columns)
        pairs = list(zip(self._view.columns, self._view.cells, strict=True))
        others = [pair for place, pair in enumerate(pairs) if place != lead]
        if height >= _LARGE_FROM:
            return self._large(pairs[lead], others, (width, height), ink)
        return self._small(pairs[lead], others, (width, height), ink)

    def _small(
        self, lead: tuple[Column, Cell], others: Sequence[tuple[Column, Cell]], size: tuple[int, int], ink: Palette
    ) -> list[Line]:
        """Return the number left, its history right; the other columns below it, or after it on a single line."""
        width, height = size
        room = min(_TEXT, width)
        title = "" if self._is_name(lead[0]) else title_of(lead[0])
        first = [Segment(f" {_text(*lead)}", ink.title), Segment(f" {title}", ink.dim)]
        texts = [first, _listed(others, ink)] if height > 1 else [[*first, *_listed(others, ink)]]
        drawn = graph(tuple(self._past), width - room - 1, len(texts))
        return [
            [*Segment.adjust_line_length(text, room), Segment(row, ink.spark)]
            for text, row in zip(texts, drawn, strict=True)
        ]

    def _large(
        self, lead: tuple[Column, Cell], others: Sequence[tuple[Column, Cell]], size: tuple[int, int], ink: Palette
    ) -> list[Line]:
        """Return the number in large digits, and below it its history."""
        width, height = size
        column, cell = lead
        number = _text(column, cell)
        rows = large(number)
        if not rows or cell_width(rows[0]) + 2 > width:
            rows = (*[""] * (DIGIT_ROWS - 1), number)
        lines: list[Line] = [[Segment(f"  {row}", ink.title)] for row in rows]
        lines[-1] = [*lines[-1], Segment(f"  {title_of(column)}", ink.dim), *_listed(others, ink)]
        values = [value for value in self._past if value is not None]
        peak = _text(column, max(values)) if values and column.kind is ColumnKind.ID else ""
        peak = peak or format_cell(max(values, default=0), column, 7)
        drawn = graph(tuple(self._past), width - 2, max(1, height - len(lines) - 2))
        scale = fit(f" peak {peak}" if values else "", width)
        return [*lines, [Segment(scale, ink.faint)], *([Segment(f" {row}", ink.spark)] for row in drawn)]


def _listed(pairs: Sequence[tuple[Column, Cell]], ink: Palette) -> list[Segment]:
    """Return columns as ``title value``, one after the other."""
    texts = [(f"  {title_of(column)} ", _text(column, cell)) for column, cell in pairs]
    return [segment for title, text in texts for segment in (Segment(title, ink.dim), Segment(text, ink.value))]


def _leading(columns: Sequence[Column]) -> int:
    """Return the column that is drawn large and remembered: the rate, else the first."""
    return next((place for place, column in enumerate(columns) if column.kind is ColumnKind.RATE), 0)


def _text(column: Column, cell: Cell) -> str:
    if cell is None:
        return ABSENT
    if isinstance(cell, str) or column.kind is ColumnKind.ID:
        return escape(str(cell))
    return format_cell(cell, column, 12, exact=True)
