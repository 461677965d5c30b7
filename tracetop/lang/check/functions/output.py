"""Functions that make user space do something: ``printf``, ``print``, ``time``, ``exit`` and their like.

Owns: the action that each sends, and how its payload is laid out. Refuses to own: carrying it out, which the tracer
does when the event comes.
"""

import signal
from collections.abc import Callable

from tracetop.lang.check.functions.call_arguments import Arguments
from tracetop.lang.check.functions.function import StatementFunction
from tracetop.lang.check.functions.printf_formats import check_format
from tracetop.lang.check.functions.strings import joined
from tracetop.lang.ctypes.value_layout import layout, parts
from tracetop.lang.tree import syntax, typed
from tracetop.lang.tree.types import INT64, Form, tuple_offsets
from tracetop.model.program import Exit, Format, PrintEntry, PrintMap, PrintValue
from tracetop.model.value import ValuePart

_MOST_PAYLOAD_BYTES = 8192
_MOST = (1 << 31) - 1


def _formatted(verb: str, *, unsafe: bool = False) -> Callable[[Arguments], typed.Statement]:
    """Return the check of a function that takes a format and values."""

    def check(arguments: Arguments) -> typed.Statement:
        if unsafe:
            _require_unsafe(arguments)
        if not len(arguments):
            raise arguments.error(f"{arguments.name}() takes a format")
        text = arguments.literal(0).decode(errors="surrogateescape")
        values = arguments.values(1)
        made = check_format(arguments, text, values)
        _check_size(arguments, values)
        action = Format(verb, made, parts([value.type for value in values], arguments.scope.types))
        return typed.Send(action, values)

    return check


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


def _time(arguments: Arguments) -> typed.Statement:
    arguments.count(0, 1)
    literal = arguments.literal(0).partition(b"\0")[0] if len(arguments) else b"%H:%M:%S\n"
    return typed.Send(Format("time", (literal.decode(errors="surrogateescape"),)))


def _join(arguments: Arguments) -> typed.Statement:
    strings, delimiter, part = joined(arguments)
    types = arguments.scope.types
    many = tuple(ValuePart(offset=part.size * i, type=layout(part, types)) for i in range(len(strings.type.parts)))
    return typed.Send(Format("join", (delimiter,), many), (strings,))


def _exit(arguments: Arguments) -> typed.Statement:
    arguments.count(0, 1)
    code = arguments.integer(0) if len(arguments) else typed.Const(0)
    return typed.Block((typed.Send(Exit(), (typed.Convert(code, INT64),)), typed.Return()))


def _signal(arguments: Arguments) -> typed.Statement:
    _require_unsafe(arguments)
    arguments.count(1)
    node = arguments.call.arguments[0]
    if not isinstance(node, syntax.String):
        return typed.Signal(arguments.integer(0))
    name = node.value.decode(errors="replace").upper()
    name = name if name.startswith("SIG") else f"SIG{name}"
    number = signal.Signals.__members__.get(name)
    if number is None:
        raise arguments.error(f"there is no signal {name}", hint='write a number, or a name such as "KILL"')
    return typed.Signal(typed.Const(int(number)))


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
    for i, value in enumerate(values):
        if value.type.form is Form.RECORD and not value.type.size:
            raise arguments.error("nothing is known of this struct's members", hint="name a member", at=arguments.at(i))


OUTPUT_FUNCTIONS = {
    "printf": StatementFunction(
        _formatted("printf"),
        'printf("FORMAT", VALUES)',
        "prints text: %d a number, %s a string, %x hex, \\n ends the line",
    ),
    "errorf": StatementFunction(_formatted("errorf"), 'errorf("FORMAT", VALUES)', "prints text as an error"),
    "warnf": StatementFunction(_formatted("warnf"), 'warnf("FORMAT", VALUES)', "prints text as a warning"),
    "debugf": StatementFunction(_formatted("printf"), 'debugf("FORMAT", VALUES)', "prints text, as printf"),
    "print": StatementFunction(_print, "print(@MAP, TOP, DIVISOR)", "prints a map, or any value: print(VALUE)"),
    "time": StatementFunction(_time, 'time("%H:%M:%S\\n")', "prints the time of day"),
    "cat": StatementFunction(_formatted("cat"), 'cat("PATH")', "prints a file"),
    "system": StatementFunction(
        _formatted("system", unsafe=True), 'system("COMMAND")', "runs a command, with --unsafe"
    ),
    "join": StatementFunction(_join, "join(POINTERS, DELIMITER)", "prints an array of strings, such as an argv"),
    "exit": StatementFunction(
        _exit, "exit(CODE)", "ends the script; tracetop run ends with the code, 0 where there is none"
    ),
    "signal": StatementFunction(_signal, 'signal("KILL")', "sends a signal to the current process, with --unsafe"),
}
