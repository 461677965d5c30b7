"""Functions that make user space do something: ``printf``, ``print``, ``time``, ``exit`` and their like.

Owns: the action that each sends, and how its payload is laid out. Refuses to own: carrying it out, which the tracer
does when the event comes.
"""

import signal
import sys
from functools import partial

from tracetop.lang.check.calls import Arguments, StatementFunction
from tracetop.lang.ctypes.value_types import layout, parts
from tracetop.lang.emit.dispatch import Space, Where, value
from tracetop.lang.emit.prelude import Helper
from tracetop.lang.emit.reads import copy, last_byte, read_string
from tracetop.lang.emit.writer import Writer
from tracetop.lang.functions.memory import padded
from tracetop.lang.functions.printf_formats import check_format
from tracetop.lang.tree import syntax, typed
from tracetop.lang.tree.types import INT64, Form, Type, string, tuple_of, tuple_offsets
from tracetop.model.kinds import ProbeKind
from tracetop.model.program import Exit, Format, PrintEntry, PrintMap, PrintValue
from tracetop.model.value import ValuePart

_MOST_PAYLOAD_BYTES = 1 << 21
_MOST = (1 << 31) - 1
_JOINED_STRINGS, _JOINED_BYTES = 16, 1024
_MORE, _UNREAD = (int.from_bytes(text, sys.byteorder) for text in (b"...\0\0\0\0\0", b"(unread)"))
"""What stands for the strings that there is no room for, and for one that is not in memory."""


def _formatted(usage: str, about: str, *, verb: str = "", unsafe: bool = False) -> StatementFunction:
    """Return a function that takes a format and values; `verb` is what the tracer is asked for, if not its name."""

    def check(arguments: Arguments) -> typed.Statement:
        if unsafe:
            _require_unsafe(arguments)
        if not len(arguments):
            raise arguments.error(f"{arguments.name}() takes a format")
        text = arguments.literal(0).decode(errors="surrogateescape")
        values = arguments.values(1)
        made = check_format(arguments, text, values)
        _check_size(arguments, values)
        laid_out = parts([each.type for each in values], arguments.scope.types)
        place = arguments.scope.source.call_place(arguments.call.at) if verb in ("errorf", "warnf") else None
        action = Format(verb or arguments.name, made, laid_out, place)
        return typed.Send(action, values)

    return StatementFunction(usage, about, check)


_PRINTF = _formatted('printf("FORMAT", VALUES)', "prints text: %d a number, %s a string, %x hex, \\n ends the line")
_ERRORF = _formatted('errorf("FORMAT", VALUES)', "prints text as an error, and where it stands", verb="errorf")
_WARNF = _formatted('warnf("FORMAT", VALUES)', "prints text as a warning, and where it stands", verb="warnf")
_DEBUGF = _formatted('debugf("FORMAT", VALUES)', "prints text, as printf", verb="printf")
_CAT = _formatted('cat("PATH")', "prints a file")
_SYSTEM = _formatted('system("COMMAND")', "runs a command, with --unsafe", unsafe=True)


@partial(StatementFunction, "print(@MAP, TOP, DIVISOR)", "prints a map, or any value: print(VALUE)")
def _print(arguments: Arguments) -> typed.Statement:
    arguments.count(1, 3)
    target = arguments.map(0)
    if target is not None and not target.keys:
        arguments.scope.learnt.asked.setdefault(target.name, target.at)
        top = arguments.constant(1, 0, _MOST) if len(arguments) > 1 else 0
        div = arguments.constant(2, 0, _MOST) if len(arguments) > 2 else 0
        return typed.Send(PrintMap(target.name, top, div), dropped=target.name)
    if len(arguments) > 1:
        raise arguments.error(
            "only a whole map is printed with a number of entries",
            hint="write print(@MAP, TOP, DIVISOR), or print(VALUE)",
        )
    if target is not None:
        return _print_entry(arguments, target)
    value = arguments.value(0)
    _check_size(arguments, (value,))
    return typed.Send(PrintValue(layout(value.type, arguments.scope.types)), (value,))


def _print_entry(arguments: Arguments, target: syntax.Map) -> typed.Statement:
    scope = arguments.scope
    keys = scope.check_keys(target)
    slot = scope.use_map(target, keys)
    value = typed.MapValue(slot, scope.map_value(target)) if scope.is_shared(target.name) else None
    held = (*keys, value) if value else keys
    laid_out = parts([part.type for part in held], scope.types)
    last: ValuePart | None = laid_out[-1] if value else None
    return typed.Send(PrintEntry(target.name, laid_out[: len(keys)], last), held)


@partial(StatementFunction, 'time("%H:%M:%S\\n")', "prints the time of day")
def _time(arguments: Arguments) -> typed.Statement:
    arguments.count(0, 1)
    literal = arguments.literal(0).partition(b"\0")[0] if len(arguments) else b"%H:%M:%S\n"
    return typed.Send(Format("time", (literal.decode(errors="surrogateescape"),)))


@partial(StatementFunction, "join(POINTERS, DELIMITER)", "prints an array of strings, such as an argv")
def _join(arguments: Arguments) -> typed.Statement:
    arguments.count(1, 2)
    delimiter = arguments.literal(1).decode(errors="replace") if len(arguments) == 2 else " "
    settings = arguments.scope.settings
    part = string(min(padded(settings.max_strlen), _JOINED_BYTES), cut=settings.str_trunc_trailer)
    argv = arguments.pointer(0)
    parts = (*(part,) * _JOINED_STRINGS, string(8))
    strings = typed.MemoryCall(_join_c, (argv,), tuple_of(parts), arguments.space(argv))
    many = tuple(
        ValuePart(offset=part.size * i, type=layout(each, arguments.scope.types)) for i, each in enumerate(parts)
    )
    return typed.Send(Format("join", (delimiter,), many), (strings,))


def _join_c(call: typed.MemoryCall, place: str, out: Writer) -> None:
    """Write the reads of the strings; one that cannot be read is said to be so, and that there are more of them."""
    size = call.type.parts[0].size
    array = out.temporary(Type(signed=False), value(call.arguments[0], out), "argv")
    space = Space.of(call.user)
    pointer, ended = out.name("p"), out.name("ended")
    out.line(f"u64 {pointer} = 0; bool {ended} = false;")
    for i, part in enumerate(call.type.parts):
        where, target = Where(pointer, space), f"({place} + {size * i})"
        with out.block(f"if (!{ended})"):
            copy(Where(f"{array} + {8 * i}", space), f"&{pointer}", Type(), out)
            if i == _JOINED_STRINGS:
                out.when(pointer, f"*(u64 *){target} = {_MORE:#x}ULL;")
                continue
            with out.block(f"if ({pointer})"):
                length = out.temporary(INT64, read_string(where, target, str(part.size), out), "length")
                out.when(f"{length} == {part.size}", f"{last_byte(where, target, part, out)};")
                out.when(f"{length} < 0", f"*(u64 *){target} = {_UNREAD:#x}ULL;")
            with out.block("else"):
                out.line(f"{ended} = true;")


@partial(StatementFunction, "exit(CODE)", "ends the script; tracetop run ends with the code, 0 where there is none")
def _exit(arguments: Arguments) -> typed.Statement:
    arguments.count(0, 1)
    code = arguments.integer(0) if len(arguments) else typed.Const(0)
    return typed.Block((typed.Send(Exit(), (typed.Convert(code, INT64),)), typed.Return()))


@partial(StatementFunction, 'signal("KILL")', "sends a signal to the current process, with --unsafe")
def _signal(arguments: Arguments) -> typed.Statement:
    return typed.Evaluate(typed.Call(_signal_c, (_signal_number(arguments),), INT64))


def _signal_number(arguments: Arguments) -> typed.Expr:
    _require_unsafe(arguments)
    arguments.count(1)
    node = arguments.call.arguments[0]
    if not isinstance(node, syntax.String):
        return arguments.integer(0)
    name = "SIG" + node.value.decode(errors="replace").upper().removeprefix("SIG")
    if name not in signal.Signals.__members__:
        raise arguments.error(f"there is no signal {name}", hint='write a number, or a name such as "KILL"')
    return typed.Const(int(signal.Signals[name]))


@partial(StatementFunction, 'signal_thread("KILL")', "sends a signal to the current thread, with --unsafe")
def _signal_thread(arguments: Arguments) -> typed.Statement:
    return typed.Evaluate(typed.Call(_signal_thread_c, (_signal_number(arguments),), INT64))


_SEND_TO_THREAD = Helper(
    "tt_signal_thread", "static long (*tt_signal_thread)(u32 number) = (void *)117;  /* bpf_send_signal_thread() */\n"
)


def _signal_thread_c(call: typed.Call, out: Writer) -> str:
    return f"{out.need(_SEND_TO_THREAD)}({value(call.arguments[0], out)})"


@partial(StatementFunction, "override(VALUE)", "has the kernel's function return VALUE at once, with --unsafe")
def _override(arguments: Arguments) -> typed.Statement:
    _require_unsafe(arguments)
    arguments.count(1)
    hook = arguments.scope.hook
    if hook.kind is not ProbeKind.KPROBE:
        raise arguments.error(f"override() cannot be used in {hook.name}", hint="use kprobe")
    return typed.Evaluate(typed.Call(_override_c, (arguments.integer(0),), INT64))


def _override_c(call: typed.Call, out: Writer) -> str:
    return f"bpf_override_return(ctx, {value(call.arguments[0], out)})"


def _signal_c(call: typed.Call, out: Writer) -> str:
    return f"bpf_send_signal({value(call.arguments[0], out)})"


def _require_unsafe(arguments: Arguments) -> None:
    if not arguments.scope.options.unsafe:
        raise arguments.error(
            f"{arguments.name}() acts on the machine",
            why="scripts may only look, unless they are told that they may act",
            hint="start it with `tracetop run --unsafe`",
        )


def _check_size(arguments: Arguments, values: tuple[typed.Expr, ...]) -> None:
    _offsets, size = tuple_offsets(tuple(value.type for value in values))
    if size > _MOST_PAYLOAD_BYTES:
        raise arguments.error(
            f"these values take {size} bytes, at most {_MOST_PAYLOAD_BYTES} are sent at once",
            hint="print members instead of whole structs, or shorter strings",
        )
    for i, each in enumerate(values):
        if each.type.form is Form.RECORD and not each.type.size:
            raise arguments.error("nothing is known of this struct's members", hint="name a member", at=arguments.at(i))
