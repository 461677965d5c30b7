"""What is known while a script is compiled: ``comptime`` values, and the branches that depend on them.

Owns: working out typed trees of constants. Lengths and enumerators of definitions are worked out by the parser.
"""

from tracetop.lang.check.scope import Scope
from tracetop.lang.tree import syntax, typed
from tracetop.lang.tree.constant_folding import operate
from tracetop.lang.tree.types import text_type


def constant(node: typed.Expr) -> int | bytes | None:
    """Return the number or text that an expression comes to, or None where only an event tells."""
    match node:
        case typed.Const(value=value) | typed.Text(value=value):
            return value
        case typed.Binary(op=op, left=left, right=right):
            return _both(op, left, right, node)
        case typed.Logical(op=op, left=left, right=right):
            first = constant(left)
            if first is not None and bool(first) == (op == "||"):
                return int(bool(first))
            second = constant(right)
            return None if first is None or second is None else int(bool(second))
        case typed.Unary(op="!" | "-" | "~" as op, operand=operand):
            inner = constant(operand)
            return {"!": not inner, "-": -inner, "~": ~inner}[op] + 0 if isinstance(inner, int) else None
        case typed.Choice(condition=condition, then=then, otherwise=otherwise):
            truth = constant(condition)
            return None if truth is None else constant(then if truth else otherwise)
        case typed.Convert(operand=operand):
            inner = constant(operand)
            return _held(inner, node) if isinstance(inner, int) else None
        case typed.SameText(left=left, right=right, negated=negated, limit=limit):
            a, b = constant(left), constant(right)
            if not isinstance(a, bytes) or not isinstance(b, bytes):
                return None
            return int((a[: limit or None] == b[: limit or None]) != negated)
    return None


def _both(op: str, left: typed.Expr, right: typed.Expr, node: typed.Expr) -> int | None:
    a, b = constant(left), constant(right)
    found = operate(op, a, b) if isinstance(a, int) and isinstance(b, int) else None
    return None if found is None else _held(found, node)


def _held(value: int, node: typed.Expr) -> int:
    """Return a number as its type holds it."""
    bits = 8 * (node.type.size if node.type.is_integer else 8)
    value &= (1 << bits) - 1
    return value - (1 << bits) if node.type.signed and value >> (bits - 1) else value


def comptime(node: syntax.Comptime, scope: Scope) -> typed.Expr:
    """Return ``comptime operand``: the value itself. ScriptError where only an event tells it."""
    found = scope.check(node.operand, scope)
    value = constant(found)
    if value is None:
        raise scope.error(
            node.at,
            "this is not known while the script is compiled",
            hint="leave comptime out, or write what is known: numbers, texts, sizeof(), is_str() and the like",
        )
    return typed.Text(value, text_type(value)) if isinstance(value, bytes) else typed.Const(value, found.type)


def taken(condition: syntax.Expr, scope: Scope) -> bool | None:
    """Return which branch a ``comptime`` condition takes, None for any other: then both are checked."""
    if not isinstance(condition, syntax.Comptime):
        return None
    value = comptime(condition, scope)
    return bool(constant(value))
