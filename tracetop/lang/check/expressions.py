"""Checking of expressions: from syntax to typed trees, one function a construct.

Owns: what each operator means for types, signs and units. The result of arithmetic is 64 bits wide, whatever its
operands are; it is signed where one of them is, and a number that is spelt out takes the sign of the other side.
"""

from dataclasses import replace
from functools import singledispatch

from tracetop.errors import did_you_mean
from tracetop.lang.advice.foreign_words import instead_of
from tracetop.lang.check import lvalues
from tracetop.lang.check.calls import Aggregation, Arguments, StatementFunction, ValueFunction
from tracetop.lang.check.casts import cast, offset_of, size_of
from tracetop.lang.check.constants import comptime, taken
from tracetop.lang.check.identifiers import HOOK_BUILTINS, name_value
from tracetop.lang.check.scope import Scope
from tracetop.lang.tree import syntax, typed
from tracetop.lang.tree.constant_folding import operate
from tracetop.lang.tree.joining import divided_unit, is_signed, join, join_units
from tracetop.lang.tree.types import BOOL, UINT64, Form, Type, spoken, text_type, tuple_of
from tracetop.lang.vocabulary.builtins import BUILTINS
from tracetop.model.abi.control import PARAMS
from tracetop.model.program import Unit, Warned
from tracetop.model.value_kinds import ValueKind

_COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">="})
_ABSENT_WORDS = """
buf_pinned skboutput unwatch stack_len
"""
_ABSENT = frozenset(_ABSENT_WORDS.split())
"""Functions of bpftrace that this compiler does not have."""
_ZERO = "Divide or modulo by 0 detected. This can lead to unexpected results. 1 is being used as the result."
_FOLDED = frozenset({"+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>"})


@singledispatch
def check_expr(node: syntax.Expr, _scope: Scope) -> typed.Expr:
    """Return the typed tree of an expression. ScriptError where it makes no sense."""
    raise AssertionError(f"no check for {node}")


def check_integer(node: syntax.Expr, scope: Scope, what: str) -> typed.Expr:
    """Return the typed tree of an expression that must be an integer; `what` names its place."""
    value = check_expr(node, scope)
    if value.type.names and isinstance(node, syntax.Tuple):  # (pid = 1) is a record
        at = scope.source.text.index("=", node.at)
        raise scope.error(at, "= assigns, it does not compare", hint="write ==")
    if not value.type.is_integer:
        hint = 'compare it, as in comm == "sh"' if value.type.form is Form.STRING else "use an integer"
        raise scope.error(node.at, f"{what} must be an integer, this is {spoken(value.type)}", hint=hint)
    return value


def arithmetic(op: str, left: typed.Expr, right: typed.Expr) -> typed.Expr:
    """Return the node of ``left op right`` for two integers, comparisons included."""
    a, b = left.type, right.type
    signed = is_signed(a, b)
    if op in _COMPARISONS:
        return typed.Binary(op, left, right, signed, BOOL)
    if op in ("+", "-") and Form.POINTER in (a.form, b.form) and a.form is not b.form:
        if a.form is Form.POINTER:
            return lvalues.moved(op, left, right)
        if op == "+":
            return lvalues.moved(op, right, left)
    if op in ("<<", ">>") and not a.plain:
        signed = a.signed
    unit, stamp = Unit.NONE, False
    if op == "-" and a.stamp and b.stamp:
        unit = Unit.NS
    elif op in ("+", "-"):
        unit, stamp = join_units(a.unit, b.unit), a.stamp or b.stamp
    elif op == "/":
        unit = divided_unit(a.unit, right.value if isinstance(right, typed.Const) else None)
    # A difference may be less than nothing, whatever its parts are.
    plain = op != "-" and Form.UNKNOWN in (a.form, b.form)
    type_ = Type(signed=signed or op == "-", unit=unit, stamp=stamp, plain=plain)
    return typed.Binary(op, left, right, signed, type_)


def divided(
    op: str, left: typed.Expr, right: typed.Expr, node: syntax.Binary | syntax.Assign, scope: Scope
) -> typed.Expr:
    """Return `arithmetic`; of a division by what may be 0 with the warning. ScriptError for a 0 that is spelt out."""
    if op in ("/", "%") and isinstance(right, typed.Const) and right.value == 0:
        at = node.right.at if isinstance(node, syntax.Binary) else node.value.at
        raise scope.error(at, f"{node.op} by 0 has no result", hint="divide by another number")
    value = arithmetic(op, left, right)
    if op in ("/", "%") and isinstance(value, typed.Binary) and not isinstance(right, typed.Const):
        return replace(value, warned=Warned(_ZERO, scope.source.place(node.at)))
    return value


@check_expr.register
def _integer(node: syntax.Integer, _scope: Scope) -> typed.Expr:
    return typed.number(node.value)


@check_expr.register
def _string(node: syntax.String, scope: Scope) -> typed.Expr:
    type_ = text_type(node.value)
    if type_.size > 512:
        raise scope.error(node.at, f"a string of {len(node.value)} bytes, at most 511", hint="shorten it")
    return typed.Text(node.value, type_)


@check_expr.register
def _parameter(node: syntax.Parameter, scope: Scope) -> typed.Expr:
    if node.index > PARAMS:
        raise scope.error(
            node.at, f"there is no parameter ${node.index}", hint=f"use $1 to ${PARAMS}; $# says how many were given"
        )
    return typed.Param(node.index)


@check_expr.register
def _map(node: syntax.Map, scope: Scope) -> typed.Expr:
    slot = scope.use_map(node, scope.check_keys(node))
    type_ = scope.map_value(node)
    return typed.MapValue(slot, type_) if scope.is_shared(node.name) else typed.Total(slot, type_)


@check_expr.register
def _tuple(node: syntax.Tuple, scope: Scope) -> typed.Expr:
    parts = tuple(check_expr(item, scope) for item in node.items)
    for item, part in zip(node.items, parts, strict=True):
        if part.type.form is Form.NONE:
            raise scope.error(item.at, "this has no value", hint="leave it out")
    return typed.Tuple(parts, tuple_of(tuple(part.type for part in parts), node.names))


check_expr.register(syntax.Name, name_value)
check_expr.register(syntax.Variable, lambda node, scope: scope.variable(node))
check_expr.register(syntax.Access, lvalues.access)
check_expr.register(syntax.Index, lvalues.index)
check_expr.register(syntax.Cast, cast)
check_expr.register(syntax.SizeOf, size_of)
check_expr.register(syntax.OffsetOf, offset_of)
check_expr.register(syntax.Comptime, comptime)


@check_expr.register
def _unary(node: syntax.Unary, scope: Scope) -> typed.Expr:
    if node.op == "*":
        return lvalues.dereference(node, scope)
    if node.op == "&":
        return lvalues.address_of(node, scope)
    operand = check_integer(node.operand, scope, f"the operand of {node.op}")
    if node.op == "-" and isinstance(operand, typed.Const) and operand.value <= 1 << 63:
        return typed.number(-operand.value)
    if node.op == "~" and isinstance(operand, typed.Const):
        return typed.Const(operand.value ^ (1 << 64) - 1 if operand.value >= 0 else ~operand.value, UINT64)
    if node.op == "!":
        return typed.Unary(node.op, operand, BOOL)
    changed = typed.Unary(node.op, operand, Type(signed=operand.type.signed, unit=operand.type.unit))
    if operand.type.signed or operand.type.size == 8 or operand.type.plain:
        return changed
    return typed.Convert(typed.Convert(changed, operand.type), changed.type)


@check_expr.register
def _binary(node: syntax.Binary, scope: Scope) -> typed.Expr:
    if node.op in ("&&", "||"):
        left, right = (check_integer(side, scope, f"each side of {node.op}") for side in (node.left, node.right))
        return typed.Logical(node.op, left, right)
    left, right = check_expr(node.left, scope), check_expr(node.right, scope)
    if node.op in _FOLDED and isinstance(left, typed.Const) and isinstance(right, typed.Const):
        return (
            _folded(node, left.value, right.value, scope)
            if right.value or node.op not in "/%"
            else divided(node.op, left, right, node, scope)
        )
    if left.type.is_integer and right.type.is_integer:
        if node.op == "*" and scope.source.text[node.right.at - 1 : node.right.at + 1] == "**":
            raise scope.error(node.right.at - 1, "there is no **", hint="multiply, or shift a power of two: 1 << n")
        return divided(node.op, left, right, node, scope)
    return _same(node, left, right, scope)


def _folded(node: syntax.Binary, left: int, right: int, scope: Scope) -> typed.Expr:
    """Return the number that an operation on two that are spelt out gives. ScriptError where 64 bits do not hold it."""
    value = operate(node.op, left, right)
    if value is None or not -(1 << 63) <= value < 1 << 64:
        raise scope.error(node.at, f"the result of {node.op} does not fit into 64 bits", hint="use smaller numbers")
    return typed.number(value)


def _same(node: syntax.Binary, left: typed.Expr, right: typed.Expr, scope: Scope) -> typed.Expr:
    """Return the comparison of two values that are not integers."""
    kinds = f"{spoken(left.type)} and {spoken(right.type)}"
    if node.op in ("<", "<=", ">", ">=") and left.type.form is right.type.form is Form.STRING:
        return typed.Binary(node.op, typed.TextOrder(left, right), typed.Const(0), True, BOOL)
    if node.op not in ("==", "!="):
        hint = "they can be compared with == and !="
        if node.op == "+" and Form.STRING in (left.type.form, right.type.form):
            hint = 'print them side by side: printf("%s%s", A, B)'
        raise scope.error(node.at, f"{node.op} does not go with {kinds}", hint=hint)
    joined = join(left.type, right.type)
    if joined is None:
        hint = "compare values of one type"
        if Form.STRING in (left.type.form, right.type.form):
            hint += "; str() reads the string that a pointer points to"
        raise scope.error(node.at, f"{kinds} are compared", hint=hint)
    negated = node.op == "!="
    if left.type.form is Form.STRING or Form.UNKNOWN in (left.type.form, right.type.form):
        return typed.SameText(left, right, negated)
    if left.type.is_scalar:
        return typed.Binary(node.op, left, right, False, BOOL)
    left, right = (side if side.type == joined else typed.Widened(side, joined) for side in (left, right))
    return typed.SameBytes(left, right, negated)


@check_expr.register
def _ternary(node: syntax.Ternary, scope: Scope) -> typed.Expr:
    branch = taken(node.condition, scope)
    if branch is not None:
        return check_expr(node.then if branch else node.otherwise, scope)
    condition = check_integer(node.condition, scope, "a condition")
    then, otherwise = check_expr(node.then, scope), check_expr(node.otherwise, scope)
    type_ = join(then.type, otherwise.type)
    if type_ is None:
        raise scope.error(
            node.at,
            f"the two values of ?: are {spoken(then.type)} and {spoken(otherwise.type)}",
            hint="make both integers or strings",
        )
    return typed.Choice(condition, then, otherwise, type_)


@check_expr.register
def _step(node: syntax.Step, scope: Scope) -> typed.Expr:
    return check_step(node, scope)


def check_step(node: syntax.Step, scope: Scope) -> typed.StepValue:
    """Return ``++`` or ``--`` of a variable or map: of a pointer by what it points to. ScriptError for a string."""
    target: typed.VarValue | typed.Slot
    if isinstance(node.target, syntax.Map):
        target = scope.use_map(node.target, scope.check_keys(node.target))
        current: typed.Expr = typed.MapValue(target, scope.map_value(node.target))
    else:
        current = target = scope.variable(node.target)
    if not current.type.is_integer:
        raise scope.error(node.at, f"{node.op} does not go with {spoken(current.type)}", hint="use it with an integer")
    stepped = replace(arithmetic(node.op[0], current, typed.number(1)).type, stamp=False)
    if isinstance(node.target, syntax.Map):
        scope.assign_map(node.target, ValueKind.SCALAR, stepped)
        type_ = scope.map_value(node.target)
    else:
        name = scope.assign_variable(node.target, stepped)
        type_ = scope.declared(name) or scope.variable(node.target).type
    delta = lvalues.step_of(current.type) * (1 if node.op == "++" else -1)
    return typed.StepValue(target, delta, node.prefix, type_)


@check_expr.register
def _call(node: syntax.Call, scope: Scope) -> typed.Expr:
    function = scope.functions.get(node.name)
    if isinstance(function, ValueFunction):
        return function.check(Arguments(scope, node, function.usage))
    if isinstance(function, Aggregation):
        raise scope.error(node.at, f"{node.name}() must be assigned to a map", hint=f"write @ = {function.usage}")
    if isinstance(function, StatementFunction) and function.value is not None:
        return function.value(Arguments(scope, node, function.usage))
    if isinstance(function, StatementFunction):
        raise scope.error(node.at, f"{node.name}() has no value", hint="write it as a statement of its own")
    if not node.arguments and (node.name in BUILTINS or node.name in HOOK_BUILTINS):
        return name_value(syntax.Name(at=node.at, name=node.name), scope)
    if node.name in _ABSENT:
        raise scope.error(node.at, f"{node.name}() is not supported", hint="write it without, or run it with bpftrace")
    if node.name in BUILTINS or node.name in HOOK_BUILTINS:
        raise scope.error(node.at, f"{node.name} is not a function", hint=f"write {node.name} without ( )")
    usual = "printf, print, count, sum, avg, hist, str, kstack and exit are the most used; docs/language.md has all"
    raise scope.error(
        node.at,
        f"unknown function {node.name}()",
        hint=instead_of(node.name, "function") or did_you_mean(node.name, scope.functions, usual),
    )
