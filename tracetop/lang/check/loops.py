"""Checking of loops: ``while``, ``for`` over a range or a map, and what leaves a round or a loop.

Owns: what may stand in a loop, the type of its variable, and what a kernel without the helpers can do of it. Every
loop becomes a callback of a helper of the kernel, so none has to be unrolled or bounded for the verifier's sake
(`emit.loops`); without that helper a range of few rounds that is spelt out is unrolled.
"""

from dataclasses import replace

from tracetop.lang.check.expressions import check_expr, check_integer
from tracetop.lang.check.learnt import MapUse
from tracetop.lang.check.scope import Scope
from tracetop.lang.check.statements import check_block, check_statement
from tracetop.lang.tree import syntax, typed
from tracetop.lang.tree.joining import join
from tracetop.lang.tree.types import INT64, UINT64, UNKNOWN, Type, spoken, tuple_of
from tracetop.lang.vocabulary.kernel_helpers import needs_helper
from tracetop.model.abi.relocations import HelperId
from tracetop.model.kernel import lacks_helper
from tracetop.model.value_kinds import ValueKind

_MOST_UNROLLED = 64


def _needs(scope: Scope, at: int, helper: HelperId, what: str, instead: str) -> None:
    needs_helper(scope.kernel, scope.source, at, helper, what, instead)


@check_statement.register
def _while(node: syntax.While, scope: Scope) -> typed.Statement:
    needs_helper(
        scope.kernel,
        scope.source,
        node.at,
        HelperId.LOOP,
        "while",
        f"use for ($i : 0..{_MOST_UNROLLED}) with an if, or unroll()",
    )
    condition = check_integer(node.condition, scope, "a condition")
    return typed.While(condition, check_block(node.body, replace(scope, in_loop=True)))


@check_statement.register
def _for(node: syntax.For, scope: Scope) -> typed.Statement:
    variable = syntax.Variable(at=node.at, name=node.name)
    inside = replace(scope.enter(), in_loop=True)
    if isinstance(node.over, syntax.Range):
        low, high = _bound(node.over.low, scope), _bound(node.over.high, scope)
        if lacks_helper(scope.kernel, HelperId.LOOP):
            return _unrolled(node, low, high, scope)
        name = inside.declare(variable, join(low.type, high.type) or INT64)
        return typed.ForRange(name, low, high, check_block(node.body, inside))
    if node.over.keys:
        raise scope.error(
            node.over.at,
            "a loop goes over a whole map",
            hint=f"write for ({node.name} : {node.over.name}), and {node.name}.0 for the key",
        )
    what = f"for over a map, {node.over.name}"
    needs_helper(
        scope.kernel,
        scope.source,
        node.over.at,
        HelperId.FOR_EACH_MAP_ELEM,
        what,
        f"print it instead: print({node.over.name})",
    )
    entry = _entry(node.over, scope)
    name = inside.declare(variable, entry)
    return typed.ForMap(name, node.over.name, entry, check_block(node.body, inside))


def _unrolled(node: syntax.For, low: typed.Expr, high: typed.Expr, scope: Scope) -> typed.Statement:
    if not (isinstance(low, typed.Const) and isinstance(high, typed.Const)) or high.value - low.value > _MOST_UNROLLED:
        what = f"for over a range that is longer than {_MOST_UNROLLED}, or not spelt out"
        needs_helper(
            scope.kernel,
            scope.source,
            node.at,
            HelperId.LOOP,
            what,
            f"write a range of at most {_MOST_UNROLLED}, as in 0..10",
        )
        raise AssertionError("a helper that is there was missing")
    rounds = []
    for number in range(low.value, high.value):
        inside = replace(scope.enter(), in_loop=True)
        type_ = join(low.type, high.type) or INT64
        name = inside.declare(syntax.Variable(at=node.at, name=node.name), type_)
        first = typed.SetVariable(name, typed.Const(number, type_))
        rounds.append((first, *check_block(node.body, inside)))
    return typed.Unrolled(tuple(rounds))


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
    if known.kind and not known.kind.facts.is_shared:
        what = f"for over {node.name}, of which each CPU keeps a part,"
        needs_helper(
            scope.kernel,
            scope.source,
            node.at,
            HelperId.MAP_LOOKUP_PERCPU_ELEM,
            what,
            f"print it instead: print({node.name})",
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
