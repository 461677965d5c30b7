"""Functions on what lies at an address: ``str``, ``buf``, ``path``, ``macaddr``, ``ntop`` and their like."""

from dataclasses import replace
from functools import partial

from tracetop.lang.check.calls import Arguments, ValueFunction
from tracetop.lang.emit.dispatch import Space, Where, address, text, value
from tracetop.lang.emit.reads import copy, count_unread, last_byte, read_memory, read_string, read_text
from tracetop.lang.emit.writer import Writer
from tracetop.lang.options import MAX_STRING_BYTES
from tracetop.lang.tree import typed
from tracetop.lang.tree.types import INT64, Form, Type, pointer, string, text_type
from tracetop.model.ctype import VOID, CKind
from tracetop.model.kinds import ProgramType
from tracetop.model.value import Shape

_ADDRESS = Type(signed=False)
_WORD = 8


def padded(size: int) -> int:
    """Return a size that is a multiple of 8."""
    return -(-size // _WORD) * _WORD


def target_of(call: typed.Call | typed.MemoryCall, out: Writer) -> Where:
    """Return where the first argument points to; to an address that was just taken, that place itself."""
    node = call.arguments[0]
    if isinstance(node, typed.Unary) and node.op == "&":
        return address(node.operand, out)
    return Where(value(node, out), Space.of(call.user))


@partial(ValueFunction, "str(POINTER, LENGTH)", "the string that a pointer points to; LENGTH may be left out")
def _str(arguments: Arguments) -> typed.Expr:
    arguments.count(1, 2)
    first = arguments.value(0)
    length = (arguments.integer(1),) if len(arguments) == 2 else ()
    most = arguments.scope.settings.max_strlen
    if isinstance(first, typed.Const) and (first.type.plain or first.value < 0):
        data = str(first.value).encode()  # bpftrace takes a number that is spelt out for its digits
        first = typed.Text(data, text_type(data))
    if first.type.form is Form.STRING:
        return _part(first, *length) if length else first  # a record's own text: older bpftrace wants it asked for
    if first.type.form is Form.ARRAY and first.type.c:  # of unsigned characters, say
        where: typed.Expr = typed.Unary("&", first, _ADDRESS)
        user, type_ = first.type.user, string(min(first.type.size, most))
    else:
        where = arguments.pointer(0)
        user, type_ = arguments.space(where), string(most, cut=arguments.scope.settings.str_trunc_trailer)
    if length and isinstance(length[0], typed.Const) and 0 <= length[0].value < type_.size:
        type_ = string(length[0].value + 1)
    return typed.MemoryCall(_str_c, (where, *length), type_, user, constant=True)


def _str_c(call: typed.MemoryCall, place: str, out: Writer) -> None:
    """Write the read of a string; a length, the second argument, counts the NUL that ends it."""
    where, room = target_of(call, out), call.type.size
    if len(call.arguments) == 1:
        read_text(where, place, call.type, out, counted=True)
        return
    length = call.arguments[1]
    if isinstance(length, typed.Const) and 0 <= length.value <= room:
        got = out.temporary(INT64, read_string(where, place, str(length.value), out), "got")
        count_unread(where, got, out)
        return
    wanted = out.temporary(_ADDRESS, value(length, out), "wanted")
    size = out.temporary(_ADDRESS, f"{wanted} > {room} ? {room} : {wanted}", "size")
    got = out.temporary(INT64, read_string(where, place, size, out), "got")
    count_unread(where, got, out)
    with out.block(f"if ({got} == {room} && {wanted} > {room})"):
        out.line(f"{last_byte(where, place, call.type, out)};")


def text_of(arguments: Arguments, i: int) -> typed.Expr:
    """Return argument `i` as a string: what a pointer to characters points to, an array of them, or a string."""
    found = arguments.value(i)
    c = found.type.c
    if found.type.form is Form.ARRAY and c and c.element and c.element.size == 1:
        where = (typed.Unary("&", found, _ADDRESS),)
        return typed.MemoryCall(_str_c, where, string(found.type.size), found.type.user, constant=True)
    if found.type.form is Form.POINTER and c and c.kind in (CKind.CHAR, CKind.INT) and c.size == 1:
        whole = string(arguments.scope.settings.max_strlen, cut=arguments.scope.settings.str_trunc_trailer)
        return typed.MemoryCall(_str_c, (found,), whole, arguments.space(found), constant=True)
    return arguments.text(i)


def _part(text_: typed.Expr, length: typed.Expr) -> typed.Expr:
    """Return the first part of a string: of one that is spelt out so many bytes, of any other its NUL included."""
    if isinstance(text_, typed.Text) and isinstance(length, typed.Const):
        data = text_.value[: length.value] if length.value >= 0 else text_.value
        return typed.Text(data, text_type(data))
    return typed.MemoryCall(_part_c, (text_, length), text_.type, constant=True)


def _part_c(call: typed.MemoryCall, place: str, out: Writer) -> None:
    source, wanted = text(call.arguments[0], out), value(call.arguments[1], out)
    room = call.type.size
    size = out.temporary(_ADDRESS, wanted, "size")
    with out.block(f"if ({size} > {room})"):
        out.move(place, source, room)
    with out.block("else"):
        out.line(f"bpf_probe_read_kernel_str({place}, {size}, {source});")


@partial(ValueFunction, "buf(POINTER, LENGTH)", "the bytes at an address")
def _buf(arguments: Arguments) -> typed.Expr:
    arguments.count(1, 2)
    first = arguments.value(0)
    if first.type.form in (Form.ARRAY, Form.STRING):
        where: typed.Expr = typed.Unary("&", first, _ADDRESS)
        length: typed.Expr = arguments.integer(1) if len(arguments) == 2 else typed.Const(first.type.size)
        user = first.type.user
    elif len(arguments) == 2:
        where, length = arguments.pointer(0), arguments.integer(1)
        user = arguments.space(where)
    else:
        raise arguments.error("buf() of a pointer needs a length", hint="write buf(POINTER, LENGTH)")
    most = arguments.scope.settings.max_strlen
    if isinstance(length, typed.Const) and length.value > 0:
        most = min(length.value, MAX_STRING_BYTES)
    type_ = Type(form=Form.BUFFER, size=padded(4 + most), signed=False, shape=Shape.BUFFER)
    return typed.MemoryCall(_buf_c, (where, length), type_, user, most=most)


def _buf_c(call: typed.MemoryCall, place: str, out: Writer) -> None:
    where = target_of(call, out)
    size = out.temporary(_ADDRESS, value(call.arguments[1], out), "size")
    out.when(f"{size} > {call.most}", f"{size} = {call.most};")
    out.line(f"*(u32 *)({place}) = {size};")
    if where.space is Space.LOCAL:
        copy(where, f"({place} + 4)", Type(size=call.most), out)
        return
    read_memory(where, f"{place} + 4", size, out)


@partial(ValueFunction, "path(POINTER)", "the path of a struct path")
def _path(arguments: Arguments) -> typed.Expr:
    arguments.count(1, 2)
    hook = arguments.scope.hook
    if hook.kind.facts.program is not ProgramType.TRACING:
        raise arguments.error(
            f"path() cannot be used in {hook.name}",
            why="the kernel allows it in fentry and fexit of some functions only",
            hint="read the name's last part: $file->f_path.dentry->d_name.name with str()",
        )
    most = arguments.scope.settings.max_strlen
    size = min(arguments.constant(1, 1, MAX_STRING_BYTES), most) if len(arguments) == 2 else most
    return typed.MemoryCall(_path_c, (arguments.pointer(0),), string(padded(size)))


def _path_c(call: typed.MemoryCall, place: str, out: Writer) -> None:
    out.line(f"bpf_d_path((struct path *){value(call.arguments[0], out)}, {place}, {call.type.size});")


def _into(usage: str, about: str, *, user: bool) -> ValueFunction:
    """Return ``uptr`` or ``kptr``: the same address, said to be of the process or of the kernel."""

    def check(arguments: Arguments) -> typed.Expr:
        arguments.count(1)
        operand = arguments.pointer(0)
        if operand.type.form is Form.POINTER:
            return typed.Convert(operand, pointer(operand.type.c or VOID, user=user))
        return typed.Convert(operand, replace(operand.type, user=user, plain=False))

    return ValueFunction(usage, about, check)


_UPTR = _into("uptr(POINTER)", "an address in the process", user=True)
_KPTR = _into("kptr(POINTER)", "an address in the kernel", user=False)
