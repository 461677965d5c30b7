"""A table's rows across ticks: their history for sparklines, and an order that does not jump.

Owns: both memories, one of each a table widget. Refuses to own: which column rows are sorted by. No I/O.
"""

from collections import deque
from collections.abc import Iterable, Sequence

from tracetop.model.frame import Cell, Row

HISTORY_TICKS = 32
"""Rates kept for a row: as many as the widest sparkline shows."""
_AHEAD = 1.1
"""A row overtakes another when it is this much ahead of it."""
_FARTHEST = 3
"""A row that is this many places from its rank is put there all the same."""


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
