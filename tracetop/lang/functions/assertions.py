"""Functions that stop a script where something does not hold: while it is compiled, or while it runs."""

import re
from dataclasses import replace
from functools import partial

from tracetop.lang.check.calls import Arguments, StatementFunction, ValueFunction
from tracetop.lang.check.constants import constant
from tracetop.lang.tree import syntax, typed
from tracetop.lang.tree.types import BOOL

_CONVERSION = re.compile(r"%%|%[-+ 0#]*\d*(?:hh|h|ll|l|j|z|t)?(?P<letter>[diouxXs])")


@partial(
    StatementFunction, 'static_assert(CONDITION, "MESSAGE")', "refuses the script where the condition does not hold"
)
def _static_assert(arguments: Arguments) -> typed.Statement:
    arguments.count(2)
    held = constant(arguments.value(0))
    if held is None:
        raise arguments.error(
            "this condition is not known while the script is compiled",
            hint="use assert(), which looks when the script is there",
            at=arguments.at(0),
        )
    if not held:
        said = arguments.literal(1).decode(errors="replace")
        raise arguments.error(said, why="the script asks for this not to be", hint="do what the script asks for")
    return typed.Block(())


@partial(StatementFunction, 'fail("FORMAT", VALUES)', "refuses the script, unless an if comptime leaves it out")
def _fail(arguments: Arguments) -> typed.Statement:
    if not len(arguments):
        raise arguments.error("fail() takes a format")
    values = []
    for i in range(1, len(arguments)):
        value = constant(arguments.value(i))
        if value is None:
            raise arguments.error(
                "this value is not known while the script is compiled",
                hint="use errorf() and exit(1)",
                at=arguments.at(i),
            )
        values.append(value)
    said = _filled(arguments.literal(0).decode(errors="replace"), values)
    raise arguments.error(said, why="the script refuses to be run so", hint="do what the script asks for")


def _filled(text: str, values: list[int | bytes]) -> str:
    """Return a format with its values in it."""
    rest = iter(values)

    def fill(match: re.Match[str]) -> str:
        letter = match["letter"]
        value = next(rest, None) if letter else None
        if value is None:
            return match[0].replace("%%", "%")
        if isinstance(value, bytes):
            return value.decode(errors="replace")
        return format(value, letter) if letter in ("o", "x", "X") else str(value)

    return _CONVERSION.sub(fill, text)


@partial(
    StatementFunction, 'assert(CONDITION, "MESSAGE")', "ends the script with an error where the condition does not hold"
)
def _assert(arguments: Arguments) -> typed.Statement:
    arguments.count(2)
    condition = arguments.integer(0)
    said = b"assert failed: " + arguments.literal(1).replace(b"%", b"%%")
    at = arguments.call.at
    tell = _statement(arguments, "errorf", syntax.String(at=at, value=said))
    leave = _statement(arguments, "exit", syntax.Integer(at=at, value=1))
    return typed.If(typed.Unary("!", condition, BOOL), (tell, leave), ())


@partial(
    ValueFunction,
    'getopt("NAME", DEFAULT, "WHAT IT IS")',
    "an option of the script's own, given after -- as --NAME=VALUE; without a DEFAULT true or false",
)
def _getopt(arguments: Arguments) -> typed.Expr:
    raise arguments.error("the name and the default of an option are spelt out")  # the parser has put in what is well


def _statement(arguments: Arguments, name: str, argument: syntax.Expr) -> typed.Statement:
    """Return the statement that another function makes of one argument."""
    function = arguments.scope.functions[name]
    assert isinstance(function, StatementFunction)
    call = syntax.Call(at=arguments.call.at, name=name, arguments=(argument,))
    return function.check(replace(arguments, call=call, usage=function.usage))
