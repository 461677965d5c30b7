"""Checking of statements: from syntax to typed trees, one function a construct."""

from collections.abc import Callable
from dataclasses import replace
from functools import singledispatch

from tracetop.lang.check.calls import Aggregation, Arguments, StatementFunction
from tracetop.lang.check.casts import fitted, value_type_of
from tracetop.lang.check.constants import constant, taken
from tracetop.lang.check.expressions import (
    arithmetic,
    check_expr,
    check_integer,
    check_step,
    divided,
)
from tracetop.lang.check.lvalues import scaled, step_of
from tracetop.lang.check.scope import Function, Scope
from tracetop.lang.tree import syntax, typed
from tracetop.lang.tree.types import INT64, UNKNOWN, Form, Type, spoken
from tracetop.lang.tree.walk import nodes
from tracetop.lang.vocabulary.builtins import EMITTED
from tracetop.lang.vocabulary.kernel_helpers import needs_helper
from tracetop.model.abi.relocations import HelperId
from tracetop.model.kernel import lacks_helper
from tracetop.model.value_kinds import ValueKind

_MAX_KEY_PARTS = 16
_MAX_ROUNDS = 100
"""Of an unrolled loop."""
_MAX_VALUE_BYTES = 1 << 21


def check_block(statements: tuple[syntax.Statement, ...], scope: Scope) -> tuple[typed.Statement, ...]:
    """Return the typed trees of statements one after another."""
    inside = scope.enter()
    return tuple(check_statement(statement, inside) for statement in statements)


@singledispatch
def check_statement(node: syntax.Statement, _scope: Scope) -> typed.Statement:
    """Return the typed tree of a statement."""
    raise AssertionError(f"no check for {node}")


@check_expr.register
def _block_value(node: syntax.BlockValue, scope: Scope) -> typed.Expr:
    if node.value is None:
        raise scope.error(node.at, "this block has no value", hint="end it with a value, without a ; after it")
    inside = scope.enter()
    with scope.used(node.macro, node.at):
        body = tuple(check_statement(statement, inside) for statement in node.body)
        value = check_expr(node.value, inside)
    return typed.BlockValue(body, value, value.type) if body else value


def _unfolded(node: syntax.Expr, change: Callable[[syntax.Expr], syntax.Statement]) -> syntax.Statement | None:
    """Return a block or a choice, used for what it does, as a statement; `change` makes one of each value in it."""
    match node:
        case syntax.BlockValue(value=None):
            return syntax.Block(at=node.at, body=node.body)
        case syntax.BlockValue(value=syntax.Expr() as value):
            return syntax.Block(at=node.at, body=(*node.body, change(value)))
        case syntax.Ternary(condition=condition, then=then, otherwise=otherwise):
            return syntax.If(at=node.at, condition=condition, then=(change(then),), otherwise=(change(otherwise),))
    return None


@check_statement.register
def _assign(node: syntax.Assign, scope: Scope) -> typed.Statement:
    if isinstance(node.target, syntax.Map):
        return _assign_map(node, node.target, scope)
    value = _storable(node.value, scope)
    if node.op != "=":
        value = _combined(node, scope, scope.variable(node.target), value)
    return _set(scope.assign_variable(node.target, value.type), value, node, scope)


def _set(name: str, value: typed.Expr, node: syntax.Statement, scope: Scope) -> typed.Statement:
    """Return the assignment to a variable (its own name); of a declared type, whatever fits is converted to it."""
    declared = scope.declared(name)
    return typed.SetVariable(name, value if declared is None else fitted(value, declared, f"${name}", node.at, scope))


def _storable(node: syntax.Expr, scope: Scope) -> typed.Expr:
    value = check_expr(node, scope)
    if value.type.form is Form.NONE:
        raise scope.error(node.at, "this has no value", hint="write it as a statement of its own")
    if value.type.size > _MAX_VALUE_BYTES:
        raise scope.error(
            node.at,
            f"{spoken(value.type)} of {value.type.size} bytes is too large to keep",
            hint="keep a pointer to it, or its members",
        )
    return value


def _assign_map(node: syntax.Assign, target: syntax.Map, scope: Scope) -> typed.Statement:
    if _aggregates(node.value, scope):
        unfolded = _unfolded(node.value, lambda value: replace(node, value=value))
        if unfolded is not None:
            return check_statement(unfolded, scope)
    slot = scope.use_map(target, scope.check_keys(target))
    if len(slot.keys) > _MAX_KEY_PARTS:
        raise scope.error(target.at, f"{target.name} has {len(slot.keys)} keys", hint=f"use at most {_MAX_KEY_PARTS}")
    function = _called(node.value, scope)
    if isinstance(node.value, syntax.Call) and isinstance(function, Aggregation):
        if node.op != "=":
            raise scope.error(node.at, f"{node.value.name}() is assigned with =", hint=f"write {target.name} = …")
        return function.check(Arguments(scope, node.value, function.usage), target, slot)
    value = _storable(node.value, scope)
    if node.op == "=":
        if value.type.form is not Form.UNKNOWN:
            scope.assign_map(target, _kind(value.type), value.type)
        return _in_one_step(slot, value, scope) or typed.Store(slot, value)
    current = typed.MapValue(slot, scope.map_value(target))
    combined = _combined(node, scope, current, value)
    scope.assign_map(target, _kind(combined.type), combined.type)
    if node.op in ("+=", "-="):
        amount = value if node.op == "+=" else typed.Unary("-", value, INT64)
        return typed.Add(slot, scaled(amount, step_of(current.type)))
    return _in_one_step(slot, combined, scope) or typed.Store(slot, combined)


def _in_one_step(slot: typed.Slot, value: typed.Expr, scope: Scope) -> typed.Add | None:
    """Return ``@a = @a + x`` as the atomic ``@a += x``, None where a value is not made so of the one before."""
    if not isinstance(value, typed.Binary) or not value.type.is_integer or any(map(_varies, nodes(slot.keys))):
        return None
    if value.op in ("+", "-"):
        amount = _amount(slot, value)
        return typed.Add(slot, amount) if amount is not None and not _reads(amount, slot.map) else None
    # Linux 5.12 has these as atomic instructions, this helper came next.
    if value.op in ("|", "&", "^") and not lacks_helper(scope.kernel, HelperId.FOR_EACH_MAP_ELEM):
        for one, other in ((value.left, value.right), (value.right, value.left)):
            if isinstance(one, typed.MapValue) and one.slot == slot and not _reads(other, slot.map):
                return typed.Add(slot, other, value.op)
    return None


def _amount(slot: typed.Slot, value: typed.Expr) -> typed.Expr | None:
    """Return by how much an expression is more than the slot's value, None where it is no such sum."""
    if isinstance(value, typed.MapValue):
        return typed.number(0) if value.slot == slot else None
    if not isinstance(value, typed.Binary) or value.op not in ("+", "-"):
        return None
    before, more = _amount(slot, value.left), value.right
    if before is None and value.op == "+":
        before, more = _amount(slot, value.right), value.left
    if before is None:
        return None
    if value.op == "-":
        more = typed.Unary("-", more, INT64)
    return more if before == typed.number(0) else typed.Binary("+", before, more, False, INT64)


def _reads(node: typed.Expr, name: str) -> bool:
    """Say whether an expression reads the map, or changes it."""
    return any(getattr(part, "map", None) == name for part in nodes(node))


def _varies(node: object) -> bool:
    """Say whether an expression may have another value each time that it is worked out."""
    if isinstance(node, typed.BuiltinValue):
        return node.name not in EMITTED or not EMITTED[node.name].constant
    return isinstance(node, typed.StepValue | typed.BlockValue | typed.Deleted)


def _called(node: syntax.Expr, scope: Scope) -> Function | None:
    """Return the function that an expression is a call of, or None where it calls none of the language's."""
    return scope.functions.get(node.name) if isinstance(node, syntax.Call) else None


def _aggregates(node: syntax.Expr, scope: Scope) -> bool:
    """Say whether an expression comes to an aggregation, be it at the end of a block."""
    match node:
        case syntax.BlockValue(value=syntax.Expr() as value):
            return _aggregates(value, scope)
        case syntax.Ternary(then=then, otherwise=otherwise):
            return _aggregates(then, scope) and _aggregates(otherwise, scope)
    return isinstance(_called(node, scope), Aggregation)


def _kind(type_: Type) -> ValueKind:
    if type_.form is Form.STRING:
        return ValueKind.STRING
    return ValueKind.SCALAR if type_.is_integer else ValueKind.VALUE


def _combined(node: syntax.Assign, scope: Scope, current: typed.Expr, value: typed.Expr) -> typed.Expr:
    for side in (current, value):
        if not side.type.is_integer:
            raise scope.error(
                node.at, f"{node.op} does not go with {spoken(side.type)}", hint="use = to assign it as it is"
            )
    return divided(node.op[:-1], current, value, node, scope)


@check_statement.register
def _let(node: syntax.Let, scope: Scope) -> typed.Statement:
    target = syntax.Variable(at=node.at, name=node.name)
    of_any_length = node.type is not None and node.type.name == "string" and not node.type.dimensions
    declared = value_type_of(node.type, scope) if node.type and not of_any_length else None
    value = None if node.value is None else _storable(node.value, scope)
    if declared is not None:
        name = scope.declare(target, declared, fixed=True)
    else:
        name = scope.declare(target, value.type if value else UNKNOWN)
    return _set(name, value, node, scope) if value else typed.ClearVariable(name)


@check_statement.register
def _evaluate(node: syntax.Evaluate, scope: Scope) -> typed.Statement:
    value = node.value
    unfolded = _unfolded(value, lambda part: syntax.Evaluate(at=part.at, value=part))
    if unfolded is not None:
        with scope.used(value.macro if isinstance(value, syntax.BlockValue) else "", value.at):
            return check_statement(unfolded, scope)
    if isinstance(value, syntax.Step):
        step = check_step(value, scope)
        if isinstance(step.target, typed.VarValue):
            one = typed.number(1)
            return _set(step.target.name, arithmetic(value.op[0], step.target, one), node, scope)
        return typed.Add(step.target, typed.number(step.delta))
    function = _called(value, scope)
    if isinstance(value, syntax.Call) and isinstance(function, StatementFunction):
        return function.check(Arguments(scope, value, function.usage))
    if isinstance(value, syntax.Binary) and value.op == "==" and isinstance(value.left, syntax.Variable | syntax.Map):
        raise scope.error(value.at, "== compares, it does not assign", hint="write =")
    return typed.Evaluate(check_expr(value, scope))


@check_statement.register
def _if(node: syntax.If, scope: Scope) -> typed.Statement:
    branch = taken(node.condition, scope)
    if branch is not None:
        return typed.Block(check_block(node.then if branch else node.otherwise, scope))
    condition = check_integer(node.condition, scope, "a condition")
    return typed.If(condition, check_block(node.then, scope), check_block(node.otherwise, scope))


@check_statement.register
def _block(node: syntax.Block, scope: Scope) -> typed.Statement:
    return typed.Block(check_block(node.body, scope))


@check_statement.register
def _unroll(node: syntax.Unroll, scope: Scope) -> typed.Statement:
    count = check_expr(node.count, scope)
    rounds = constant(count)
    if isinstance(count, typed.Param):
        what, instead = "unroll() by a parameter", f"spell the number out: 1 to {_MAX_ROUNDS}"
        needs_helper(scope.kernel, scope.source, node.at, HelperId.LOOP, what, instead)
        # It may change while the script runs: a loop whose variable no script can name.
        variable = syntax.Variable(at=node.at, name=f"${node.at}")
        inside = replace(scope.enter(), in_loop=False)
        name = inside.declare(variable, INT64)
        return typed.ForRange(name, typed.number(0), count, check_block(node.body, inside))
    if not isinstance(rounds, int) or not 1 <= rounds <= _MAX_ROUNDS:
        raise scope.error(
            node.count.at,
            f"unroll() takes a number from 1 to {_MAX_ROUNDS}, spelt out",
            hint=f"write 1 to {_MAX_ROUNDS}, or use while or for ($i : 0..n)",
        )
    return typed.Rounds(tuple(typed.Block(check_block(node.body, scope)) for _ in range(rounds)))


@check_statement.register
def _return(_node: syntax.Return, _scope: Scope) -> typed.Statement:
    return typed.Return()
