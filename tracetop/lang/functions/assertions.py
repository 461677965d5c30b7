"""Functions that say what a value is, and those that stop a script where something does not hold.

Most are answered while the script is compiled; ``assert`` and ``is_err`` while it runs.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from tracetop.lang.check.calls import Arguments, StatementFunction, ValueFunction
from tracetop.lang.check.constants import constant
from tracetop.lang.tree import syntax, typed
from tracetop.lang.tree.types import BOOL, INT64, UINT64, Form, text_type, tuple_of
from tracetop.model.value import Shape

_MAX_ERRNO = 4095
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


def _is(usage: str, about: str, holds: Callable[[typed.Expr], bool]) -> ValueFunction:
    """Return the function that says whether something holds of its argument, which is not evaluated."""

    def check(arguments: Arguments) -> typed.Expr:
        arguments.count(1)
        return typed.Const(int(holds(arguments.value(0))), BOOL)

    return ValueFunction(usage, about, check)


def _is_integer(value: typed.Expr) -> bool:
    return value.type.form is Form.INTEGER and value.type.shape is not Shape.BOOL


_IS_STR = _is("is_str(VALUE)", "whether it is a string", lambda value: value.type.form is Form.STRING)
_IS_PTR = _is("is_ptr(VALUE)", "whether it is a pointer", lambda value: value.type.form is Form.POINTER)
_IS_ARRAY = _is("is_array(VALUE)", "whether it is an array", lambda value: value.type.form is Form.ARRAY)
_IS_INTEGER = _is("is_integer(VALUE)", "whether it is an integer", _is_integer)
_IS_UNSIGNED = _is(
    "is_unsigned_integer(VALUE)",
    "whether it is an unsigned integer",
    lambda value: _is_integer(value) and not value.type.signed,
)


@partial(ValueFunction, "is_literal(VALUE)", "whether the script spells it out")
def _is_literal(arguments: Arguments) -> typed.Expr:
    arguments.count(1)
    node, value = arguments.call.arguments[0], arguments.value(0)
    spelt = isinstance(node, syntax.Integer | syntax.String) or isinstance(value, typed.Const | typed.Text)
    return typed.Const(int(spelt and not isinstance(value, typed.HookName)), BOOL)


@partial(ValueFunction, "is_err(POINTER)", "whether the kernel returned it as an error: -4095 to -1")
def _is_err(arguments: Arguments) -> typed.Expr:
    arguments.count(1)
    value = typed.Convert(arguments.integer(0), UINT64)
    return typed.Binary(">=", value, typed.Const((1 << 64) - _MAX_ERRNO, UINT64), False, BOOL)


@partial(ValueFunction, "default_str_length()", "bytes of a string whose length only the event knows: max_strlen")
def _default_str_length(arguments: Arguments) -> typed.Expr:
    arguments.count(0)
    return typed.Const(arguments.scope.settings.max_strlen, INT64)


@partial(ValueFunction, "kfunc_exist(NAME)", "whether the kernel has such a function for BPF programs")
def _kfunc_exist(arguments: Arguments) -> typed.Expr:
    arguments.count(1)
    name = arguments.literal(0).decode(errors="replace")
    return typed.Const(int(arguments.scope.kernel.function(name) is not None), BOOL)


@partial(ValueFunction, "kfunc_allowed(NAME)", "whether this probe may call it: never, as programs here call none")
def _kfunc_allowed(arguments: Arguments) -> typed.Expr:
    arguments.count(1)
    arguments.literal(0)
    return typed.Const(0, BOOL)


@partial(ValueFunction, "config()", "the script's settings as a record: config.max_strlen")
def _config(arguments: Arguments) -> typed.Expr:
    arguments.count(0)
    settings = arguments.scope.settings.record()
    parts = tuple(_spelt(value) for value in settings.values())
    return typed.Tuple(parts, tuple_of(tuple(part.type for part in parts), tuple(settings)))


def _spelt(value: int | str | bool) -> typed.Expr:
    if isinstance(value, str):
        data = value.encode(errors="surrogateescape")
        return typed.Text(data, text_type(data))
    return typed.Const(int(value), BOOL) if isinstance(value, bool) else typed.number(value)
