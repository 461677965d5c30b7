"""Tables: which columns fit, what stands in each cell, and headings.

Owns: widths, priorities and derived columns (share of the sum, sparkline). Refuses to own: colours, the cursor, and
the order of rows, which the tracer chose. Pure; screen process.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType

import msgspec

from tracetop.model.frame import Cell, Column, ColumnKind, Row, Sort, Table
from tracetop.model.program import KeyRole, Unit
from tracetop.view.blocks import sparkline
from tracetop.view.numbers import ABSENT, format_cell, format_percent
from tracetop.view.text import Align, cell_width, escape, fit

GAP = 1
"""Spaces between columns."""
SHARE, SPARK = "share", "spark"
"""Ids of the derived columns."""
_SPARK_WIDTH = 10
_MAX_TITLE = 14
_WHOLE_TOTAL = 12
_ROLE_WIDTH = MappingProxyType(
    {
        KeyRole.PID: 7,
        KeyRole.TID: 7,
        KeyRole.UID: 6,
        KeyRole.CPU: 4,
        KeyRole.COMM: 15,
        KeyRole.SYSCALL: 18,
        KeyRole.INTEGER: 12,
        KeyRole.STRING: 24,
        KeyRole.KSTACK: 24,
        KeyRole.USTACK: 24,
    }
)
_KIND = MappingProxyType(
    {
        ColumnKind.KEY: (12, 0),
        ColumnKind.RATE: (7, 1),
        ColumnKind.TOTAL: (7, 4),
        ColumnKind.VALUE: (7, 2),
        ColumnKind.ID: (7, 2),
        ColumnKind.PERCENT: (5, 1),
        ColumnKind.TEXT: (10, 3),
    }
)
"""Width, and rank: what keeps its place on a narrow screen, the lowest first."""
_COMMAND = "command"
_COLUMN = MappingProxyType(
    {
        "started": (19, 7),
        "threads": (4, 3),
        "rss_bytes": (6, 1),
        "user": (8, 3),
        _COMMAND: (16, 2),
        "loaded": (19, 7),
        "type": (14, 3),
        "hook": (24, 3),
    }
)
"""Those of columns of the tables of processes and BPF programs, by id, where their kind does not say it."""
_SHARE_RANK, _SPARK_RANK = 5, 6
_LONGER_COMMAND = 24
"""More cells for a command line are worth more than totals, shares and sparklines."""
_NUMERIC_ROLES = (KeyRole.PID, KeyRole.TID, KeyRole.UID, KeyRole.CPU, KeyRole.INTEGER)


class Derived(StrEnum):
    """How a cell is made."""

    CELL = "cell"
    """From the row's own cell."""
    SHARE = "share"
    """The row's part of the column's sum, in percent."""
    SPARK = "spark"
    """The column's last values as a line."""


class ViewColumn(msgspec.Struct, frozen=True):
    """One column as shown; `index` is the column of the table that it is made from."""

    id: str
    title: str
    """Escaped."""
    column: Column
    index: int
    width: int
    align: Align
    derived: Derived = Derived.CELL


def visible_columns(table: Table, width: int, *, plain: bool = False) -> tuple[ViewColumn, ...]:
    """Return the columns that fit into `width` cells, in the table's order; the first key is always among them.

    Dropped first: the sparkline, then the share, totals, texts, values, rates; keys and the sort column last. What is
    left over widens the last text column. `plain`, for text on paper: no sparkline, and totals wide enough to be whole.
    """
    offered = [_shown(table, index, plain=plain) for index in range(len(table.columns))]
    rate = next((view for view in offered if view.column.kind is ColumnKind.RATE), None)
    if rate is not None:
        place = offered.index(rate) + 1
        share_of = ViewColumn(SHARE, "%", rate.column, rate.index, 5, ">", Derived.SHARE)
        spark_of = ViewColumn(SPARK, "history", rate.column, rate.index, _SPARK_WIDTH, "<", Derived.SPARK)
        offered[place:place] = [share_of] * (table.sums[rate.index] is not None) + [spark_of] * (not plain)
    has_command = any(view.id == _COMMAND for view in offered)
    kept: list[ViewColumn] = []
    left = width + GAP
    for view in sorted(offered, key=lambda view: _priority(view, table.sort)):
        is_minor = _priority(view, table.sort)[0] >= _KIND[ColumnKind.TOTAL][1]
        spared = _LONGER_COMMAND if has_command and is_minor else 0
        if view.width + GAP <= left - spared or not kept:
            kept.append(view)
            left -= view.width + GAP
    kept.sort(key=offered.index)
    return _widened(kept, left)


def title_of(column: Column) -> str:
    """Return a column's title, escaped; without the ``_bytes`` that the unit in its cells says already."""
    return escape(column.title.replace("_bytes", "") if column.unit is Unit.BYTES else column.title)


def _shown(table: Table, index: int, *, plain: bool) -> ViewColumn:
    column = table.columns[index]
    width = _ROLE_WIDTH[column.role] if column.role else _COLUMN.get(column.id, _KIND[column.kind])[0]
    if column.kind is ColumnKind.ID:  # whole, or it would be another's
        width = max([width, *(len(str(row.cells[index])) for row in table.rows)])
    if plain and column.kind is ColumnKind.TOTAL:
        width = _WHOLE_TOTAL
    title = title_of(column)
    with_sort_mark = cell_width(title) + 1
    is_text = column.kind is ColumnKind.TEXT or (column.kind is ColumnKind.KEY and column.role not in _NUMERIC_ROLES)
    align: Align = "<" if is_text else ">"
    return ViewColumn(column.id, title, column, index, max(width, min(with_sort_mark, _MAX_TITLE)), align)


def _is_flexible(column: Column) -> bool:
    return column.kind is ColumnKind.TEXT or column.role in (KeyRole.STRING, KeyRole.KSTACK, KeyRole.USTACK)


def _priority(view: ViewColumn, sort: Sort) -> tuple[int, int]:
    """Return the rank for a place on a narrow screen, the lowest first."""
    if view.derived is not Derived.CELL:
        return (_SPARK_RANK if view.derived is Derived.SPARK else _SHARE_RANK), view.index
    if view.column.role is not None or view.id == sort.column:
        return 0, view.index
    return _COLUMN.get(view.id, _KIND[view.column.kind])[1], view.index


def _widened(kept: list[ViewColumn], left: int) -> tuple[ViewColumn, ...]:
    """Give the `left` cells to the last text column, or to the sparkline where there is no text."""
    flexible = [view for view in kept if _is_flexible(view.column) and view.derived is Derived.CELL]
    flexible = flexible or [view for view in kept if view.derived is Derived.SPARK]
    if not flexible or left <= 0:
        return tuple(kept)
    wide = flexible[-1]
    return tuple(msgspec.structs.replace(view, width=view.width + left) if view is wide else view for view in kept)


def cells(
    row: Row,
    columns: Sequence[ViewColumn],
    sums: Sequence[float | int | None],
    history: Mapping[str, Sequence[float | None]] = {},
    *,
    exact: bool = False,
) -> tuple[str, ...]:
    """Return one string a column, each exactly as wide as its column and escaped.

    `history` has the last values of the sparkline's column by row id; `exact` writes totals in full where they fit.
    """
    return tuple(_cell(row, view, sums, history, exact=exact) for view in columns)


def _cell(
    row: Row,
    view: ViewColumn,
    sums: Sequence[float | int | None],
    history: Mapping[str, Sequence[float | None]],
    *,
    exact: bool,
) -> str:
    value = row.cells[view.index]
    if view.derived is Derived.SPARK:
        return sparkline(history.get(row.id, ()), view.width)
    if view.derived is Derived.SHARE:
        return fit(format_percent(share(value, sums[view.index]), view.width), view.width, view.align)
    return fit(cell_text(value, view.column, view.width, exact=exact), view.width, view.align)


def cell_text(value: Cell, column: Column, width: int, *, exact: bool = False) -> str:
    """Return one cell's text, escaped; numbers at most `width` wide, text as long as it is. Keys are never rounded."""
    if value is None:
        return ABSENT
    if isinstance(value, str) or column.kind in (ColumnKind.KEY, ColumnKind.TEXT, ColumnKind.ID):
        return escape(str(value))
    return format_cell(value, column, width, exact=exact)


def share(value: Cell, total: float | int | None) -> float | None:
    """Return `value` as percent of `total`, None where either is not a number or the total is 0."""
    if not isinstance(value, int | float) or not total:
        return None
    return 100 * value / total


def heading(columns: Sequence[ViewColumn], sort: Sort) -> tuple[str, ...]:
    """Return the columns' titles, each as wide as its column, with ▼ or ▲ at the sort column."""
    mark = "▼" if sort.descending else "▲"
    titles = (view.title + (mark if view.id == sort.column else "") for view in columns)
    return tuple(fit(title, view.width, view.align) for title, view in zip(titles, columns, strict=True))


def line(cells_: Sequence[str]) -> str:
    """Return cells joined to one line."""
    return (" " * GAP).join(cells_)
