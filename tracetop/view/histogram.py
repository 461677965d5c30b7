"""Distributions: percentiles from sub-buckets, buckets merged to as many bars as there are rows, heat over time.

Owns: what a distribution's numbers may claim. A percentile is never above a value that was seen, and below it by at
most 12.5% (the width of a bucket of `hist`). What is known less well is only a bound and carries its sign: in an open
bucket (below zero of `hist`, the outer two of `lhist`), in a wide step of `lhist`, and the greatest value. Pure.
"""

import math
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from tracetop.model.abi.buckets import LOG_BUCKETS, linear_bounds, linear_count, log_bounds, log_index
from tracetop.model.program import LinearScale, Unit
from tracetop.view.numbers import ABSENT, format_value

Buckets = Mapping[int, int]
"""Bucket index to count, sparse."""
_PARTS = (8, 4, 2, 1)
"""Bars that a power of two is cut into, finest first."""
LEVELS = 8
"""Intensities of a heatmap above 0, which is not a value at all."""
HISTORY = 240
"""Ticks kept; wider than any terminal's heatmap needs at one cell a tick."""


class Bar(msgspec.Struct, frozen=True):
    """One bar: how many values lie in [low, high). None is an open end."""

    low: int | None
    high: int | None
    count: int

    def label(self, unit: Unit) -> str:
        """Return the range in at most 17 cells: ``4.2 ms - 8.4 ms``, ``≥ 100``, or one value."""
        if self.low is None:
            return f"< {format_value(self.high, unit)}"
        if self.high is None:
            return f"≥ {format_value(self.low, unit)}"
        if self.high == self.low + 1:
            return format_value(self.low, unit)
        return f"{format_value(self.low, unit)} - {format_value(self.high, unit)}"


class Estimate(msgspec.Struct, frozen=True):
    """A value read off a distribution; with a sign it is only a bound of the true one."""

    value: int
    sign: str = ""
    """Empty (the start of its bucket: the true one is less than 12.5% above), or ``<`` or ``≥``."""

    def text(self, unit: Unit, width: int = 8) -> str:
        """Return ``4.5 ms`` or ``≥100`` in at most `width` cells."""
        return self.sign + format_value(self.value, unit, width - len(self.sign))


class Summary(msgspec.Struct, frozen=True):
    """A distribution in five numbers; the estimates are None where it is empty."""

    count: int
    p50: Estimate | None = None
    p90: Estimate | None = None
    p99: Estimate | None = None
    max: Estimate | None = None

    def text(self, unit: Unit) -> str:
        """Return ``n 12.3k  p50 4.5 ms  p90 …  p99 …  max …`` as one line."""
        pairs = (("p50", self.p50), ("p90", self.p90), ("p99", self.p99), ("max", self.max))
        parts = (f"{name} {estimate.text(unit) if estimate else ABSENT}" for name, estimate in pairs)
        return "  ".join((f"n {format_value(self.count)}", *parts))


def merge(distributions: Iterable[Buckets]) -> dict[int, int]:
    """Return the sum of several distributions of one scale."""
    merged: dict[int, int] = {}
    for buckets in distributions:
        for index, count in buckets.items():
            merged[index] = merged.get(index, 0) + count
    return merged


def bucket_bar(index: int, count: int, linear: LinearScale | None = None) -> Bar:
    """Return one bucket as a bar, its open end None."""
    if linear is None:
        low, high = log_bounds(index)
        return Bar(low if index else None, high, count)
    low, high = linear_bounds(linear, index)
    return Bar(low if index else None, high if index < linear_count(linear) - 1 else None, count)


def percentile(buckets: Buckets, q: float, linear: LinearScale | None = None) -> Estimate | None:
    """Return the value that a share `q` (0 to 1) of all values does not exceed; None where there are none.

    It is the start of the bucket that has the exact nearest-rank percentile: never above it, and at most 12.5% below
    unless it carries a sign.
    """
    total = sum(buckets.values())
    if not total:
        return None
    rank = max(1, math.ceil(q * total))
    for index in sorted(buckets):
        count = buckets[index]
        if rank <= count:
            return _least(bucket_bar(index, count, linear))
        rank -= count
    raise AssertionError("the ranks of a distribution end at its total")


def maximum(buckets: Buckets, linear: LinearScale | None = None) -> Estimate | None:
    """Return the least that the largest value can be, which is in the highest bucket in use; None where none is."""
    used = [index for index, count in buckets.items() if count]
    if not used:
        return None
    bar = bucket_bar(max(used), 1, linear)
    least = _least(bar)
    is_one_value = bar.low is not None and bar.high == bar.low + 1
    return least if least.sign or is_one_value else Estimate(least.value, "≥")


def summary(buckets: Buckets, linear: LinearScale | None = None) -> Summary:
    """Return count, median, 90th and 99th percentile and maximum."""
    p50, p90, p99 = (percentile(buckets, q, linear) for q in (0.5, 0.9, 0.99))
    return Summary(sum(buckets.values()), p50, p90, p99, maximum(buckets, linear))


def _least(bar: Bar) -> Estimate:
    """Return the least that a bucket's values can be, as a bound where the greatest is more than 12.5% above."""
    if bar.low is None:
        return Estimate(bar.high or 0, "<")
    is_near = bar.high is not None and 8 * (bar.high - 1 - bar.low) <= abs(bar.low)
    return Estimate(bar.low, "" if is_near else "≥")


def bars(
    buckets: Buckets,
    linear: LinearScale | None = None,
    *,
    rows: int = 64,
    finest: int = 1,
    within: Buckets | None = None,
) -> tuple[Bar, ...]:
    """Return at most `rows` (at least 3) contiguous bars, lowest first, that hold every count of `buckets`.

    `within`, a superset, fixes the range, so that the bars of one interval stand on the same rows as those of the
    whole run. `finest` as in `cut`.
    """
    cuts = cut(within or buckets, linear, rows=rows, finest=finest)
    counts = tally(buckets, cuts)
    return tuple(
        _joined(low, high - 1, count, linear) for low, high, count in zip(cuts, cuts[1:], counts, strict=False)
    )


def cut(buckets: Buckets, linear: LinearScale | None = None, *, rows: int, finest: int = 1) -> list[int]:
    """Return ascending bucket indices that cut the range in use into at most `rows` (at least 3) bars.

    A logarithmic scale gets up to `finest` bars (1, 2, 4, 8) a power of two, or several powers a bar where rows are
    few; a linear one as many steps a bar as needed. One more cut than bars; none for an empty distribution.
    """
    used = [index for index, count in buckets.items() if count]
    if not used:
        return []
    for cuts in _linear_cuts(linear) if linear else _log_cuts(finest):
        first, last = bisect_right(cuts, min(used)) - 1, bisect_right(cuts, max(used))
        if last - first <= max(rows, 3):
            return cuts[first : last + 1]
    raise AssertionError("the coarsest cuts make three bars")


def tally(buckets: Buckets, cuts: list[int]) -> list[int]:
    """Return the counts between each two cuts; the cuts must span all buckets in use."""
    counts = [0] * max(len(cuts) - 1, 0)
    for index, count in buckets.items():
        if count:
            counts[bisect_right(cuts, index) - 1] += count
    return counts


def _log_cuts(finest: int) -> Iterator[list[int]]:
    """Yield ascending cuts of all logarithmic buckets, finest first; the negative bucket is always on its own."""
    for parts in _PARTS:
        if parts <= finest:
            edges = {((parts + part) << exponent) // parts for exponent in range(63) for part in range(parts)}
            yield [0, *map(log_index, sorted({0} | edges)), LOG_BUCKETS]
    for octaves in range(2, 64):
        yield [0, 1, *(log_index(1 << exponent) for exponent in range(0, 63, octaves)), LOG_BUCKETS]


def _linear_cuts(scale: LinearScale) -> Iterator[list[int]]:
    """Yield ascending cuts of the buckets of `lhist`; the outer two are always on their own."""
    last = linear_count(scale) - 1
    steps = 1
    while True:
        yield [0, *range(1, last, steps), last, last + 1]
        if steps >= last:
            return
        steps *= 2


def _joined(first: int, last: int, count: int, linear: LinearScale | None) -> Bar:
    return Bar(bucket_bar(first, 0, linear).low, bucket_bar(last, 0, linear).high, count)


class History(msgspec.Struct, frozen=True):
    """The distributions of the last ticks, oldest first."""

    ticks: tuple[Buckets, ...] = ()
    linear: LinearScale | None = None

    def pushed(self, buckets: Buckets) -> "History":
        """Return the history with one more tick, the oldest dropped when it is full."""
        return History((*self.ticks[1 - HISTORY :], buckets), self.linear)


def heatmap(
    history: History, width: int, height: int, *, finest: int = 8, within: Buckets | None = None
) -> tuple[tuple[int, ...], ...]:
    """Return the newest `width` ticks as levels of 0 to LEVELS, by row and column, the newest at the right.

    At most `height` rows (at least 3), the same as `bars` cuts, the highest values first. `finest` and `within` (here a
    superset of the shown ticks) as in `bars`. Levels grow with the square root of the count, so that a few slow calls
    stay visible beside many fast ones.
    """
    shown = history.ticks[-width:] if width else ()
    cuts = cut(within or merge(shown), history.linear, rows=height, finest=finest)
    columns = [tally(tick, cuts) for tick in shown]
    peak = max((count for column in columns for count in column), default=0)
    blank = (0,) * (width - len(shown))
    rows = range(max(len(cuts) - 1, 0) - 1, -1, -1)
    return tuple((*blank, *(_level(column[row], peak) for column in columns)) for row in rows)


def _level(count: int, peak: int) -> int:
    return math.ceil(LEVELS * math.sqrt(count / peak)) if count else 0
