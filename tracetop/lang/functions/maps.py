"""Functions that are statements about a map: ``delete``, ``clear``, ``zero``."""

from collections.abc import Callable

from tracetop.lang import syntax, typed
from tracetop.lang.scope import Scope
from tracetop.model.program import ValueKind

PER_CPU = frozenset(ValueKind) - {ValueKind.SCALAR, ValueKind.STRING}
MapFunction = Callable[[Scope, syntax.Call, syntax.Map, tuple[typed.Expr, ...]], typed.Statement]
"""From the call, its map and the map's checked keys to the statement."""


def _delete(scope: Scope, _call: syntax.Call, target: syntax.Map, keys: tuple[typed.Expr, ...]) -> typed.Statement:
    known = scope.learnt.maps.get(target.name) or scope.known.maps.get(target.name)
    if known is not None and known.keys and not keys:
        raise scope.error(
            target.at, f"{target.name} has a key, and none stands here", mend="name the key, or use clear() for all"
        )
    slot = scope.use_map(target, keys)
    kind = known.kind if known else None
    if kind in PER_CPU and not keys:
        raise scope.error(target.at, f"{target.name} is kept by each CPU", mend=f"write clear({target.name})")
    if kind in (ValueKind.HIST, ValueKind.LHIST):
        raise scope.error(
            target.at,
            f"one distribution of {target.name} cannot be deleted",
            mend=f"write clear({target.name}) for all",
        )
    return typed.Delete(slot)


def _ask(scope: Scope, call: syntax.Call, target: syntax.Map, keys: tuple[typed.Expr, ...]) -> typed.Statement:
    if keys:
        raise scope.error(
            target.at, f"{call.name}() takes a whole map", mend=f"write {call.name}({target.name}), or use delete()"
        )
    scope.learnt.asked[target.name] = target.at
    return typed.Ask(call.name, target.name)


MAP_FUNCTIONS: dict[str, MapFunction] = {"delete": _delete, "clear": _ask, "zero": _ask}
