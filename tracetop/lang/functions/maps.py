"""Functions about maps: ``delete``, ``clear``, ``zero``, ``has_key``."""

from dataclasses import replace
from functools import partial

from tracetop.lang.check.calls import Arguments, StatementFunction, ValueFunction
from tracetop.lang.emit.maps import pointer
from tracetop.lang.emit.writer import Writer
from tracetop.lang.tree import syntax, typed
from tracetop.lang.tree.types import INT64
from tracetop.model.program import MapAction


def _keyed(arguments: Arguments) -> tuple[syntax.Map, tuple[typed.Expr, ...]]:
    """Return the map of ``f(@m[key])``, or of ``f(@m, key)``, with its checked keys."""
    arguments.count(1, 2)
    target = arguments.map(0)
    if target is None or (target.keys and len(arguments) == 2):
        raise arguments.error(f"{arguments.name}() takes a map", at=arguments.at(0))
    if len(arguments) == 2:
        second = arguments.call.arguments[1]
        target = replace(target, keys=second.items if isinstance(second, syntax.Tuple) else (second,))
    return target, arguments.scope.check_keys(target)


@partial(StatementFunction, "delete(@MAP[KEY])", "removes an entry")
def _delete(arguments: Arguments) -> typed.Statement:
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


_CLEAR = StatementFunction("clear(@MAP)", "removes all entries", _ask)
_ZERO = StatementFunction("zero(@MAP)", "sets all values to zero", _ask)


@partial(ValueFunction, "has_key(@MAP, KEY)", "whether there is such an entry")
def _has_key(arguments: Arguments) -> typed.Expr:
    target, keys = _keyed(arguments)
    if not keys:
        raise arguments.error(f"no key of {target.name} stands here")
    slot = arguments.scope.use_map(target, keys)
    return typed.HasKey(_has_key_c, slot, replace(INT64, size=1, signed=False))


def _has_key_c(call: typed.HasKey, out: Writer) -> str:
    place = pointer(call.slot, out)
    if out.planned(call.slot).spec.kept_slots:
        return f"(u64)({place} && *{place})"
    return f"(u64)({place} != 0)"
