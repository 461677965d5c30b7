"""What is known while a script is compiled: ``comptime`` values, and the branches that depend on them.

Owns: working out typed trees of constants. Lengths and enumerators of definitions are worked out by the parser.
"""

from collections.abc import Callable
from operator import add, and_, eq, ge, gt, le, lt, mul, ne, or_, sub, xor

from tracetop.lang.check.scope import Scope
from tracetop.lang.tree import syntax, typed
from tracetop.lang.tree.types import text_type

_OPERATIONS: dict[str, Callable[[int, int], int]] = {
    "+": add,
    "-": sub,
    "*": mul,
    "/": lambda a, b: abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1),
    "%": lambda a, b: abs(a) % abs(b) * (-1 if a < 0 else 1),
    "&": and_,
    "|": or_,
    "^": xor,
    "<<": lambda a, b: a << (b & 63),
    ">>": lambda a, b: a >> (b & 63),
    "==": eq,
    "!=": ne,
    "<": lt,
    "<=": le,
    ">": gt,
    ">=": ge,
}


def constant(node: typed.Expr) -> int | bytes | None:
    """Return the number or text that an expression comes to, or None where only an event tells."""
    match node:
        case typed.Const(value=value) | typed.Text(value=value):
            return value
        case typed.Binary(op=op, left=left, right=right):
            return _both(left, right, lambda a, b: None if op in "/%" and not b else _held(_OPERATIONS[op](a, b), node))
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


def _both(left: typed.Expr, right: typed.Expr, work: Callable[[int, int], int | None]) -> int | None:
    a, b = constant(left), constant(right)
    found = work(a, b) if isinstance(a, int) and isinstance(b, int) else None
    return None if found is None else int(found)


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
