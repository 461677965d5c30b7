"""Checking of loops: ``while``, ``for`` over a range or a map, and what leaves a round or a loop.

Owns: what may stand in a loop, and the type of its variable. Every loop becomes a callback of a helper of the kernel,
so none has to be unrolled or bounded for the verifier's sake (`emit.loops`).
"""

from dataclasses import replace

from tracetop.lang.check.expressions import check_expr, check_integer
from tracetop.lang.check.learnt import MapUse
from tracetop.lang.check.scope import Scope
from tracetop.lang.check.statements import check_block, check_statement
from tracetop.lang.tree import syntax, typed
from tracetop.lang.tree.joining import join
from tracetop.lang.tree.types import INT64, UINT64, UNKNOWN, Type, spoken, tuple_of
from tracetop.model.value_kinds import ValueKind


@check_statement.register
def _while(node: syntax.While, scope: Scope) -> typed.Statement:
    condition = check_integer(node.condition, scope, "a condition")
    return typed.While(condition, check_block(node.body, replace(scope, in_loop=True)))


@check_statement.register
def _for(node: syntax.For, scope: Scope) -> typed.Statement:
    variable = syntax.Variable(at=node.at, name=node.name)
    inside = replace(scope.enter(), in_loop=True)
    if isinstance(node.over, syntax.Range):
        low, high = _bound(node.over.low, scope), _bound(node.over.high, scope)
        name = inside.declare(variable, join(low.type, high.type) or INT64)
        return typed.ForRange(name, low, high, check_block(node.body, inside))
    if node.over.keys:
        raise scope.error(
            node.over.at,
            "a loop goes over a whole map",
            hint=f"write for ({node.name} : {node.over.name}), and {node.name}.0 for the key",
        )
    entry = _entry(node.over, scope)
    name = inside.declare(variable, entry)
    return typed.ForMap(name, node.over.name, entry, check_block(node.body, inside))


def _bound(node: syntax.Expr, scope: Scope) -> typed.Expr:
    value = check_expr(node, scope)
    if not value.type.is_integer:
        raise scope.error(
            node.at,
            f"a range goes from an integer to an integer, this is {spoken(value.type)}",
            hint="write numbers, as in 0..10, or a map without a range: for ($kv : @map)",
        )
    return value


def _entry(node: syntax.Map, scope: Scope) -> Type:
    """Return the type of a map's entries: a tuple of key and value; the key is a tuple where it has several parts."""
    scope.learnt.asked.setdefault(node.name, node.at)
    known = scope.known.maps.get(node.name)
    if known is None or known.kind is None:
        return UNKNOWN
    if not known.keys:
        raise scope.error(node.at, f"{node.name} has no key, only one value", hint=f"read it as it is: {node.name}")
    if known.kind and not known.kind.facts.has_one_value:
        raise scope.error(
            node.at,
            f"a loop cannot go over {node.name}: each of its values is a {known.kind}()",
            hint="count or add up what the loop needs in a map of its own",
        )
    key = known.keys[0] if len(known.keys) == 1 else tuple_of(known.keys)
    return tuple_of((key, _value(known)))


def _value(use: MapUse) -> Type:
    """Return the type of the value that a loop sees: of an aggregation what it comes to over all CPUs."""
    if use.kind is None or use.kind.facts.is_shared:
        return use.value
    return UINT64 if use.kind is ValueKind.COUNT else replace(INT64, unit=use.value.unit)


@check_statement.register
def _leave(node: syntax.Break | syntax.Continue, scope: Scope) -> typed.Statement:
    word, leaving = ("break", typed.Break()) if isinstance(node, syntax.Break) else ("continue", typed.Continue())
    if not scope.in_loop:
        raise scope.error(node.at, f"{word} stands in no loop", hint="use it in while or for; return ends the clause")
    return leaving
