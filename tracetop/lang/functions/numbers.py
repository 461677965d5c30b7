"""Functions on numbers: what one stands for, its bytes, the time: ``strerror``, ``strftime``, ``bswap``, ``nsecs``."""

import errno
import os
import signal
from collections.abc import Mapping
from functools import partial

from tracetop.lang.check.calls import Arguments, ValueFunction
from tracetop.lang.emit.dispatch import fill, value
from tracetop.lang.emit.writer import Writer
from tracetop.lang.tree import typed
from tracetop.lang.tree.types import INT64, NSECS, UINT64, Type, opaque, string, text_type
from tracetop.lang.vocabulary.builtins import CLOCKS
from tracetop.model.value import Shape


@partial(ValueFunction, "strerror(NUMBER)", "the text of an error number, e.g. 2: No such file or directory")
def _strerror(arguments: Arguments) -> typed.Expr:
    arguments.count(1)
    return typed.MemoryCall(_strerror_c, (arguments.integer(0),), string(_ERROR_BYTES), constant=True)


_ERROR_BYTES = 56
"""Room for the longest text of an error, NUL included."""


def _strerror_c(call: typed.MemoryCall, place: str, out: Writer) -> None:
    number = out.temporary(INT64, f"(s32){value(call.arguments[0], out)}", "number")
    out.when(f"{number} < 0", f"{number} = -{number};")
    texts = {code: os.strerror(code) for code in (0, *errno.errorcode)}
    _switch(number, texts, "Unknown error", _ERROR_BYTES, place, out)


def _switch(number: str, texts: Mapping[int, str], otherwise: str, room: int, place: str, out: Writer) -> None:
    """Write the choice of a text by a number."""
    with out.block(f"switch ({number})"):
        for label, text in (*((f"case {n}", text) for n, text in texts.items()), ("default", otherwise)):
            written = text.encode()[: room - 1]
            out.line(f"{label}:")
            fill(typed.Text(written, text_type(written)), place, out)
            out.line("break;")


@partial(ValueFunction, "syscall_name(NUMBER)", "name of a system call's number, e.g. 0: read")
def _syscall_name(arguments: Arguments) -> typed.Expr:
    arguments.count(1)
    return typed.Named(typed.Convert(arguments.integer(0), Type(size=4)), opaque(Shape.SYSCALL, 4))


@partial(ValueFunction, "signal_name(NUMBER)", "the text of a signal's number, e.g. 9: Killed")
def _signal_name(arguments: Arguments) -> typed.Expr:
    arguments.count(1)
    return typed.MemoryCall(_signal_name_c, (arguments.integer(0),), string(_SIGNAL_BYTES), constant=True)


_SIGNAL_BYTES = 32
"""Room for the longest of them, NUL included."""


def signal_text(number: int) -> str:
    """Return what the C library calls a signal, from 0 to NSIG - 1, as bpftrace does."""
    return (number and signal.strsignal(number)) or f"Unknown signal {number}"


def _signal_name_c(call: typed.MemoryCall, place: str, out: Writer) -> None:
    number = out.temporary(INT64, f"(s32){value(call.arguments[0], out)}", "number")
    _switch(number, {n: signal_text(n) for n in range(signal.NSIG)}, "N/A", _SIGNAL_BYTES, place, out)


@partial(ValueFunction, 'strftime("%H:%M:%S", nsecs)', "the time of day of nsecs, as text")
def _strftime(arguments: Arguments) -> typed.Expr:
    arguments.count(2)
    text = arguments.literal(0).partition(b"\0")[0].decode(errors="replace")
    return typed.Named(arguments.integer(1), opaque(Shape.STRFTIME, 8, text=text))


@partial(ValueFunction, "bswap(VALUE)", "the bytes in the other order, as of a port from the network")
def _bswap(arguments: Arguments) -> typed.Expr:
    arguments.count(1)
    operand = arguments.integer(0)
    return typed.Call(_bswap_c, (operand,), Type(size=operand.type.size, signed=False))


def _bswap_c(call: typed.Call, out: Writer) -> str:
    operand = value(call.arguments[0], out)
    bits = call.type.size * 8
    return f"(u64)__builtin_bswap{bits}({operand})" if bits > 8 else operand


@partial(ValueFunction, 'cgroupid("PATH")', "id of a cgroup, to compare with cgroup")
def _cgroupid(arguments: Arguments) -> typed.Expr:
    arguments.count(1)
    path = arguments.literal(0).decode(errors="surrogateescape")
    found = arguments.scope.kernel.cgroup_id(path)
    if found is None:
        raise arguments.error(
            f"there is no cgroup {path}", hint="name a folder below /sys/fs/cgroup", at=arguments.at(0)
        )
    return typed.Const(found, UINT64)


@partial(ValueFunction, 'cgroup_path(ID, "HIERARCHY")', "path of a cgroup, in the hierarchies that the wildcard names")
def _cgroup_path(arguments: Arguments) -> typed.Expr:
    arguments.count(1, 2)
    wanted = arguments.literal(1).decode(errors="replace") if len(arguments) == 2 else ""
    return typed.Named(arguments.integer(0), opaque(Shape.CGROUP_PATH, 8, text=wanted))


@partial(ValueFunction, "nsecs(CLOCK)", "nanoseconds of another clock: monotonic, boot or tai")
def _nsecs(arguments: Arguments) -> typed.Expr:
    arguments.count(0, 1)
    word = arguments.word(0) or "monotonic"
    if word not in CLOCKS:
        raise arguments.error(f"there is no clock {word}", hint=f"use one of {', '.join(CLOCKS)}", at=arguments.at(0))
    name = f"nsecs({word})"
    return typed.BuiltinValue(name if word != "monotonic" else "nsecs", NSECS)
