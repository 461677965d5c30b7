"""Expressions, from the grammar's rules to nodes: precedence, literals, and the values that macros stand for.

Owns too: what all rules that build the syntax tree share (`Building`): where they are, and what the text before them
has defined.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from lark import Token
from lark.tree import Meta

from tracetop.lang.source import Source
from tracetop.lang.tree import syntax
from tracetop.lang.vocabulary.literals import integer, unescape

_PARAMETER_DIGITS = 3
_LEVELS = (
    ("||",),
    ("&&",),
    ("|",),
    ("^",),
    ("&",),
    ("==", "!="),
    ("<", "<=", ">", ">="),
    ("<<", ">>"),
    ("+", "-"),
    ("*", "/", "%"),
)
_PRECEDENCE = {op: level for level, ops in enumerate(_LEVELS) for op in ops}

MAX_UNFOLDED = 256
"""Macros within macros that one name may become; C's doubling ones would else fill the memory."""


@dataclass(frozen=True)
class Building:
    """One script, or one macro of it, whose tree is being built."""

    source: Source
    macros: dict[str, str]
    """What each stands for, by name; empty for one that is only there to be defined."""
    unfold: Callable[["Building", str, int], syntax.Expr]
    """Makes the expression that a macro stands for, at an offset."""
    constants: dict[str, int] = field(default_factory=dict)
    """Enumerators so far: C's, so of the whole script."""
    hoisted: list[syntax.Definition] = field(default_factory=list)
    """Definitions within the one that is being built: C knows them everywhere after it."""
    unfolding: tuple[str, ...] = ()
    """The macros that are being unfolded."""
    unfolded: list[str] = field(default_factory=list)
    """Those that were, for the one name that began it."""


Rule = Callable[[Building, Meta, list[Any]], Any]
"""Makes a node of one rule of the grammar: from its place and what its parts have become."""


def place(part: Token | syntax.Node) -> int:
    """Return the offset of a part."""
    return part.start_pos or 0 if isinstance(part, Token) else part.at


def made(node: type[syntax.Node], *names: str, **otherwise: object) -> Rule:
    """Return the rule that makes a node of its parts, named in their order; one without a name is only a sign.

    `otherwise` is what is not among them, or stands for a part that may be missing.
    """

    def make(_building: Building, meta: Meta, parts: list[Any]) -> syntax.Node:
        named = {name: part for name, part in zip(names, parts, strict=True) if name}
        given = {name: str(part) if isinstance(part, Token) else part for name, part in named.items()}
        missing = {name: otherwise.get(name) for name, part in named.items() if part is None}
        return node(at=meta.start_pos, **{**otherwise, **given, **missing})

    return make


def row(_building: Building, _meta: Meta, parts: list[Any]) -> tuple[Any, ...]:
    """Return the parts side by side, as they are."""
    return tuple(parts)


def _operation(_building: Building, _meta: Meta, parts: list[Any]) -> syntax.Expr:
    """Return the tree of ``a op b op c …``, all of which bind to the left."""
    operands: list[syntax.Expr] = [parts[0]]
    waiting: list[Token] = []

    def join() -> None:
        op, right, left = waiting.pop(), operands.pop(), operands.pop()
        operands.append(syntax.Binary(at=place(op), op=str(op), left=left, right=right))

    for op, operand in zip(parts[1::2], parts[2::2], strict=True):
        while waiting and _PRECEDENCE[waiting[-1]] >= _PRECEDENCE[op]:
            join()
        waiting.append(op)
        operands.append(operand)
    while waiting:
        join()
    return operands[0]


def _access(building: Building, _meta: Meta, parts: list[Any]) -> syntax.Access:
    base, field = parts
    if isinstance(base, syntax.Integer):
        raise building.source.error(
            base.at,
            "there are no fractions",
            why="BPF has no floating-point numbers",
            hint="use whole numbers, e.g. microseconds where milliseconds are too coarse",
        )
    return syntax.Access(at=place(field), base=base, field=str(field))


def _integer(building: Building, _meta: Meta, parts: list[Token]) -> syntax.Integer:
    value = integer(parts[0])
    if value is None:
        raise building.source.error(
            place(parts[0]),
            f"{parts[0][:40]} is not an integer of 64 bits",
            hint="write it in decimal, octal (0377) or hex (0xff)",
        )
    return syntax.Integer(at=place(parts[0]), value=value)


def _string(building: Building, _meta: Meta, parts: list[Token]) -> syntax.String:
    """Return the string; several side by side are one, as in C."""
    return syntax.String(at=place(parts[0]), value=b"".join(unescaped(building, part) for part in parts))


def unescaped(building: Building, literal: Token) -> bytes:
    """Return the bytes that a string literal means. ScriptError at an escape that nobody knows."""
    try:
        return unescape(literal)
    except ValueError as error:
        raise building.source.error(
            place(literal) + literal.index(str(error)),
            f"unknown escape {error}",
            hint='the escapes are \\n, \\t, \\r, \\\\, \\", \\xHH and \\OOO; write \\\\ for a backslash',
        ) from None


def _parameter(building: Building, _meta: Meta, parts: list[Token]) -> syntax.Parameter:
    """Return the parameter; ``$#`` has the index 0."""
    text = parts[0][1:]
    digits = text.lstrip("0")
    if not 0 < len(digits) <= _PARAMETER_DIGITS:
        raise building.source.error(
            place(parts[0]), f"there is no parameter ${text[:40]}", hint="the first is $1; $# says how many were given"
        )
    return syntax.Parameter(at=place(parts[0]), index=0 if text == "#" else int(digits))


def _name(building: Building, _meta: Meta, parts: list[Token]) -> syntax.Expr:
    if parts[0] in building.macros and parts[0] not in building.unfolding:
        return building.unfold(building, str(parts[0]), place(parts[0]))
    return syntax.Name(at=place(parts[0]), name=str(parts[0]))


def _named_tuple(building: Building, meta: Meta, parts: list[Any]) -> syntax.Tuple:
    words = [part for part in parts if isinstance(part, Token) and part.type == "NAME"]
    names = tuple(map(str, words))
    for word in words:
        if names.count(str(word)) > 1:
            raise building.source.error(place(word), f"two parts are called {word}", hint="give each its own name")
    items = tuple(part for part in parts if isinstance(part, syntax.Expr))
    return syntax.Tuple(at=meta.start_pos, items=items, names=names)


def _tuple(_building: Building, meta: Meta, parts: list[Any]) -> syntax.Tuple:
    return syntax.Tuple(at=meta.start_pos, items=tuple(part for part in parts if part is not None))


def _elvis(_building: Building, meta: Meta, parts: list[syntax.Expr]) -> syntax.Expr:
    """Return ``value ?: otherwise`` as a choice; what is more than a name is worked out once, in a variable."""
    value, otherwise = parts
    if isinstance(value, _NAMED):
        return syntax.Ternary(at=meta.start_pos, condition=value, then=value, otherwise=otherwise)
    variable = syntax.Variable(at=value.at, name=f"$?{meta.start_pos}")  # no script can write that name
    kept = syntax.Let(at=value.at, name=variable.name, type=None, value=value)
    choice = syntax.Ternary(at=meta.start_pos, condition=variable, then=variable, otherwise=otherwise)
    return syntax.BlockValue(at=meta.start_pos, body=(kept,), value=choice)


_NAMED = (syntax.Name, syntax.Variable, syntax.Parameter, syntax.Integer, syntax.String)
"""What can be read twice with the same result, and at no cost."""

RULES: dict[str, Rule] = {
    "operation": _operation,
    "ternary": made(syntax.Ternary, "condition", "then", "otherwise"),
    "elvis": _elvis,
    "comptime": made(syntax.Comptime, "operand"),
    "prefixed": made(syntax.Unary, "op", "operand"),
    "cast": made(syntax.Cast, "to", "operand"),
    "step_before": made(syntax.Step, "op", "target", prefix=True),
    "step_after": made(syntax.Step, "target", "op", prefix=False),
    "access": _access,
    "index": made(syntax.Index, "base", "index"),
    "integer": _integer,
    "string": _string,
    "parameter": _parameter,
    "name": _name,
    "call": made(syntax.Call, "name", "arguments", arguments=()),
    "sizeof": made(syntax.SizeOf, "of"),
    "offsetof": made(syntax.OffsetOf, "of", "path"),
    "path": lambda _building, _meta, parts: tuple(map(str, parts)),
    "tuple": _tuple,
    "named_tuple": _named_tuple,
    "variable": made(syntax.Variable, "name"),
    "map": made(syntax.Map, "name", "keys", keys=()),
    "arguments": row,
    "expression": lambda _building, _meta, parts: parts[0],
}
