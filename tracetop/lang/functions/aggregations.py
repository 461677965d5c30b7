"""Aggregations: what stands right of ``@map =`` and is counted up in the kernel, each CPU for itself."""

from collections.abc import Callable

from tracetop.lang import syntax, typed
from tracetop.lang.scope import Scope
from tracetop.lang.types import INT64
from tracetop.model.buckets import linear_count
from tracetop.model.program import LinearScale, ValueKind

MAX_LINEAR_BUCKETS = 1002
Aggregation = Callable[[Scope, syntax.Map, typed.Slot, syntax.Call, tuple[typed.Expr, ...]], typed.Aggregate]
"""From the map's slot and the call with its checked arguments to the statement."""


def _count(
    scope: Scope, target: syntax.Map, slot: typed.Slot, call: syntax.Call, arguments: tuple[typed.Expr, ...]
) -> typed.Aggregate:
    if arguments:
        raise scope.error(call.arguments[0].at, "count() takes no argument", mend="use sum() to add values up")
    scope.assign_map(target, ValueKind.COUNT, INT64)
    return typed.Aggregate(slot, ValueKind.COUNT, None)


def _of_one(kind: ValueKind) -> Aggregation:
    """Return the aggregation that takes one integer."""

    def aggregate(
        scope: Scope, target: syntax.Map, slot: typed.Slot, call: syntax.Call, arguments: tuple[typed.Expr, ...]
    ) -> typed.Aggregate:
        if len(arguments) != 1:
            raise scope.error(call.at, f"{kind}() takes one argument", mend=f"write {kind}(VALUE)")
        _require_integer(scope, call, arguments[0])
        scope.assign_map(target, kind, arguments[0].type)
        return typed.Aggregate(slot, kind, arguments[0])

    return aggregate


def _lhist(
    scope: Scope, target: syntax.Map, slot: typed.Slot, call: syntax.Call, arguments: tuple[typed.Expr, ...]
) -> typed.Aggregate:
    if len(arguments) != 4:
        raise scope.error(call.at, "lhist() takes four arguments", mend="write lhist(VALUE, LOW, HIGH, STEP)")
    _require_integer(scope, call, arguments[0])
    linear = LinearScale(*(_constant(scope, call, arguments, i) for i in (1, 2, 3)))
    if linear.step <= 0 or linear.high <= linear.low:
        raise scope.error(call.at, "lhist() has an empty range", mend="choose LOW below HIGH and STEP above 0")
    if linear_count(linear) > MAX_LINEAR_BUCKETS:
        raise scope.error(
            call.at, f"lhist() has {linear_count(linear)} buckets, at most {MAX_LINEAR_BUCKETS}", mend="widen STEP"
        )
    scope.assign_map(target, ValueKind.LHIST, arguments[0].type, linear)
    return typed.Aggregate(slot, ValueKind.LHIST, arguments[0], linear)


def _require_integer(scope: Scope, call: syntax.Call, argument: typed.Expr) -> None:
    if not argument.type.is_integer:
        raise scope.error(
            call.arguments[0].at, f"{call.name}() takes an integer, this is a string", mend="use a string as a key"
        )


def _constant(scope: Scope, call: syntax.Call, arguments: tuple[typed.Expr, ...], i: int) -> int:
    argument = arguments[i]
    if not isinstance(argument, typed.Const):
        raise scope.error(call.arguments[i].at, "lhist()'s range must be written as numbers", mend="write a number")
    return argument.value


AGGREGATIONS: dict[str, Aggregation] = {
    "count": _count,
    "sum": _of_one(ValueKind.SUM),
    "avg": _of_one(ValueKind.AVG),
    "min": _of_one(ValueKind.MIN),
    "max": _of_one(ValueKind.MAX),
    "stats": _of_one(ValueKind.STATS),
    "hist": _of_one(ValueKind.HIST),
    "lhist": _lhist,
}
