"""Checking of statements: from syntax to typed trees, one function a construct."""

from collections.abc import Callable
from dataclasses import replace
from functools import singledispatch

from tracetop.lang.check.calls import Aggregation, Arguments, StatementFunction
from tracetop.lang.check.casts import value_type_of
from tracetop.lang.check.expressions import (
    arithmetic,
    check_expr,
    check_integer,
    check_step,
    refuse_zero,
)
from tracetop.lang.check.scope import Function, Scope
from tracetop.lang.tree import syntax, typed
from tracetop.lang.tree.types import INT64, UNKNOWN, Form, Type, spoken
from tracetop.model.value import Shape
from tracetop.model.value_kinds import ValueKind

_MAX_KEY_PARTS = 16
_MAX_ROUNDS = 100
"""Of an unrolled loop."""
_MAX_VALUE_BYTES = 1024


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
    return typed.SetVariable(scope.assign_variable(node.target, _whole(value.type)), value)


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
    # A number that is spelt out takes the meaning of what else is stored: `@start[tid] = 0` stores no time.
    spelt_out = isinstance(value, typed.Const) and value.type.shape is Shape.INTEGER
    if value.type.form is not Form.UNKNOWN:
        scope.assign_map(target, _kind(value.type), UNKNOWN if spelt_out else _whole(value.type))
    if node.op == "=":
        return typed.Store(slot, value)
    current = typed.MapValue(slot, scope.map_value(target))
    combined = _combined(node, scope, current, value)
    if node.op == "+=":
        return typed.Add(slot, value)
    if node.op == "-=":
        return typed.Add(slot, typed.Unary("-", value, INT64))
    return typed.Store(slot, combined)


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
    refuse_zero(node.op, value, node.value.at, scope)
    return arithmetic(node.op[:-1], current, value)


def _whole(type_: Type) -> Type:
    """Return the type that a place for such values has: integers are kept whole, 64 bits wide."""
    if type_.form is not Form.INTEGER or type_.size == 8:
        return type_
    return replace(type_, size=8, signed=True)


@check_statement.register
def _let(node: syntax.Let, scope: Scope) -> typed.Statement:
    target = syntax.Variable(at=node.at, name=node.name)
    if node.value is not None:
        value = _storable(node.value, scope)
        declared = value_type_of(node.type, scope) if node.type and node.type.name != "string" else None
        if declared is not None and declared.is_integer and value.type.is_integer:
            value = typed.Convert(value, declared) if declared.size < 8 else value
        else:
            declared = value.type
        return typed.SetVariable(scope.assign_variable(target, _whole(declared), declares=True), value)
    known = node.type if node.type and node.type.name != "string" else None
    type_ = _whole(value_type_of(known, scope)) if known else UNKNOWN
    scope.assign_variable(target, type_, declares=True)
    return typed.Block(())


@check_statement.register
def _evaluate(node: syntax.Evaluate, scope: Scope) -> typed.Statement:
    value = node.value
    unfolded = _unfolded(value, lambda part: syntax.Evaluate(at=part.at, value=part))
    if unfolded is not None:
        with scope.used(value.macro if isinstance(value, syntax.BlockValue) else "", value.at):
            return check_statement(unfolded, scope)
    if isinstance(value, syntax.Step):
        target, _type = check_step(value, scope)
        one = typed.Const(1 if value.op == "++" else -1)
        if isinstance(target, typed.VarValue):
            return typed.SetVariable(target.name, arithmetic("+", target, one))
        return typed.Add(target, one)
    function = _called(value, scope)
    if isinstance(value, syntax.Call) and isinstance(function, StatementFunction):
        return function.check(Arguments(scope, value, function.usage))
    if isinstance(value, syntax.Binary) and value.op == "==" and isinstance(value.left, syntax.Variable | syntax.Map):
        raise scope.error(value.at, "== compares, it does not assign", hint="write =")
    return typed.Evaluate(check_expr(value, scope))


@check_statement.register
def _if(node: syntax.If, scope: Scope) -> typed.Statement:
    condition = check_integer(node.condition, scope, "a condition")
    return typed.If(condition, check_block(node.then, scope), check_block(node.otherwise, scope))


@check_statement.register
def _block(node: syntax.Block, scope: Scope) -> typed.Statement:
    return typed.Block(check_block(node.body, scope))


@check_statement.register
def _unroll(node: syntax.Unroll, scope: Scope) -> typed.Statement:
    count = check_expr(node.count, scope)
    if isinstance(count, typed.Param):  # it may change while the script runs: a loop whose variable no script can name
        variable = syntax.Variable(at=node.at, name=f"${node.at}")
        name = scope.assign_variable(variable, INT64)
        body = check_block(node.body, replace(scope, in_loop=False))
        return typed.ForRange(name, typed.Const(0), count, body)
    if not isinstance(count, typed.Const) or not 1 <= count.value <= _MAX_ROUNDS:
        raise scope.error(
            node.count.at,
            f"unroll() takes a number from 1 to {_MAX_ROUNDS}, spelt out",
            hint=f"write 1 to {_MAX_ROUNDS}, or use while or for ($i : 0..n)",
        )
    return typed.Block(tuple(typed.Block(check_block(node.body, scope)) for _ in range(count.value)))


@check_statement.register
def _return(_node: syntax.Return, _scope: Scope) -> typed.Statement:
    return typed.Return()
