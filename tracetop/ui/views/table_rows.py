"""A table's rows across ticks: what is shown of them, their history for sparklines, an order that does not jump.

Owns: the order shown, the row that the cursor stays on, the histories of rates. Refuses to own: widths and texts of
cells (`view.table`), the sort, which the tracer does, and where the cursor is (`RowsView`). No widgets, no I/O.
"""

from collections import deque
from collections.abc import Iterable, Sequence

import msgspec
from rich.segment import Segment
from rich.style import Style

from tracetop.model.frame import Cell, ColumnKind, Row, Sort, Table
from tracetop.model.program import KeyRole
from tracetop.ui.draw.line_view import Line
from tracetop.ui.draw.theme import Palette
from tracetop.ui.views.base import marked
from tracetop.view import table as columns_of
from tracetop.view.numbers import format_cell
from tracetop.view.status import with_title
from tracetop.view.table import GAP, Derived, ViewColumn
from tracetop.view.text import escape

_WIDEST_SPARE = 14
"""Cells that a name gets from a wide screen; more would take it too far from its numbers."""
_LOWER = str.maketrans("▂▃▄▅▆▇█", "▁▂▂▃▄▅▆")
"""Leaves the top of a cell free, so that the sparklines of neighbouring rows stay apart."""
HISTORY_TICKS = 32
"""Rates kept for a row: as many as the widest sparkline shows."""
_AHEAD = 1.1
"""A row overtakes another when it is this much ahead of it."""
_FARTHEST = 3
"""A row that is this many places from its rank is put there all the same."""
_NAMES = (ColumnKind.KEY, ColumnKind.TEXT)


class TableRows:
    """The rows of one table."""

    nothing = "nothing counted yet"

    def __init__(self, table: Table) -> None:
        self.table = table
        self._rows: list[Row] = []
        self._pending_sort: Sort | None = None
        self._rates = RateHistory()
        self._past: dict[str, tuple[float | None, ...]] = {}
        self._followed = ""
        """Id of the row under the cursor; empty: the cursor stays on the first row, whichever that is."""
        self._columns: tuple[ViewColumn, ...] = ()

    def __len__(self) -> int:
        """Return how many rows the frame has."""
        return len(self._rows)

    def remember(self, table: Table) -> None:
        """Add the tick's rates to the rows' histories."""
        place = _rate_column(table)
        if place is not None:
            self._rates.add(
                (row.id, cell if isinstance(cell := row.cells[place], int | float) else None) for row in table.rows
            )

    def forget(self) -> None:
        """Start new histories."""
        self._rates.clear()

    def take(self, table: Table, pending: Sort | None, cursor: int) -> int:
        """Have these rows shown, and a sort that is pending; return where the cursor, which was at `cursor`, goes."""
        before = [row.id for row in self._rows] if self.table.sort == table.sort else []
        place = next((i for i, column in enumerate(table.columns) if column.id == table.sort.column), None)
        descending = table.sort.descending
        self._rows = list(table.rows)
        if place is not None:
            self._rows = steady_order(before, table.rows, place, descending=descending)
        self._past = {row.id: tuple(self._rates.of(row.id)) for row in self._rows}
        self.table, self._pending_sort = table, pending
        places = {row.id: index for index, row in enumerate(self._rows)}
        if not self._followed or self._followed in places:
            return places.get(self._followed, 0)
        cursor = max(0, min(cursor, len(self._rows) - 1))  # where it was when its row is gone
        self._followed = self._rows[cursor].id if self._rows else ""
        return cursor

    def follow(self, index: int) -> None:
        """Have the cursor stay with a row; on the first row stay at the top."""
        self._followed = self._rows[index].id if index and self._rows else ""

    def at(self, index: int) -> Row | None:
        """Return a row, None where there are none."""
        return self._rows[index] if self._rows else None

    def syscall(self, index: int) -> str:
        """Return the system call in a row, empty where there is none."""
        place = next((i for i, column in enumerate(self.table.columns) if column.role is KeyRole.SYSCALL), None)
        return "" if place is None else str(self._rows[index].cells[place])

    @property
    def headline(self) -> str:
        """The sum of the rates over all rows."""
        table, place = self.table, _rate_column(self.table)
        if place is None or table.sums[place] is None:
            return ""
        return with_title(format_cell(table.sums[place], table.columns[place]), table.columns[place])

    def text(self, index: int) -> str:
        """Return keys and texts of a row."""
        pairs = zip(self.table.columns, self._rows[index].cells, strict=True)
        return " ".join(escape(str(cell)) for column, cell in pairs if column.kind in _NAMES and cell is not None)

    # Sorting ----------------------------------------------------------------------------------------------------

    @property
    def sort(self) -> Sort:
        """The sort that was asked for last."""
        return self._pending_sort or self.table.sort

    def column_at(self, x: int) -> str:
        """Return the id of the column whose title is at cell `x`, empty where there is none."""
        start = 0
        for column in self._columns:
            start += column.width + GAP
            if x < start:
                return column.column.id
        return ""

    def column_beside(self, by: int) -> str:
        """Return the column to the left or right of the sort column, among those shown; empty where there is none."""
        names = [column.id for column in self._columns if column.derived is Derived.CELL]
        place = names.index(self.sort.column) + by if self.sort.column in names else 0
        return names[place] if 0 <= place < len(names) else ""

    def sorted_by(self, column: str) -> Sort:
        """Return the sort by a column: numbers the largest first, texts from A; where it is so already, turned."""
        now = self.sort
        kind = next(one.kind for one in self.table.columns if one.id == column)
        return Sort(column, not now.descending if now.column == column else kind not in _NAMES)

    # Drawing ----------------------------------------------------------------------------------------------------

    def draw_heading(self, width: int, ink: Palette) -> Line:
        """Return the columns' titles; a sort that the tracer has not taken up yet is in another colour."""
        self._columns = _tamed(columns_of.visible_columns(self.table, width))
        line: list[Segment] = []
        for column, title in zip(self._columns, columns_of.heading(self._columns, self.sort), strict=True):
            sorted_by = column.id == self.sort.column and column.derived is Derived.CELL
            look = ink.dim if not sorted_by else ink.warn if self._pending_sort else ink.title
            line += [Segment(title, look), Segment(" " * GAP, ink.dim)]
        return line

    def draw_row(self, index: int, _width: int, ink: Palette, wanted: str) -> Line:
        """Return one row."""
        row = self._rows[index]
        cells = columns_of.cells(row, self._columns, self.table.sums, self._past)
        line: list[Segment] = []
        for column, cell in zip(self._columns, cells, strict=True):
            look = self._look(column, row, ink)
            if column.column.kind in _NAMES:
                line += [*marked(cell, wanted, look, ink), Segment(" " * GAP, look)]
            else:
                text = cell.translate(_LOWER) if column.derived is Derived.SPARK else cell
                line.append(Segment(text + " " * GAP, look))
        return line

    def _look(self, column: ViewColumn, row: Row, ink: Palette) -> Style:
        value = row.cells[column.index]
        if row.exited or not value:
            return ink.faint
        if column.derived is Derived.SPARK:
            return ink.spark
        if column.id == self.table.sort.column and column.derived is Derived.CELL:
            return ink.value
        kind = column.column.kind
        return ink.text if kind in (ColumnKind.KEY, ColumnKind.RATE) else ink.dim


class RateHistory:
    """The last rates of each row of one table; rows that left the table are forgotten after HISTORY_TICKS."""

    def __init__(self) -> None:
        self._rates: dict[str, deque[float | None]] = {}

    def add(self, rates: Iterable[tuple[str, float | None]]) -> None:
        """Add one tick: the rate of every row there is now, by row id."""
        here = dict(rates)
        for gone in self._rates.keys() - here.keys():
            self._rates[gone].append(0.0)
        for row, rate in here.items():
            self._rates.setdefault(row, deque(maxlen=HISTORY_TICKS)).append(rate)
        self._rates = {row: past for row, past in self._rates.items() if row in here or any(past)}

    def of(self, row: str) -> Sequence[float | None]:
        """Return a row's rates, oldest first."""
        return tuple(self._rates.get(row, ()))

    def clear(self) -> None:
        """Forget everything."""
        self._rates.clear()


def steady_order(before: Sequence[str], rows: Sequence[Row], column: int, *, descending: bool) -> list[Row]:
    """Return `rows` (in their exact order) with each kept in its old place while it is near its rank.

    `before` has the row ids as they were shown; `column` is the cell they are sorted by. Only numbers are steadied.
    """
    ranked = {row.id: row for row in rows}
    kept = [ranked[row] for row in before if row in ranked]
    if not kept or any(not isinstance(row.cells[column], int | float) for row in rows):
        return list(rows)
    known = {row.id for row in kept}
    order: list[Row] = []
    for row in [*kept, *(row for row in rows if row.id not in known)]:
        place = len(order)
        while place and _overtakes(row.cells[column], order[place - 1].cells[column], descending=descending):
            place -= 1
        order.insert(place, row)
    rank = {row.id: place for place, row in enumerate(rows)}
    if any(abs(rank[row.id] - place) > _FARTHEST for place, row in enumerate(order)):
        return list(rows)
    return order


def _overtakes(cell: Cell, other: Cell, *, descending: bool) -> bool:
    assert isinstance(cell, int | float)
    assert isinstance(other, int | float)
    return cell > other * _AHEAD if descending else cell * _AHEAD < other


def _tamed(columns: tuple[ViewColumn, ...]) -> tuple[ViewColumn, ...]:
    """Return the columns with a sparkline that got more room than it has ticks; the first column gets some."""
    spare = sum(max(0, column.width - HISTORY_TICKS // 2) for column in columns if column.derived is Derived.SPARK)
    return tuple(
        msgspec.structs.replace(column, width=HISTORY_TICKS // 2)
        if spare and column.derived is Derived.SPARK
        else msgspec.structs.replace(column, width=column.width + min(spare, _WIDEST_SPARE))
        if spare and not place and column.align == "<"
        else column
        for place, column in enumerate(columns)
    )


def _rate_column(table: Table) -> int | None:
    """Return the first rate: what sparklines and the total in the title are about."""
    return next((place for place, column in enumerate(table.columns) if column.kind is ColumnKind.RATE), None)
