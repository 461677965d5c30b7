"""Functions that make strings of strings or say what they hold: ``str_concat``, ``strcap``, ``memcmp``."""

from functools import partial

from tracetop.lang.check.calls import Arguments, StatementFunction, ValueFunction
from tracetop.lang.emit.dispatch import text, value
from tracetop.lang.emit.memory import ORDER
from tracetop.lang.emit.writer import Writer
from tracetop.lang.functions.memory import text_of
from tracetop.lang.tree import typed
from tracetop.lang.tree.types import INT64, Form, Type, spoken, string


@partial(ValueFunction, "str_concat(STRING, STRING)", "both strings as one, as far as max_strlen goes")
def _str_concat(arguments: Arguments) -> typed.Expr:
    arguments.count(2)
    settings = arguments.scope.settings
    parts = (text_of(arguments, 0), text_of(arguments, 1))
    return typed.MemoryCall(_str_concat_c, parts, string(settings.max_strlen, cut=settings.str_trunc_trailer))


def _str_concat_c(call: typed.MemoryCall, place: str, out: Writer) -> None:
    """Write both one after the other: where the second starts, the first has ended, which the helper's result says."""
    first, second = call.arguments
    left, right = text(first, out), text(second, out)
    ends = first.type.size
    whole = out.array(ends + second.type.size + 1, "whole")
    got = out.temporary(INT64, f"bpf_probe_read_kernel_str({whole}, {ends + 1}, {left})", "got")
    at = out.temporary(Type(signed=False), f"{got} > 0 ? {got} - 1 : 0", "at")
    out.when(f"{at} > {ends}", f"{at} = {ends};")
    out.line(f"bpf_probe_read_kernel_str({whole} + {at}, {second.type.size + 1}, {right});")
    out.move(place, whole, min(call.type.size, ends + second.type.size + 1))


@partial(ValueFunction, "strcap(STRING)", "bytes that a string has room for")
def _strcap(arguments: Arguments) -> typed.Expr:
    arguments.count(1)
    type_ = text_of(arguments, 0).type
    return typed.Const(type_.exact or type_.size, INT64)


@partial(ValueFunction, "memcmp(LEFT, RIGHT, COUNT)", "0 where COUNT bytes are the same, else the difference")
def _memcmp(arguments: Arguments) -> typed.Expr:
    arguments.count(3)
    left, right = (_bytes(arguments, i) for i in (0, 1))
    return typed.Call(_memcmp_c, (left, right, arguments.integer(2)), Type(size=4))


def _bytes(arguments: Arguments, i: int) -> typed.Expr:
    found = arguments.value(i)
    if found.type.form is Form.ARRAY:
        return found
    if found.type.form is Form.POINTER or found.type.form is Form.STRING:
        return text_of(arguments, i)
    raise arguments.error(f"memcmp() takes strings or arrays, this is {spoken(found.type)}", at=arguments.at(i))


def _memcmp_c(call: typed.Call, out: Writer) -> str:
    left, right, count = call.arguments
    size = min(side.type.exact or side.type.size for side in (left, right))
    if isinstance(count, typed.Const):
        size = max(0, min(size, count.value))
    limit = out.temporary(Type(signed=False), value(count, out), "limit")
    out.when(f"{limit} > {size}", f"{limit} = {size};")
    return f"{out.need(ORDER)}({text(left, out)}, {text(right, out)}, {size}, {limit})"


@partial(StatementFunction, "assert_str(VALUE)", "refuses the script where VALUE is not a string")
def _assert_str(arguments: Arguments) -> typed.Statement:
    arguments.count(1)
    text_of(arguments, 0)
    return typed.Block(())
