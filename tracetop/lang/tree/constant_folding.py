"""Constant expressions of a script's own definitions: lengths of arrays, enumerators, widths of bit-fields."""

import re
from collections.abc import Callable, Mapping
from math import prod
from operator import add, and_, eq, ge, gt, le, lt, mul, ne, or_, sub, xor

from tracetop.lang.tree import syntax

_MAX_SHIFT = 63


def _quotient(a: int, b: int) -> int:
    """Return a / b, rounded towards zero as C does."""
    return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)


_NUMBERED = re.compile(r"(?:__)?(?:[us]|u?int)(8|16|32|64)(?:_t)?")
_SIZES = {
    "char": 1,
    "_Bool": 1,
    "bool": 1,
    "short": 2,
    "int short": 2,
    "": 4,
    "int": 4,
    "float": 4,
    "long": 8,
    "int long": 8,
    "double": 8,
    "size_t": 8,
}
"""Of types of C's own, their words in order, without those that say the sign."""
_OPERATIONS: dict[str, Callable[[int, int], int | bool]] = {
    "+": add,
    "-": sub,
    "*": mul,
    "&": and_,
    "|": or_,
    "^": xor,
    "==": eq,
    "!=": ne,
    "<": lt,
    "<=": le,
    ">": gt,
    ">=": ge,
    "<<": lambda a, b: a << b if 0 <= b <= _MAX_SHIFT else 0,
    ">>": lambda a, b: a >> b if 0 <= b <= _MAX_SHIFT else 0,
    "/": _quotient,
    "%": lambda a, b: a - b * _quotient(a, b),
    "&&": lambda a, b: bool(a and b),
    "||": lambda a, b: bool(a or b),
}


def fold(node: syntax.Expr, constants: Mapping[str, int]) -> int | None:
    """Return the value of an expression of numbers and enumerators, as 64 bits hold it, or None for any other."""
    value = _fold(node, constants)
    return value if value is None or -(1 << 63) <= value < 1 << 64 else value & ((1 << 64) - 1)


def _fold(node: syntax.Expr, constants: Mapping[str, int]) -> int | None:
    match node:
        case syntax.Integer(value=value):
            return value
        case syntax.Name(name=name):
            return constants.get(name)
        case syntax.SizeOf(of=syntax.TypeName(of=None) as named):
            return _size(named)
        case syntax.Unary(op="-" | "~" | "!" as op, operand=operand):
            inner = fold(operand, constants)
            return None if inner is None else {"-": -inner, "~": ~inner}.get(op, int(not inner))
        case syntax.Binary():
            return _fold_binary(node, constants)
        case syntax.Ternary(condition=condition, then=then, otherwise=otherwise):
            truth = fold(condition, constants)
            return None if truth is None else fold(then if truth else otherwise, constants)
    return None


def operate(op: str, a: int, b: int) -> int | None:
    """Return ``a op b`` in full, or None where it has no value, or one that 64 bits cannot hold."""
    if (op in "/%" and not b) or (op in ("<<", ">>") and not 0 <= b <= _MAX_SHIFT):
        return None
    return int(_OPERATIONS[op](a, b))


def _size(named: syntax.TypeName) -> int | None:
    """Return the bytes of a type of C's own, or of a pointer; None for any other."""
    match = _NUMBERED.fullmatch(named.name)
    words = set(named.name.split()) - {"signed", "unsigned"}
    size = int(match[1]) // 8 if match else _SIZES.get(" ".join(sorted(words)))
    if named.pointers:
        size = 8
    return None if size is None else prod((size, *named.dimensions))


def _fold_binary(node: syntax.Binary, constants: Mapping[str, int]) -> int | None:
    a, b = fold(node.left, constants), fold(node.right, constants)
    if a is None or b is None or (node.op in "/%" and not b):
        return None
    return int(_OPERATIONS[node.op](a, b))
