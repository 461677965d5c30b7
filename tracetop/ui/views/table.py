"""A table with a cursor on a row, not on a place: rows keep their identity and, while near their rank, their place.

Owns: what keys and clicks do. Refuses to own: the rows (`table_rows`). Screen process.
"""

from typing import ClassVar

from textual.binding import BindingType

from tracetop.model.filter import Filter
from tracetop.model.frame import Table, View
from tracetop.model.wire.messages import SetSort
from tracetop.ui.dialogue.keys import bind
from tracetop.ui.dialogue.messages import Asked, Noticed, StepChosen, SyscallChosen
from tracetop.ui.dialogue.wishes import PanePending, Step
from tracetop.ui.views.base import RowsView
from tracetop.ui.views.table_rows import TableRows


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

    def __init__(self, pane: str, table: Table) -> None:
        self._rows = TableRows(table)
        super().__init__(pane, self._rows)

    def remember(self, view: View) -> None:
        """Add the tick's rates to the rows' histories."""
        assert isinstance(view, Table)
        self._rows.remember(view)

    def show(self, view: View, pending: PanePending) -> None:
        """Draw these rows, the cursor on the row it was on."""
        assert isinstance(view, Table)
        self.cursor = self._rows.take(view, pending.sorts.get(view.name), self.cursor)
        self.redraw()

    def forget(self) -> None:
        """Start new histories."""
        self._rows.forget()

    @property
    def headline(self) -> str:
        """The sum of the rates over all rows."""
        return self._rows.headline

    @property
    def status(self) -> str:
        """The row of how many there are in the kernel, those not shown too."""
        return f"{self.cursor + 1}/{self._rows.table.rows_total}" if len(self._rows) else ""

    def move_to(self, index: int) -> None:
        """Put the cursor on a row and stay with it."""
        super().move_to(index)
        self._rows.follow(self.cursor)

    def heading_clicked(self, x: int) -> None:
        """Sort by the column that was clicked; a second click turns the order around."""
        self._sort_by(self._rows.column_at(x))

    def action_sort(self, by: int) -> None:
        """Sort by the column to the left or right of the sort column, among those shown."""
        self._sort_by(self._rows.column_beside(by))

    def action_invert(self) -> None:
        """Turn the order around."""
        self._sort_by(self._rows.sort.column)

    def _sort_by(self, column: str) -> None:
        if column:
            self.post_message(Asked(SetSort(self.pane_name, self._rows.table.name, self._rows.sorted_by(column))))

    def action_enter(self) -> None:
        """Follow the row's process, else its name, else show the latency of its system call."""
        row = self._rows.at(self.cursor)
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
        row = self._rows.at(self.cursor)
        if row is not None and row.comm:
            self.post_message(StepChosen(Step(Filter(comm=row.comm))))
        else:
            self.post_message(Noticed("this row has no process to follow"))

    def action_latency(self) -> None:
        """Show the latency of the row's system call."""
        if len(self._rows):
            syscall = self._rows.syscall(self.cursor)
            self.post_message(SyscallChosen(syscall) if syscall else Noticed("this row has no system call"))
