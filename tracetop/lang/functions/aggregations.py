"""Aggregations: what stands right of ``@map =`` and is counted up in the kernel, each CPU for itself."""

from functools import partial

from tracetop.lang.check.calls import Aggregation, Arguments
from tracetop.lang.tree import syntax, typed
from tracetop.lang.tree.types import INT64
from tracetop.model.abi.buckets import linear_count
from tracetop.model.program import LinearScale, TimeSeries
from tracetop.model.value_kinds import ValueKind

MAX_LINEAR_BUCKETS = 1002
MAX_HIST_BITS = 5
MAX_SERIES_SLOTS = 1 << 20
_MOST = (1 << 63) - 1
_SERIES = {
    "": ValueKind.SCALAR,
    "sum": ValueKind.SUM,
    "avg": ValueKind.AVG,
    "min": ValueKind.MIN,
    "max": ValueKind.MAX,
}
"""What a slot of a time series keeps, by the last argument of ``tseries()``; without one the last value."""


@partial(Aggregation, "count()", "how often this was reached")
def _count(arguments: Arguments, target: syntax.Map, slot: typed.Slot) -> typed.Aggregate:
    if len(arguments):
        raise arguments.error("count() takes no argument", hint="use sum() to add values up", at=arguments.at(0))
    arguments.scope.assign_map(target, ValueKind.COUNT, INT64)
    return typed.Aggregate(slot, ValueKind.COUNT, None)


def _of_one(usage: str, about: str, kind: ValueKind) -> Aggregation:
    """Return the aggregation that takes one integer."""

    def check(arguments: Arguments, target: syntax.Map, slot: typed.Slot) -> typed.Aggregate:
        arguments.count(1)
        value = arguments.integer(0)
        arguments.scope.assign_map(target, kind, value.type)
        return typed.Aggregate(slot, kind, value)

    return Aggregation(usage, about, check)


_SUM = _of_one("sum(VALUE)", "all values added up", ValueKind.SUM)
_AVG = _of_one("avg(VALUE)", "the mean of all values", ValueKind.AVG)
_MIN = _of_one("min(VALUE)", "the least value", ValueKind.MIN)
_MAX = _of_one("max(VALUE)", "the greatest value", ValueKind.MAX)
_STATS = _of_one("stats(VALUE)", "count, mean and sum of the values", ValueKind.STATS)


@partial(Aggregation, "hist(VALUE)", "distribution by powers of two; hist(VALUE, 0 to 5) in finer parts")
def _hist(arguments: Arguments, target: syntax.Map, slot: typed.Slot) -> typed.Aggregate:
    arguments.count(1, 2)
    value = arguments.integer(0)
    bits = arguments.constant(1, 0, MAX_HIST_BITS) if len(arguments) == 2 else 0
    arguments.scope.assign_map(target, ValueKind.HIST, value.type, bits)
    return typed.Aggregate(slot, ValueKind.HIST, value, bits=bits)


@partial(Aggregation, "lhist(VALUE, LOW, HIGH, STEP)", "distribution in equal steps from LOW to HIGH")
def _lhist(arguments: Arguments, target: syntax.Map, slot: typed.Slot) -> typed.Aggregate:
    arguments.count(4)
    value = arguments.integer(0)
    linear = LinearScale(*(arguments.constant(i, -_MOST - 1, _MOST) for i in (1, 2, 3)))
    if linear.step <= 0 or linear.high <= linear.low:
        raise arguments.error("lhist() has an empty range", hint="choose LOW below HIGH and STEP above 0")
    if linear_count(linear) > MAX_LINEAR_BUCKETS:
        raise arguments.error(
            f"lhist() has {linear_count(linear)} buckets, at most {MAX_LINEAR_BUCKETS}", hint="widen STEP"
        )
    arguments.scope.assign_map(target, ValueKind.LHIST, value.type, linear)
    return typed.Aggregate(slot, ValueKind.LHIST, value, linear)


@partial(
    Aggregation,
    "tseries(VALUE, SLOT_NS, SLOTS)",
    "the last value of each stretch of time, SLOTS of them; sum, avg, min or max of it by a 4th argument",
)
def _tseries(arguments: Arguments, target: syntax.Map, slot: typed.Slot) -> typed.Aggregate:
    arguments.count(3, 4)
    value = arguments.integer(0)
    slot_ns, slots = arguments.constant(1, 1, _MOST), arguments.constant(2, 1, MAX_SERIES_SLOTS)
    wanted = arguments.literal(3).decode(errors="replace") if len(arguments) == 4 else ""
    if wanted not in _SERIES:
        raise arguments.error(
            f"a time series has no {wanted}", hint='write "sum", "avg", "min" or "max"', at=arguments.at(3)
        )
    series = TimeSeries(slot_ns, slots, _SERIES[wanted])
    arguments.scope.assign_map(target, ValueKind.TSERIES, value.type, series)
    return typed.Aggregate(slot, ValueKind.TSERIES, value, series=series)
