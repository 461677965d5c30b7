"""Checking of expressions: from syntax to typed trees, one function a construct.

Owns: what each operator means for types, signs and units. Integers are 64 bits wide; a 64-bit unsigned operand makes
an operation unsigned, narrower ones fit a signed one, and a literal takes the sign of the other side.
"""

from dataclasses import replace
from functools import singledispatch

from tracetop.errors import ScriptError
from tracetop.lang import syntax, typed
from tracetop.lang.builtins import BUILTINS
from tracetop.lang.builtins import LATER as LATER_BUILTINS
from tracetop.lang.functions import AGGREGATIONS, ALL_NAMES, MAP_FUNCTIONS, VALUE_FUNCTIONS
from tracetop.lang.functions import LATER as LATER_FUNCTIONS
from tracetop.lang.scope import Scope
from tracetop.lang.suggest import did_you_mean
from tracetop.lang.types import (
    BOOL,
    INT64,
    UINT64,
    Type,
    divided_unit,
    field_type,
    integer,
    join,
    join_units,
    string,
)
from tracetop.model.kernel import Field
from tracetop.model.program import ProbeKind, Unit, ValueKind

_COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">="})


@singledispatch
def check_expr(node: syntax.Expr, _scope: Scope) -> typed.Expr:
    """Return the typed tree of an expression. ScriptError where it makes no sense."""
    raise AssertionError(f"no check for {node}")


def check_integer(node: syntax.Expr, scope: Scope, what: str) -> typed.Expr:
    """Return the typed tree of an expression that must be an integer; `what` names its place."""
    value = check_expr(node, scope)
    if not value.type.is_integer:
        raise scope.error(
            node.at, f"{what} must be an integer, this is a string", mend='compare it, as in comm == "sh"'
        )
    return value


def check_keys(node: syntax.Map, scope: Scope) -> tuple[typed.Expr, ...]:
    """Return the typed keys of a map reference."""
    return tuple(check_expr(key, scope) for key in node.keys)


def arithmetic(op: str, left: typed.Expr, right: typed.Expr) -> typed.Expr:
    """Return the node of ``left op right`` for two integers, comparisons included."""
    signed = _signed(left, right)
    if op in _COMPARISONS:
        return typed.Binary(op, left, right, signed, BOOL)
    if op in ("<<", ">>"):
        signed = left.type.signed
    a, b = left.type, right.type
    unit, stamp = Unit.NONE, False
    if op == "-" and a.stamp and b.stamp:
        unit = Unit.NS
    elif op in ("+", "-"):
        unit, stamp = join_units(a.unit, b.unit), a.stamp or b.stamp
    elif op == "/":
        unit = divided_unit(a.unit, right.value if isinstance(right, typed.Const) else None)
    return typed.Binary(op, left, right, signed, Type(signed=signed, unit=unit, stamp=stamp))


def _signed(left: typed.Expr, right: typed.Expr) -> bool:
    for literal, other in ((left, right), (right, left)):
        if isinstance(literal, typed.Const) and literal.value >= 0:
            return other.type.signed
    if left.type.signed == right.type.signed:
        return left.type.signed
    return not any(side.type.size == 8 and not side.type.signed for side in (left, right))


@check_expr.register
def _integer(node: syntax.Integer, _scope: Scope) -> typed.Expr:
    return typed.Const(node.value, INT64 if node.value < 1 << 63 else UINT64)


@check_expr.register
def _string(node: syntax.String, scope: Scope) -> typed.Expr:
    size = (len(node.value) + 1 + 7) & ~7
    if size > 128:
        raise scope.error(node.at, f"a string of {len(node.value)} bytes, at most 127", mend="shorten it")
    return typed.Text(node.value, string(size))


@check_expr.register
def _name(node: syntax.Name, scope: Scope) -> typed.Expr:
    if node.name in BUILTINS:
        return typed.BuiltinValue(node.name, BUILTINS[node.name].type)
    digits = node.name.removeprefix("arg")
    if scope.hook.kind is ProbeKind.RAW_TRACEPOINT and digits != node.name and digits.isdecimal():
        return _raw_argument(node, int(digits), scope)
    if node.name == "args":
        raise scope.error(node.at, "args alone has no value", mend="name a field, as in args.id")
    if node.name in LATER_BUILTINS:
        raise scope.error(node.at, f"{node.name} is not supported yet here", mend=f"use one of {', '.join(BUILTINS)}")
    if node.name in ALL_NAMES:
        raise scope.error(node.at, f"{node.name} is a function", mend=f"write {node.name}()")
    raise scope.error(
        node.at,
        f"unknown builtin {node.name}",
        mend=did_you_mean(node.name, [*BUILTINS, "args"], "variables begin with $ and maps with @"),
    )


def _raw_argument(node: syntax.Name, index: int, scope: Scope) -> typed.Expr:
    if index >= scope.hook.arity:
        raise scope.error(
            node.at,
            f"{scope.hook.name} has no {node.name}",
            mend=f"it has arg0 to arg{scope.hook.arity - 1}" if scope.hook.arity else "it has no arguments",
        )
    return typed.RawArgument(index, UINT64)


@check_expr.register
def _parameter(node: syntax.Parameter, _scope: Scope) -> typed.Expr:
    return typed.Param(node.index)


@check_expr.register
def _variable(node: syntax.Variable, scope: Scope) -> typed.Expr:
    return scope.variable(node)


@check_expr.register
def _map(node: syntax.Map, scope: Scope) -> typed.Expr:
    slot = scope.use_map(node, check_keys(node, scope))
    return typed.MapValue(slot, scope.map_value(node))


@check_expr.register
def _access(node: syntax.Access, scope: Scope) -> typed.Expr:
    field = _field(node, scope)
    found = field_type(scope.hook.category, field)
    if found is None:
        raise scope.error(node.at, f"fields of type {field.c_type} are not supported yet", mend="use another field")
    if found.count:
        raise scope.error(node.at, f"{field.name} is an array", mend=f"write args.{field.name}[0]")
    return typed.FieldValue(field, found.type, data_loc=found.data_loc)


@check_expr.register
def _index(node: syntax.Index, scope: Scope) -> typed.Expr:
    if not isinstance(node.base, syntax.Access):
        raise scope.error(node.at, "only a field of args can be indexed", mend="maps are written @name[key]")
    field = _field(node.base, scope)
    found = field_type(scope.hook.category, field)
    if found is None or not found.count:
        raise scope.error(node.at, f"{field.name} is no array", mend=f"write args.{field.name}")
    index = check_expr(node.index, scope)
    if not isinstance(index, typed.Const) or not 0 <= index.value < found.count:
        raise scope.error(
            node.index.at, f"the index of {field.name} must be a number", mend=f"write 0 to {found.count - 1}"
        )
    return typed.FieldValue(field, found.type, index=index.value)


def _field(node: syntax.Access, scope: Scope) -> Field:
    """Return the record's field that ``args.name`` names."""
    if node.base != syntax.Name(at=node.base.at, name="args"):
        raise scope.error(node.at, "only args has fields", mend="write args.NAME")
    format_ = scope.hook.format
    if format_ is None:
        why = "" if scope.hook.kind is not ProbeKind.RAW_TRACEPOINT else "a raw tracepoint's arguments have no names"
        mend = "use arg0 and so on" if why else "use it in a tracepoint"
        raise scope.error(node.base.at, f"{scope.hook.name} has no args", why=why, mend=mend)
    for field in format_.fields:
        if field.name == node.field:
            return field
    names = [field.name for field in format_.fields]
    raise scope.error(
        node.at,
        f"{scope.hook.name} has no field {node.field}",
        mend=did_you_mean(node.field, names, f"it has {', '.join(names)}" if names else "it has no fields"),
    )


@check_expr.register
def _unary(node: syntax.Unary, scope: Scope) -> typed.Expr:
    operand = check_integer(node.operand, scope, f"the operand of {node.op}")
    if node.op == "-" and isinstance(operand, typed.Const) and operand.value <= 1 << 63:
        return typed.Const(-operand.value)
    type_ = BOOL if node.op == "!" else Type(signed=operand.type.signed or node.op == "-", unit=operand.type.unit)
    return typed.Unary(node.op, operand, type_)


@check_expr.register
def _binary(node: syntax.Binary, scope: Scope) -> typed.Expr:
    if node.op in ("&&", "||"):
        left, right = (check_integer(side, scope, f"each side of {node.op}") for side in (node.left, node.right))
        return typed.Logical(node.op, left, right)
    left, right = check_expr(node.left, scope), check_expr(node.right, scope)
    if left.type.is_integer and right.type.is_integer:
        return arithmetic(node.op, left, right)
    if node.op not in ("==", "!="):
        raise scope.error(node.at, f"{node.op} does not go with strings", mend="strings can be compared with == and !=")
    if join(left.type, right.type) is None:
        raise scope.error(node.at, "a string is compared with an integer", mend="compare values of one type")
    return typed.SameText(left, right, negated=node.op == "!=")


@check_expr.register
def _ternary(node: syntax.Ternary, scope: Scope) -> typed.Expr:
    condition = check_integer(node.condition, scope, "a condition")
    then, otherwise = check_expr(node.then, scope), check_expr(node.otherwise, scope)
    type_ = join(then.type, otherwise.type)
    if type_ is None:
        raise scope.error(node.at, "the two values of ?: are of different types", mend="make both integers or strings")
    if type_.is_integer:
        type_ = replace(type_, size=8, signed=_signed(then, otherwise))
    return typed.Choice(condition, then, otherwise, type_)


@check_expr.register
def _cast(node: syntax.Cast, scope: Scope) -> typed.Expr:
    operand = check_integer(node.operand, scope, "what is cast")
    if node.to.name == "bool":
        return arithmetic("!=", operand, typed.Const(0))
    to = integer(node.to.name)
    return typed.Convert(operand, replace(to, role=operand.type.role, unit=operand.type.unit))


@check_expr.register
def _step(node: syntax.Step, scope: Scope) -> typed.Expr:
    target, type_ = check_step(node, scope)
    return typed.StepValue(target, 1 if node.op == "++" else -1, node.prefix, type_)


def check_step(node: syntax.Step, scope: Scope) -> tuple[typed.VarValue | typed.Slot, Type]:
    """Return what ``++`` or ``--`` counts, and its type. ScriptError for a string."""
    if isinstance(node.target, syntax.Variable):
        variable = scope.variable(node.target)
        type_, target = variable.type, variable
    else:
        slot = scope.use_map(node.target, check_keys(node.target, scope))
        scope.assign_map(node.target, ValueKind.SCALAR, INT64)
        return slot, scope.map_value(node.target)
    if not type_.is_integer:
        raise scope.error(node.at, f"{node.op} does not go with strings", mend="use it with an integer")
    return target, type_


@check_expr.register
def _call(node: syntax.Call, scope: Scope) -> typed.Expr:
    function = VALUE_FUNCTIONS.get(node.name)
    if function is not None:
        return function(scope, node, tuple(check_expr(argument, scope) for argument in node.arguments))
    raise unusable_call(node, scope)


def unusable_call(node: syntax.Call, scope: Scope) -> ScriptError:
    """Return the error for a call that cannot stand where it does."""
    if node.name in AGGREGATIONS:
        return scope.error(node.at, f"{node.name}() must be assigned to a map", mend=f"write @ = {node.name}(…)")
    if node.name in MAP_FUNCTIONS:
        return scope.error(node.at, f"{node.name}() has no value", mend="write it as a statement of its own")
    if node.name in LATER_FUNCTIONS:
        return scope.error(
            node.at, f"{node.name}() is not supported yet", mend="write it without, or run it with bpftrace"
        )
    return scope.error(
        node.at,
        f"unknown function {node.name}()",
        mend=did_you_mean(node.name, ALL_NAMES, f"there are {', '.join(ALL_NAMES)}"),
    )
