"""Functions on strings and bytes in memory: ``str``, ``buf``, ``strncmp``, ``strcontains`` and their like."""

from tracetop.lang.check.functions.call_arguments import Arguments
from tracetop.lang.check.functions.function import ValueFunction
from tracetop.lang.check.scope import MapUse
from tracetop.lang.options import MAX_STRING_BYTES
from tracetop.lang.tree import syntax, typed
from tracetop.lang.tree.types import Form, Type, opaque, spoken, string
from tracetop.model.kinds import Family, ProbeKind, ProgramType
from tracetop.model.value import Shape

_WORD = 8
_JOINED_STRINGS = 16


def _padded(size: int) -> int:
    return -(-size // _WORD) * _WORD


def space(arguments: Arguments, pointer: typed.Expr) -> bool | None:
    """Return whether a pointer points into the process (True) or the kernel (False); None where that is not known."""
    if pointer.type.form is Form.POINTER and pointer.type.user is not None:
        return pointer.type.user
    hook = arguments.scope.hook
    if hook.kind is ProbeKind.TRACEPOINT:  # pointers in records of other tracepoints are the kernel's own
        return hook.category in ("syscalls", "raw_syscalls") if isinstance(pointer, typed.FieldValue) else None
    return True if hook.kind.facts.family is Family.USER else None


def address(arguments: Arguments, i: int) -> typed.Expr:
    """Return argument `i` as something that holds an address."""
    pointer = arguments.value(i)
    if pointer.type.form is Form.STRING:
        raise arguments.error("this is a string already", hint=f"leave {arguments.name}() away", at=arguments.at(i))
    if not pointer.type.is_integer:
        raise arguments.error(f"{arguments.name}() takes a pointer, this is {spoken(pointer.type)}", at=arguments.at(i))
    return pointer


def _str(arguments: Arguments) -> typed.Expr:
    arguments.count(1, 2)
    first = arguments.value(0)
    if first.type.form is Form.STRING and len(arguments) == 1:
        return first  # a record's own text: older bpftrace wants it asked for
    if first.type.form is Form.ARRAY and first.type.c:  # of unsigned characters, say
        size = min(first.type.size, MAX_STRING_BYTES)
        return typed.StringAt(typed.Unary("&", first, Type(signed=False)), first.type.user, string(_padded(size)))
    pointer = address(arguments, 0)
    size = arguments.scope.settings.max_strlen
    if len(arguments) == 2:
        length = arguments.value(1)
        if isinstance(length, typed.Const):
            size = min(arguments.constant(1, 1, 1 << 20) + 1, max(size, MAX_STRING_BYTES))
        else:
            wanted = arguments.integer(1)
            return typed.StringAt(pointer, space(arguments, pointer), string(_padded(size)), wanted)
    room = _padded(size)
    cut = None if room == size else typed.Const(size - 1)
    return typed.StringAt(pointer, space(arguments, pointer), string(room), cut)


def _buf(arguments: Arguments) -> typed.Expr:
    arguments.count(1, 2)
    first = arguments.value(0)
    most = arguments.scope.settings.max_strlen
    if first.type.form in (Form.ARRAY, Form.STRING):
        pointer: typed.Expr = typed.Unary("&", first, Type(signed=False))
        length: typed.Expr = arguments.integer(1) if len(arguments) == 2 else typed.Const(first.type.size)
        user = first.type.user
    elif len(arguments) == 2:
        pointer, length = address(arguments, 0), arguments.integer(1)
        user = space(arguments, pointer)
    else:
        raise arguments.error("buf() of a pointer needs a length", hint="write buf(POINTER, LENGTH)")
    size = min(length.value, MAX_STRING_BYTES) if isinstance(length, typed.Const) and length.value > 0 else most
    type_ = Type(form=Form.BUFFER, size=_padded(4 + size), signed=False, shape=Shape.BUFFER)
    return typed.BufferAt(pointer, length, user, type_, size)


def _strncmp(arguments: Arguments) -> typed.Expr:
    arguments.count(3)
    left, right = arguments.text(0), arguments.text(1)
    limit = arguments.constant(2, 1, MAX_STRING_BYTES)
    return typed.SameText(left, right, negated=True, limit=limit, type=Type(size=4))


def _strcontains(arguments: Arguments) -> typed.Expr:
    arguments.count(2)
    return typed.Contains(arguments.text(0), arguments.text(1))


def _strlen(arguments: Arguments) -> typed.Expr:
    arguments.count(1)
    return typed.Length(arguments.text(0))


def _strerror(arguments: Arguments) -> typed.Expr:
    arguments.count(1)
    return typed.Named(arguments.integer(0), opaque(Shape.ERROR, 8))


def _strftime(arguments: Arguments) -> typed.Expr:
    arguments.count(2)
    text = arguments.literal(0).partition(b"\0")[0].decode(errors="replace")
    return typed.Named(arguments.integer(1), opaque(Shape.STRFTIME, 8, text=text))


def _path(arguments: Arguments) -> typed.Expr:
    arguments.count(1, 2)
    hook = arguments.scope.hook
    if hook.kind.facts.program is not ProgramType.TRACING:
        raise arguments.error(
            f"path() cannot be used in {hook.name}",
            why="the kernel allows it in fentry and fexit of some functions only",
            hint="read the name's last part: $file->f_path.dentry->d_name.name with str()",
        )
    size = arguments.constant(1, 1, MAX_STRING_BYTES) if len(arguments) == 2 else arguments.scope.settings.max_strlen
    return typed.PathAt(address(arguments, 0), string(_padded(size)))


def joined(arguments: Arguments) -> tuple[typed.Expr, str, Type]:
    """Return the array of ``join(argv, delimiter)``, the delimiter, and the type of one of its strings."""
    arguments.count(1, 2)
    delimiter = arguments.literal(1).decode(errors="replace") if len(arguments) == 2 else " "
    part = string(_padded(arguments.scope.settings.max_strlen))
    argv = address(arguments, 0)
    many = Type(form=Form.TUPLE, size=part.size * _JOINED_STRINGS, parts=(part,) * _JOINED_STRINGS, shape=Shape.TUPLE)
    return typed.Joined(argv, space(arguments, argv), many), delimiter, part


def _entries(arguments: Arguments, target: syntax.Map, use: MapUse | None) -> typed.Expr:
    """Return how many entries a map has."""
    if use and use.kind and use.kind.facts.is_bucketed:
        raise arguments.error(
            f"len() does not tell how many entries {target.name} has",
            why="each of its values is many entries in the kernel",
            hint="count on the way, as in @n++",
            at=arguments.at(0),
        )
    arguments.scope.learnt.asked.setdefault(target.name, target.at)
    return typed.MapLength(target.name)


def _len(arguments: Arguments) -> typed.Expr:
    arguments.count(1)
    target = arguments.map(0)
    if target is not None and not target.keys:
        use = arguments.scope.known.maps.get(target.name)
        if use is None or use.keys:
            return _entries(arguments, target, use)
    value = arguments.value(0)
    if isinstance(value, typed.Stack):
        return typed.StackLength(value)
    if value.type.form in (Form.STRING, Form.UNKNOWN):
        return typed.Length(value)
    raise arguments.error(
        f"len() takes a stack or a string, this is {spoken(value.type)}",
        at=arguments.at(0),
    )


STRING_FUNCTIONS = {
    "str": ValueFunction(_str, "str(POINTER, LENGTH)", "the string that a pointer points to; LENGTH may be left out"),
    "buf": ValueFunction(_buf, "buf(POINTER, LENGTH)", "the bytes at an address"),
    "strncmp": ValueFunction(
        _strncmp, "strncmp(STRING, STRING, LENGTH)", "0 where the first LENGTH bytes are the same"
    ),
    "strcontains": ValueFunction(_strcontains, "strcontains(STRING, PART)", "1 where the string has the part"),
    "strlen": ValueFunction(_strlen, "strlen(STRING)", "bytes of a string"),
    "strerror": ValueFunction(
        _strerror, "strerror(NUMBER)", "the text of an error number, e.g. 2: No such file or directory"
    ),
    "strftime": ValueFunction(_strftime, 'strftime("%H:%M:%S", nsecs)', "the time of day of nsecs, as text"),
    "path": ValueFunction(_path, "path(POINTER)", "the path of a struct path"),
    "len": ValueFunction(_len, "len(@MAP)", "entries of a map, frames of a stack, bytes of a string"),
}
__all__ = ["STRING_FUNCTIONS", "joined"]
