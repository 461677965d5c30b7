"""The formats of ``printf`` and its like: their grammar, and what each conversion takes.

Owns: taking a format apart, and checking it against its arguments. Refuses to own: printing, which the tracer does from
the parts.
"""

import re
from collections.abc import Iterator

from tracetop.errors import ScriptError
from tracetop.lang.check.calls import Arguments
from tracetop.lang.tree import typed
from tracetop.lang.tree.types import Form, Type, spoken
from tracetop.model.program import Conversion
from tracetop.model.value import Shape

_PIECE = re.compile(
    r"(?P<text>(?:[^%]|%%)+)|%(?P<flags>[-+ 0#]*)(?P<field>\d*(?:\.\d+)?)(?P<length>hh|h|ll|l|j|z|t)?"
    r"(?:(?P<letter>[diouxXcspb]|gr|r[xh]?)|\S?)"
)
"""Text, or a conversion; without a letter it is text too, as a percent sign that stands alone is."""
_FRACTIONS = frozenset("fFgGeE")
_WIDTH = re.compile(r"\d+")
_MOST_WIDTH = 4096
"""Characters; a line of text is shorter, and the tracer makes it for every event."""
_CUT_BITS = {"hh": 8, "h": 16, None: 32}
"""What is left of a number by the length modifier; all by any other."""
_CUT = frozenset("diuxXo")
"""Conversions that a length modifier, or its lack, says something of."""


def parse_format(text: str) -> tuple[str | Conversion, ...]:
    """Return the parts of a format all of whose conversions make sense."""
    return tuple(_parts(list(_PIECE.finditer(text))))


def _parts(pieces: list[re.Match[str]]) -> Iterator[str | Conversion]:
    for piece in pieces:
        if not piece["letter"]:
            yield piece["text"].replace("%%", "%") if piece["text"] else _percent(piece[0])
        else:
            yield Conversion(piece["letter"], piece["flags"], piece["field"], _bits(piece))


def _bits(piece: re.Match[str]) -> int:
    return _CUT_BITS.get(piece["length"], 64) if piece["letter"] in _CUT else 64


def _percent(text: str) -> str:
    """Return what is printed of a percent sign that begins no conversion: itself, as ``%5%`` does."""
    return "%" if text.endswith("%") else text


def check_format(arguments: Arguments, text: str, values: tuple[typed.Expr, ...]) -> tuple[str | Conversion, ...]:
    """Return the parts of a format. ScriptError where it and its values do not go together."""
    pieces = list(_PIECE.finditer(text))
    found = [piece for piece in pieces if piece["letter"]]
    for piece in pieces:
        if piece[0][-1:] in _FRACTIONS and not piece["letter"] and not piece["text"]:
            raise arguments.error(
                f"{piece[0]} is not a conversion",
                why="BPF has no floating-point numbers",
                hint="use %d, %u, %x, %s, %c, %p or %r; a percent sign is written %%",
                at=arguments.at(0) + 1 + piece.start(),
            )
    if len(found) != len(values):
        raise _unequal(arguments, [piece[0] for piece in found], len(values))
    for i, (piece, value) in enumerate(zip(found, values, strict=True), 1):
        if any(len(width) > len(str(_MOST_WIDTH)) or int(width) > _MOST_WIDTH for width in _WIDTH.findall(piece[0])):
            raise arguments.error(
                f"{piece[0]} is too wide",
                hint=f"write at most {_MOST_WIDTH} characters",
                at=arguments.at(0) + 1 + piece.start(),
            )
        if not _takes(piece["letter"], value.type):
            raise arguments.error(
                f"{piece[0]} does not print {spoken(value.type)}", hint=f"use {_better(value)}", at=arguments.at(i)
            )
    return tuple(_parts(pieces))


def _unequal(arguments: Arguments, written: list[str], values: int) -> ScriptError:
    """Return the error for a format that has more conversions than there are values, or fewer."""
    conversions_ = "1 conversion" if len(written) == 1 else f"{len(written) or 'no'} conversions"
    follow = "1 value follows" if values == 1 else f"{values or 'no'} values follow"
    hint = "write %d, %s or %x in the format where the value belongs"
    if len(written) > values:
        missing = ", ".join(written[values:])
        hint = f"add what {missing} prints, after a comma; a percent sign is written %%"
    return arguments.error(f"the format has {conversions_} and {follow}", hint=hint, at=arguments.at(0))


def _takes(kind: str, type_: Type) -> bool:
    if type_.form is Form.UNKNOWN:
        return True
    if kind == "s":
        return type_.form is not Form.NONE
    if kind == "gr":
        return type_.form is Form.INTEGER
    if kind.startswith("r"):
        return type_.form in (Form.BUFFER, Form.ARRAY)
    return type_.is_integer or (type_.form is Form.OPAQUE and type_.shape in (Shape.USERNAME, Shape.ERROR, Shape.KSYM))


def _better(value: typed.Expr) -> str:
    type_ = value.type
    if type_.form is Form.BUFFER:
        return "%r"
    if type_.form is Form.POINTER:
        return "str(…) around it for the string that it points to, or %p for the address"
    if isinstance(value, typed.Argument | typed.Result | typed.StackArgument) and type_.size == 8:
        return "%d or %x, or str(…) around it where it is the address of a string"
    return "%d or %x" if type_.is_integer else "%s"
