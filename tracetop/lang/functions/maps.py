"""Functions of maps: aggregations, which stand right of ``@map =``, and ``delete``, ``clear``, ``zero``, ``has_key``.

What is aggregated is counted up in the kernel, each CPU for itself.
"""

from dataclasses import replace
from functools import partial

from tracetop.lang.check.calls import Aggregation, Arguments, StatementFunction, ValueFunction
from tracetop.lang.emit.maps import pointer
from tracetop.lang.emit.writer import Writer
from tracetop.lang.tree import syntax, typed
from tracetop.lang.tree.types import INT64
from tracetop.model.abi.buckets import linear_count
from tracetop.model.program import LinearScale, MapAction, TimeSeries
from tracetop.model.value_kinds import ValueKind

MAX_LINEAR_BUCKETS = 1002
MAX_HIST_BITS = 5
MAX_SERIES_SLOTS = 1 << 20
_MOST = (1 << 63) - 1
_SERIES = {"" if kind is ValueKind.SCALAR else kind.value: kind for kind in ValueKind if kind.facts.in_slot}
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
    if arguments.scope.settings.unstable_tseries == "error":
        raise arguments.error("tseries() is not to be used", hint="write unstable_tseries = enable in config")
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


def _keyed(arguments: Arguments) -> tuple[syntax.Map, tuple[typed.Expr, ...]]:
    """Return the map of ``f(@m[key])``, or of ``f(@m, key)``, with its checked keys."""
    arguments.count(1, 2)
    target = arguments.map(0)
    if target is None or (target.keys and len(arguments) == 2):
        raise arguments.error(f"{arguments.name}() takes a map", at=arguments.at(0))
    if len(arguments) == 2:
        second = arguments.call.arguments[1]
        target = replace(
            target, keys=second.items if isinstance(second, syntax.Tuple) and not second.names else (second,)
        )
    return target, arguments.scope.check_keys(target)


def _deleted(arguments: Arguments) -> typed.Slot:
    """Return the slot that a call of delete() empties."""
    target, keys = _keyed(arguments)
    scope = arguments.scope
    known = scope.learnt.maps.get(target.name) or scope.known.maps.get(target.name)
    if known is not None and known.keys and not keys:
        raise scope.error(
            target.at,
            f"{target.name} has a key, and none stands here",
            hint=f"name the key, as in delete({target.name}[pid]), or write clear({target.name}) for all",
        )
    slot = scope.use_map(target, keys)
    kind = known.kind if known else None
    if kind and not kind.facts.is_shared and not keys:
        raise scope.error(target.at, f"{target.name} is kept by each CPU", hint=f"write clear({target.name})")
    if kind and kind.facts.is_bucketed:
        raise scope.error(
            target.at,
            f"one distribution of {target.name} cannot be deleted",
            hint=f"write clear({target.name}) for all",
        )
    return slot


_DELETE = StatementFunction(
    "delete(@MAP[KEY])",
    "removes an entry; as a value, whether there was one",
    lambda arguments: typed.Delete(_deleted(arguments)),
    lambda arguments: typed.Deleted(_deleted(arguments)),
)


def _ask(arguments: Arguments) -> typed.Statement:
    arguments.count(1)
    target = arguments.map(0)
    if target is None:
        raise arguments.error(f"{arguments.name}() takes a map", at=arguments.at(0))
    if target.keys:
        raise arguments.error(
            f"{arguments.name}() takes a whole map",
            hint=f"write {arguments.name}({target.name}), or use delete()",
            at=target.at,
        )
    arguments.scope.learnt.asked.setdefault(target.name, target.at)
    return typed.Send(MapAction(arguments.name, target.name), dropped=target.name)


_CLEAR = StatementFunction("clear(@MAP)", "removes all entries", _ask)
_ZERO = StatementFunction("zero(@MAP)", "sets all values to zero", _ask)


@partial(ValueFunction, "has_key(@MAP, KEY)", "whether there is such an entry")
def _has_key(arguments: Arguments) -> typed.Expr:
    target, keys = _keyed(arguments)
    if not keys:
        raise arguments.error(f"no key of {target.name} stands here")
    slot = arguments.scope.use_map(target, keys)
    return typed.HasKey(_has_key_c, slot)


@partial(ValueFunction, "find(@MAP, KEY, $VALUE)", "whether there is such an entry; its value is assigned to $VALUE")
def _find(arguments: Arguments) -> typed.Expr:
    arguments.count(3)
    map_, key, target = arguments.call.arguments
    if not isinstance(map_, syntax.Map) or map_.keys or not isinstance(target, syntax.Variable):
        raise arguments.error("find() takes a map, a key and a variable")
    at = arguments.call.at
    held, there = (syntax.Variable(at=at, name=f"${name}#0") for name in ("key", "there"))  # no script writes those
    entry = replace(map_, keys=key.items if isinstance(key, syntax.Tuple) else (held,))
    bind = () if isinstance(key, syntax.Tuple) else (syntax.Assign(at=at, target=held, op="=", value=key),)
    ask = syntax.Call(at=at, name="has_key", arguments=(entry,))
    found = syntax.If(
        at=at,
        condition=there,
        then=(syntax.Assign(at=target.at, target=target, op="=", value=entry),),
        otherwise=(),
    )
    body = (*bind, syntax.Assign(at=at, target=there, op="=", value=ask), found)
    return arguments.scope.check(syntax.BlockValue(at=at, body=body, value=there), arguments.scope)


def _has_key_c(call: typed.HasKey, out: Writer) -> str:
    place = pointer(call.slot, out)
    if out.planned(call.slot).spec.kept_slots:
        return f"(u64)({place} && *{place})"
    return f"(u64)({place} != 0)"
