"""Functions about maps: ``delete``, ``clear``, ``zero``, ``has_key``."""

from dataclasses import replace

from tracetop.lang.check.functions.call_arguments import Arguments
from tracetop.lang.check.functions.function import StatementFunction, ValueFunction
from tracetop.lang.tree import syntax, typed
from tracetop.lang.tree.types import INT64
from tracetop.model.program import MapAction


def keyed(arguments: Arguments) -> tuple[syntax.Map, tuple[typed.Expr, ...]]:
    """Return the map of ``f(@m[key])``, or of ``f(@m, key)``, with its checked keys."""
    arguments.count(1, 2)
    target = arguments.map(0)
    if target is None or (target.keys and len(arguments) == 2):
        raise arguments.error(f"{arguments.name}() takes a map", at=arguments.at(0))
    if len(arguments) == 2:
        second = arguments.call.arguments[1]
        target = replace(target, keys=second.items if isinstance(second, syntax.Tuple) else (second,))
    return target, arguments.scope.check_keys(target)


def _delete(arguments: Arguments) -> typed.Statement:
    target, keys = keyed(arguments)
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
    return typed.Delete(slot)


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


def _has_key(arguments: Arguments) -> typed.Expr:
    target, keys = keyed(arguments)
    if not keys:
        raise arguments.error(f"no key of {target.name} stands here")
    slot = arguments.scope.use_map(target, keys)
    return typed.HasKey(slot, replace(INT64, size=1, signed=False))


MAP_STATEMENTS = {
    "delete": StatementFunction(_delete, "delete(@MAP[KEY])", "removes an entry"),
    "clear": StatementFunction(_ask, "clear(@MAP)", "removes all entries"),
    "zero": StatementFunction(_ask, "zero(@MAP)", "sets all values to zero"),
}
MAP_VALUES = {"has_key": ValueFunction(_has_key, "has_key(@MAP, KEY)", "whether there is such an entry")}
