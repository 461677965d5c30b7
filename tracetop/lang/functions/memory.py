"""Functions on what lies at an address: ``str``, ``buf``, ``path``, ``macaddr``, ``ntop`` and their like."""

from functools import partial

from tracetop.lang.check.calls import Arguments, ValueFunction
from tracetop.lang.emit.dispatch import Space, Where, address, value
from tracetop.lang.emit.reads import copy, read_memory
from tracetop.lang.emit.writer import Writer
from tracetop.lang.options import MAX_STRING_BYTES
from tracetop.lang.tree import typed
from tracetop.lang.tree.types import Form, Type, opaque, pointer, spoken, string
from tracetop.model.ctype import VOID
from tracetop.model.kinds import ProgramType
from tracetop.model.value import Shape

_AF_INET, _AF_INET6 = 2, 10
_ADDRESS = Type(signed=False)
_WORD = 8


def padded(size: int) -> int:
    """Return a size that is a multiple of 8."""
    return -(-size // _WORD) * _WORD


def _target(call: typed.Call | typed.MemoryCall, out: Writer) -> Where:
    """Return where the first argument points to; to an address that was just taken, that place itself."""
    node = call.arguments[0]
    if isinstance(node, typed.Unary) and node.op == "&":
        return address(node.operand, out)
    return Where(value(node, out), Space.of(call.user))


@partial(ValueFunction, "str(POINTER, LENGTH)", "the string that a pointer points to; LENGTH may be left out")
def _str(arguments: Arguments) -> typed.Expr:
    arguments.count(1, 2)
    first = arguments.value(0)
    if first.type.form is Form.STRING and len(arguments) == 1:
        return first  # a record's own text: older bpftrace wants it asked for
    if first.type.form is Form.ARRAY and first.type.c:  # of unsigned characters, say
        size = min(first.type.size, MAX_STRING_BYTES)
        return _string_at((typed.Unary("&", first, _ADDRESS),), first.type.user, size)
    where = arguments.pointer(0)
    size = arguments.scope.settings.max_strlen
    if len(arguments) == 2:
        length = arguments.value(1)
        if not isinstance(length, typed.Const):
            return _string_at((where, arguments.integer(1)), arguments.space(where), size)
        size = min(arguments.constant(1, 1, 1 << 20) + 1, max(size, MAX_STRING_BYTES))
    cut = () if padded(size) == size else (typed.Const(size - 1),)
    return _string_at((where, *cut), arguments.space(where), size)


def _string_at(arguments: tuple[typed.Expr, ...], user: bool | None, size: int) -> typed.Expr:
    """Return the string at a pointer; a length, where only the event knows it, is the second argument."""
    return typed.MemoryCall(_str_c, arguments, string(padded(size)), user, constant=True)


def _str_c(call: typed.MemoryCall, place: str, out: Writer) -> None:
    where = _target(call, out)
    size = str(call.type.size)
    for length in call.arguments[1:]:  # the NUL that ends it is not counted
        size = out.temporary(_ADDRESS, f"(u64){value(length, out)} + 1", "size")
        out.when(f"{size} > {call.type.size}", f"{size} = {call.type.size};")
    read_memory(where, place, size, out, is_text=True)


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
    where = _target(call, out)
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
    size = arguments.constant(1, 1, MAX_STRING_BYTES) if len(arguments) == 2 else arguments.scope.settings.max_strlen
    return typed.MemoryCall(_path_c, (arguments.pointer(0),), string(padded(size)))


def _path_c(call: typed.MemoryCall, place: str, out: Writer) -> None:
    out.line(f"bpf_d_path((struct path *){value(call.arguments[0], out)}, {place}, {call.type.size});")


@partial(ValueFunction, "macaddr(POINTER)", "a MAC address as text")
def _macaddr(arguments: Arguments) -> typed.Expr:
    arguments.count(1)
    operand = arguments.value(0)
    if operand.type.form in (Form.ARRAY, Form.STRING):
        if operand.type.size < 6:
            raise arguments.error("a MAC address has 6 bytes", at=arguments.at(0))
        where: typed.Expr = typed.Unary("&", operand, _ADDRESS)
        user = operand.type.user
    else:
        where = arguments.pointer(0)
        user = arguments.space(where)
    return typed.Call(_macaddr_c, (where,), opaque(Shape.MAC, 8), user)


def _macaddr_c(call: typed.Call, out: Writer) -> str:
    place = out.array(8)
    copy(_target(call, out), place, Type(form=Form.OPAQUE, size=6), out)
    return f"*(u64 *)({place})"


@partial(ValueFunction, "ntop(FAMILY, ADDRESS)", "an IP address as text; FAMILY may be left out")
def _ntop(arguments: Arguments) -> typed.Expr:
    arguments.count(1, 2)
    family = (arguments.integer(0),) if len(arguments) == 2 else ()
    operand = arguments.value(len(arguments) - 1)
    if not operand.type.is_integer and not (operand.type.form is Form.ARRAY and operand.type.size in (4, 16)):
        raise arguments.error(
            f"ntop() takes an address of 4 or 16 bytes, this is {spoken(operand.type)}",
            hint="write ntop(AF_INET, INTEGER) or ntop(ARRAY)",
            at=arguments.at(len(arguments) - 1),
        )
    return typed.MemoryCall(_ntop_c, (*family, operand), opaque(Shape.INET, 24))


def _ntop_c(call: typed.MemoryCall, place: str, out: Writer) -> None:
    *families, operand = call.arguments
    in_memory = operand.type.form is Form.ARRAY
    size = operand.type.size if in_memory else 4
    default = str(_AF_INET6 if size == 16 else _AF_INET)
    out.line(f"*(u32 *)({place}) = {value(families[0], out) if families else default};")
    if in_memory:
        copy(address(operand, out), f"({place} + 4)", Type(form=Form.OPAQUE, size=size), out)
    else:
        out.line(f"*(u32 *)({place} + 4) = {value(operand, out)};")


def _into(usage: str, about: str, *, user: bool) -> ValueFunction:
    """Return ``uptr`` or ``kptr``: the same address, said to be of the process or of the kernel."""

    def check(arguments: Arguments) -> typed.Expr:
        arguments.count(1)
        operand = arguments.pointer(0)
        return typed.Convert(operand, pointer(operand.type.c or VOID, user=user))

    return ValueFunction(usage, about, check)


_UPTR = _into("uptr(POINTER)", "an address in the process", user=True)
_KPTR = _into("kptr(POINTER)", "an address in the kernel", user=False)
