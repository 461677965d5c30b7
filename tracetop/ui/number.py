"""Single numbers: each large, beside its history. Screen process.

Owns: the history. Refuses to own: how numbers are written (`view.numbers`).
"""

from collections import deque
from collections.abc import Sequence

from rich.segment import Segment

from tracetop.model.frame import Cell, Column, ColumnKind, Number, View
from tracetop.ui.lines import Line
from tracetop.ui.pending import PanePending
from tracetop.ui.theme import Palette
from tracetop.ui.views import PaneView
from tracetop.view.numbers import format_cell
from tracetop.view.spark import sparkline
from tracetop.view.table import title_of
from tracetop.view.text import escape, fit

_HISTORY = 200


class NumberView(PaneView):
    """A map without a key: its columns side by side, with a line of history below."""

    BINDING_GROUP_TITLE = "Number"

    def __init__(self, pane: str) -> None:
        super().__init__(pane)
        self._view: Number | None = None
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

    def draw(self, width: int, height: int, ink: Palette) -> Sequence[Line]:
        """Return name, value and history."""
        if self._view is None:
            return []
        lead = _leading(self._view.columns)
        pairs = list(zip(self._view.columns, self._view.cells, strict=True))
        first = [Segment(f" {escape(self._view.name)} ", ink.dim), Segment(_text(*pairs[lead]), ink.title)]
        for place, (column, cell) in enumerate(pairs):
            if place != lead:
                first += [Segment(f"   {title_of(column)} ", ink.dim), Segment(_text(column, cell), ink.value)]
        past = sparkline(tuple(self._past), max(0, width - 2))
        return [first, [Segment(fit(f" {past}", width), ink.bar)]][:height]


def _leading(columns: Sequence[Column]) -> int:
    """Return the column that is drawn large and remembered: the rate, else the first."""
    return next((place for place, column in enumerate(columns) if column.kind is ColumnKind.RATE), 0)


def _text(column: Column, cell: Cell) -> str:
    if isinstance(cell, str):
        return escape(cell)
    return format_cell(cell, column, 12, exact=True)
