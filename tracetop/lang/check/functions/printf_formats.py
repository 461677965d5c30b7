"""The formats of ``printf`` and its like: what each conversion takes.

Owns: checking a format against its arguments. Refuses to own: printing, which the tracer does.
"""

import re
from dataclasses import dataclass

from tracetop.errors import ScriptError
from tracetop.lang.check.functions.call_arguments import Arguments
from tracetop.lang.tree import typed
from tracetop.lang.tree.types import Form, Type, spoken
from tracetop.model.value import Shape

_CONVERSION = re.compile(r"%(?:%|[-+ 0#]*\d*(?:\.\d+)?(?:hh|h|ll|l|j|z|t)?(?P<kind>[diouxXcspb]|r[xh]?))")
_WRONG = re.compile(r"%[-+ 0#]*\d*(?:\.\d+)?(?:hh|h|ll|l|j|z|t)?\S?")
_WIDTH = re.compile(r"\d+")
_MOST_WIDTH = 4096
"""Characters; a line of text is shorter, and the tracer makes it for every event."""
_TEXT_SHAPES = frozenset(Shape) - {Shape.INTEGER, Shape.TUPLE, Shape.STRUCT, Shape.ARRAY, Shape.TSERIES}


@dataclass(frozen=True)
class Conversion:
    """One conversion of a format: its letters without flags and width, and where it stands in the text."""

    kind: str
    written: str
    at: int


def conversions(text: str) -> list[Conversion] | Conversion:
    """Return the conversions of a format that take an argument, or the first one that makes no sense."""
    found: list[Conversion] = []
    at = text.find("%")
    while at >= 0:
        match = _CONVERSION.match(text, at)
        if match is None:
            wrong = _WRONG.match(text, at)
            return Conversion("", wrong[0] if wrong else "%", at)
        if match["kind"]:
            found.append(Conversion(match["kind"], match[0], at))
        at = text.find("%", match.end())
    return found


def check_format(arguments: Arguments, text: str, values: tuple[typed.Expr, ...]) -> None:
    """Raise ScriptError where a format and its values do not go together."""
    found = conversions(text)
    if isinstance(found, Conversion):
        raise arguments.error(
            f"{found.written} is no conversion",
            why="BPF has no floating-point numbers" if found.written[-1:] in "fFgGeE" else "",
            hint="use %d, %u, %x, %s, %c, %p or %r; a percent sign is written %%",
            at=arguments.at(0) + 1 + found.at,
        )
    if len(found) != len(values):
        raise _unequal(arguments, found, len(values))
    for i, (conversion, value) in enumerate(zip(found, values, strict=True), 1):
        if any(int(width) > _MOST_WIDTH for width in _WIDTH.findall(conversion.written)):
            raise arguments.error(
                f"{conversion.written} is too wide",
                hint=f"write at most {_MOST_WIDTH} characters",
                at=arguments.at(0) + 1 + conversion.at,
            )
        if not _takes(conversion.kind, value.type):
            raise arguments.error(
                f"{conversion.written} does not print {spoken(value.type)}",
                hint=f"use {_better(value)}",
                at=arguments.at(i),
            )


def _unequal(arguments: Arguments, found: list[Conversion], values: int) -> ScriptError:
    """Return the error for a format that has more conversions than there are values, or fewer."""
    conversions_ = "1 conversion" if len(found) == 1 else f"{len(found) or 'no'} conversions"
    follow = "1 value follows" if values == 1 else f"{values or 'no'} values follow"
    hint = "write %d, %s or %x in the format where the value belongs"
    if len(found) > values:
        missing = ", ".join(each.written for each in found[values:])
        hint = f"add what {missing} prints, behind a comma; a percent sign is written %%"
    return arguments.error(f"the format has {conversions_} and {follow}", hint=hint, at=arguments.at(0))


def _takes(kind: str, type_: Type) -> bool:
    if type_.form is Form.UNKNOWN:
        return True
    if kind == "s":
        return (
            type_.form in (Form.STRING, Form.BUFFER, Form.OPAQUE, Form.TUPLE, Form.ARRAY, Form.RECORD)
            or type_.shape in _TEXT_SHAPES
        ) and type_.form is not Form.POINTER
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
