"""A table with a cursor on a row, not on a place: rows keep their identity and, while near their rank, their place.

Owns: the order shown, the row under the cursor, the histories of rates. Refuses to own: widths and texts of cells
(`view.table`), and the sort, which the tracer does. Screen process.
"""

from typing import ClassVar

import msgspec
from rich.segment import Segment
from rich.style import Style
from textual.binding import BindingType

from tracetop.model.abi.control import Filter
from tracetop.model.frame import ColumnKind, Row, Sort, Table, View
from tracetop.model.program import KeyRole
from tracetop.model.wire.messages import SetSort
from tracetop.ui.dialogue.keys import bind
from tracetop.ui.dialogue.messages import Asked, Noticed, StepChosen, SyscallChosen
from tracetop.ui.dialogue.wishes import PanePending, Step
from tracetop.ui.draw.line_view import Line
from tracetop.ui.draw.theme import Palette
from tracetop.ui.views.base import RowsView
from tracetop.ui.views.row_order import HISTORY_TICKS, RateHistory, steady_order
from tracetop.view import table as columns_of
from tracetop.view.numbers import format_cell
from tracetop.view.status import with_title
from tracetop.view.table import GAP, Derived, ViewColumn
from tracetop.view.text import escape

_WIDEST_SPARE = 14
"""Cells that a name gets from a wide screen; more would take it too far from its numbers."""
_LOWER = str.maketrans("▂▃▄▅▆▇█", "▁▂▂▃▄▅▆")
"""Leaves the top of a cell free, so that the sparklines of neighbouring rows stay apart."""


class TableView(RowsView):
    """One table of a pane."""

    BINDING_GROUP_TITLE = "Table"
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("table.enter", "enter", "enter", "follow this process, or see this call's latency", shown="Enter"),
        bind("table.comm", "c", "drill_comm", "follow all processes with this row's name"),
        bind("table.latency", "l", "latency", "show the latency of this row's system call"),
        bind("table.sort_left", "less_than_sign,comma", "sort(-1)", "sort by the column to the left", shown="<"),
        bind(
            "table.sort_right", "greater_than_sign,full_stop", "sort(1)", "sort by the column to the right", shown=">"
        ),
        bind("table.invert", "I", "invert", "turn the order around", shown="I"),
    ]

    def __init__(self, pane: str) -> None:
        super().__init__(pane)
        self._table: Table | None = None
        self._rows: list[Row] = []
        self._pending_sort: Sort | None = None
        self._rates = RateHistory()
        self._past: dict[str, tuple[float | None, ...]] = {}
        self._followed = ""
        """Id of the row under the cursor; empty: the cursor stays on the first row, whichever that is."""
        self._columns: tuple[ViewColumn, ...] = ()

    def remember(self, view: View) -> None:
        """Add the tick's rates to the rows' histories."""
        assert isinstance(view, Table)
        place = _rate_column(view)
        if place is not None:
            self._rates.add(
                (row.id, cell if isinstance(cell := row.cells[place], int | float) else None) for row in view.rows
            )

    def show(self, view: View, pending: PanePending) -> None:
        """Draw these rows, the cursor on the row it was on."""
        assert isinstance(view, Table)
        same_sort = self._table is not None and self._table.sort == view.sort
        before = [row.id for row in self._rows] if same_sort else []
        place = next((i for i, column in enumerate(view.columns) if column.id == view.sort.column), None)
        descending = view.sort.descending
        self._rows = (
            steady_order(before, view.rows, place, descending=descending) if place is not None else list(view.rows)
        )
        self._past = {row.id: tuple(self._rates.of(row.id)) for row in self._rows}
        self._table = view
        self._pending_sort = pending.sorts.get(view.name)
        self._follow()
        self.redraw()

    def forget(self) -> None:
        """Begin new histories."""
        self._rates.clear()

    @property
    def row_count(self) -> int:
        """How many rows the frame has."""
        return len(self._rows)

    @property
    def headline(self) -> str:
        """The sum of the rates over all rows."""
        table = self._table
        place = _rate_column(table) if table else None
        if table is None or place is None or table.sums[place] is None:
            return ""
        return with_title(format_cell(table.sums[place], table.columns[place]), table.columns[place])

    @property
    def status(self) -> str:
        """The row of how many there are in the kernel, those not shown too."""
        if self._table is None or not self._rows:
            return ""
        return f"{self.cursor + 1}/{self._table.rows_total}"

    def row_text(self, index: int) -> str:
        """Return keys and texts of a row."""
        assert self._table is not None
        pairs = zip(self._table.columns, self._rows[index].cells, strict=True)
        shown = (cell for column, cell in pairs if column.kind in (ColumnKind.KEY, ColumnKind.TEXT))
        return " ".join(escape(str(cell)) for cell in shown if cell is not None)

    def move_to(self, index: int) -> None:
        """Put the cursor on a row and stay with it; on the first row stay at the top."""
        index = max(0, min(index, self.row_count - 1))
        self._followed = self._rows[index].id if index and self._rows else ""
        super().move_to(index)

    @property
    def nothing(self) -> str:
        """What is said of no rows."""
        return "nothing counted yet"

    def draw_heading(self, width: int, ink: Palette) -> Line:
        """Return the columns' titles; a sort that the tracer has not taken up yet is in another colour with a `?`."""
        if self._table is None:
            return []
        sort = self._pending_sort or self._table.sort
        self._columns = _tamed(columns_of.visible_columns(self._table, width))
        line: list[Segment] = []
        for column, title in zip(self._columns, columns_of.heading(self._columns, sort), strict=True):
            sorted_by = column.id == sort.column and column.derived is Derived.CELL
            look = ink.dim if not sorted_by else ink.warn if self._pending_sort else ink.title
            line += [Segment(title, look), Segment(" " * GAP, ink.dim)]
        return line

    def draw_row(self, index: int, _width: int, ink: Palette) -> Line:
        """Return one row."""
        assert self._table is not None
        row = self._rows[index]
        cells = columns_of.cells(row, self._columns, self._table.sums, self._past)
        line: list[Segment] = []
        for column, cell in zip(self._columns, cells, strict=True):
            look = self._look(column, row, ink)
            if column.column.kind in (ColumnKind.KEY, ColumnKind.TEXT):
                line += self.marked(cell, look, ink)
                line.append(Segment(" " * GAP, look))
            else:
                text = cell.translate(_LOWER) if column.derived is Derived.SPARK else cell
                line.append(Segment(text + " " * GAP, look))
        return line

    def _look(self, column: ViewColumn, row: Row, ink: Palette) -> Style:
        assert self._table is not None
        value = row.cells[column.index]
        if row.exited or not value:
            return ink.faint
        if column.derived is Derived.SPARK:
            return ink.spark
        if column.id == self._table.sort.column and column.derived is Derived.CELL:
            return ink.value
        kind = column.column.kind
        return ink.text if kind in (ColumnKind.KEY, ColumnKind.RATE) else ink.dim

    def _follow(self) -> None:
        """Keep the cursor on its row, or where it was when the row is gone."""
        places = {row.id: index for index, row in enumerate(self._rows)}
        if not self._followed:
            self._cursor = 0
        elif self._followed in places:
            self._cursor = places[self._followed]
        else:
            self._cursor = max(0, min(self._cursor, len(self._rows) - 1))
            self._followed = self._rows[self._cursor].id if self._rows else ""

    def heading_clicked(self, x: int) -> None:
        """Sort by the column that was clicked; a second click turns the order around."""
        start = 0
        for column in self._columns:
            start += column.width + GAP
            if x < start:
                self._sort_by(column.column.id)
                return

    def action_sort(self, by: int) -> None:
        """Sort by the column to the left or right of the sort column, among those shown."""
        if self._table is None:
            return
        names = [column.id for column in self._columns if column.derived is Derived.CELL]
        now = (self._pending_sort or self._table.sort).column
        place = names.index(now) + by if now in names else 0
        if 0 <= place < len(names):
            self._sort_by(names[place])

    def action_invert(self) -> None:
        """Turn the order around."""
        if self._table is not None:
            self._sort_by((self._pending_sort or self._table.sort).column)

    def _sort_by(self, column: str) -> None:
        """Ask for a sort: numbers the largest first, texts from A; the column sorted by already the other way."""
        assert self._table is not None
        now = self._pending_sort or self._table.sort
        kind = next(one.kind for one in self._table.columns if one.id == column)
        descending = not now.descending if now.column == column else kind not in (ColumnKind.KEY, ColumnKind.TEXT)
        self.post_message(Asked(SetSort(self.pane_name, self._table.name, Sort(column, descending))))

    def action_enter(self) -> None:
        """Follow the row's process, else its name, else show the latency of its system call."""
        row = self._row_at_cursor()
        if row is None:
            return
        if row.exited:
            self.post_message(Noticed("this process has ended: nothing more can be counted of it"))
        elif row.pid:
            self.post_message(StepChosen(Step(Filter(pid=row.pid), row.comm)))
        elif row.comm:
            self.action_drill_comm()
        else:
            self.action_latency()

    def action_drill_comm(self) -> None:
        """Follow all processes with the row's name."""
        row = self._row_at_cursor()
        if row is not None and row.comm:
            self.post_message(StepChosen(Step(Filter(comm=row.comm))))
        else:
            self.post_message(Noticed("this row has no process to follow"))

    def action_latency(self) -> None:
        """Show the latency of the row's system call."""
        row, table = self._row_at_cursor(), self._table
        if row is None or table is None:
            return
        place = next((i for i, column in enumerate(table.columns) if column.role is KeyRole.SYSCALL), None)
        if place is None:
            self.post_message(Noticed("this row has no system call"))
        else:
            self.post_message(SyscallChosen(str(row.cells[place])))

    def _row_at_cursor(self) -> Row | None:
        return self._rows[self.cursor] if self._rows else None


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
