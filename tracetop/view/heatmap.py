"""A distribution over time: one column a tick, darker where more values fell.

Owns: how long history is kept and how counts become intensities. Refuses to own: colours. Pure.
"""

import math

import msgspec

from tracetop.model.program import LinearScale
from tracetop.view.histogram import Bar, Buckets, bars, cut, merge, tally

LEVELS = 8
"""Intensities above 0, which is no value at all."""
HISTORY = 240
"""Ticks kept; wider than any terminal's heatmap needs at one cell a tick."""


class History(msgspec.Struct, frozen=True):
    """The distributions of the last ticks, oldest first."""

    ticks: tuple[Buckets, ...] = ()
    linear: LinearScale | None = None

    def pushed(self, buckets: Buckets) -> "History":
        """Return the history with one more tick, the oldest dropped when it is full."""
        return History((*self.ticks[1 - HISTORY :], buckets), self.linear)


class Heatmap(msgspec.Struct, frozen=True):
    """Intensities to draw: `levels[row][column]` is 0 to LEVELS; highest values in row 0, newest at the right."""

    bounds: tuple[Bar, ...]
    """By row; `count` is the row's sum over the shown ticks."""
    levels: tuple[tuple[int, ...], ...]
    peak: int
    """The count that has the highest intensity."""


def heatmap(history: History, width: int, height: int, *, finest: int = 8, within: Buckets | None = None) -> Heatmap:
    """Return the newest `width` ticks in at most `height` rows (at least 3), the same rows as `bars` cuts.

    `finest` and `within` (here a superset of the shown ticks) as in `histogram.bars`. Intensity grows with the square
    root of the count, so that a few slow calls stay visible beside many fast ones.
    """
    shown = history.ticks[-width:] if width else ()
    whole = merge(shown)
    cuts = cut(within or whole, history.linear, rows=height, finest=finest)
    columns = [tally(tick, cuts) for tick in shown]
    peak = max((count for column in columns for count in column), default=0)
    blank = (0,) * (width - len(shown))
    bounds = bars(whole, history.linear, rows=height, finest=finest, within=within)[::-1]
    rows = range(len(bounds) - 1, -1, -1)
    return Heatmap(bounds, tuple((*blank, *(_level(column[row], peak) for column in columns)) for row in rows), peak)


def _level(count: int, peak: int) -> int:
    return math.ceil(LEVELS * math.sqrt(count / peak)) if count else 0
