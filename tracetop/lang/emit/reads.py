"""C of what lies in memory that is not ours: the hook's arguments, members, elements, what pointers point to.

Nothing is followed by C itself: every read is a helper's, which gives zeros where there is nothing to read.
"""

from contextlib import nullcontext
from dataclasses import replace

from tracetop.lang.ctypes.value_types import array_of, is_text
from tracetop.lang.emit.dispatch import Space, Where, address, fill, statement, text, value
from tracetop.lang.emit.maps import pointer
from tracetop.lang.emit.prelude import READ, READ_STR
from tracetop.lang.emit.writer import Writer, c_integer, c_stored
from tracetop.lang.plan.plan import PlannedProgram, field_key
from tracetop.lang.tree import typed
from tracetop.lang.tree.hook import UsdtArgument
from tracetop.lang.tree.types import INT64, Form, Type
from tracetop.lang.vocabulary.builtins import ARGUMENTS, POINTERS, RETURN, RETURN_ADDRESS_BYTES
from tracetop.model.abi.event_slots import DropSlots
from tracetop.model.kernel import Field
from tracetop.model.kinds import ProbeKind, ProgramType
from tracetop.model.program import KeyRole


def narrowed(type_: Type, written: str) -> str:
    """Return C text of an integer that is the low bytes of a register."""
    narrow = f"({c_stored(type_)})" if type_.size < 8 else ""
    return f"({c_integer(type_)}){narrow}{written}"


@value.register
def _argument(node: typed.Argument, out: Writer) -> str:
    hook, arch = out.program.hook, out.unit.plan.arch
    if hook.kind is ProbeKind.RAW_TRACEPOINT:
        return narrowed(node.type, f"ctx->args[{node.index}]")
    if hook.kind.facts.program is ProgramType.TRACING:
        return narrowed(node.type, f"ctx[{node.index}]")
    if hook.kind is ProbeKind.USDT:
        return _usdt(node, out)
    return narrowed(node.type, f"ctx->{ARGUMENTS[arch][node.index]}")


@value.register
def _parameter(node: typed.Parameter, out: Writer) -> str:
    return _placed(node, node.place, out)


@address.register
def _place_of_parameter(node: typed.Parameter, _out: Writer) -> Where:
    return Where(f"(u64)ctx->{node.place.register} + {node.place.displacement}", Space.USER)


def _usdt(node: typed.Argument, out: Writer) -> str:
    place = out.program.hook.arguments[node.index]
    if place is None:
        raise AssertionError("checked before")
    return _placed(node, place, out)


def _placed(node: typed.Argument | typed.Parameter, place: UsdtArgument, out: Writer) -> str:
    if place.constant is not None:
        return f"{place.constant}LL" if place.constant >= -(1 << 63) + 1 else "(-9223372036854775807LL - 1)"
    if not place.in_memory:
        shift = f" >> {place.shift}" if place.shift else ""
        return narrowed(node.type, f"(ctx->{place.register}{shift})")
    where = f"(u64)ctx->{place.register} + {place.displacement}LL"
    if place.index:
        where += f" + (u64)ctx->{place.index} * {place.scale}"
    return out.recall(node) or out.remember(node, read(Where(where, Space.USER), node.type, out))


@value.register
def _result(node: typed.Result, out: Writer) -> str:
    hook = out.program.hook
    if hook.kind is ProbeKind.FEXIT and hook.function:
        return narrowed(node.type, f"ctx[{len(hook.function.parameters)}]")
    return narrowed(node.type, f"ctx->{RETURN[out.unit.plan.arch]}")


@value.register
def _register(node: typed.Register, out: Writer) -> str:
    inner = "regs." if out.program.hook.kind.facts.program is ProgramType.PERF_EVENT else ""
    return f"(u64)ctx->{inner}{node.name}"


@value.register
def _stack_argument(node: typed.StackArgument, out: Writer) -> str:
    arch = out.unit.plan.arch
    offset = 8 * node.index + RETURN_ADDRESS_BYTES[arch]
    where = Where(f"(u64)ctx->{POINTERS[arch][1]} + {offset}", Space.ANY)
    return out.recall(node) or out.remember(node, read(where, node.type, out))


def read(where: Where, type_: Type, out: Writer, bit_offset: int = 0, bits: int = 0) -> str:
    """Write the read of an integer, or of a bit-field of `bits` in it, and return C text of its value."""
    if where.space is Space.LOCAL:
        held = f"*({c_stored(type_)} *)({where.address})"
        held = _bits(held, type_, bit_offset, bits) if bits else held
        return out.temporary(type_, f"{where.valid} ? {held} : 0" if where.valid else held)
    name = out.number(f"u{type_.size * 8}" if bits else c_stored(type_), "m", "0")
    read_memory(where, f"&{name}", f"sizeof({name})", out)
    if bits:
        return out.temporary(type_, _bits(name, type_, bit_offset, bits))
    return f"({c_integer(type_)}){name}"


def _bits(held: str, type_: Type, bit_offset: int, bits: int) -> str:
    """Return C text of a bit-field: shifted to the top first, so that its sign is kept."""
    return f"({c_integer(type_)})((u64){held} << {64 - bit_offset - bits}) >> {64 - bits}"


@address.register
def _place_of_variable(node: typed.VarValue, out: Writer) -> Where:
    if node.type.is_scalar:
        return Where(f"(char *)&{out.variable(node.name)}", Space.LOCAL)
    return Where(text(node, out), Space.LOCAL)


@address.register
def _place_of_map_value(node: typed.MapValue, out: Writer) -> Where:
    if node.type.is_scalar:
        return Where(f"(u64){pointer(node.slot, out)}", Space.KERNEL)
    return Where(text(node, out), Space.LOCAL)


@address.register
def _place_of_deref(node: typed.Deref, out: Writer) -> Where:
    return Where(out.temporary(Type(signed=False), f"(u64){value(node.pointer, out)}", "p"), Space.of(node.type.user))


@address.register
def _place_of_member(node: typed.Member, out: Writer) -> Where:
    return address(node.base, out).moved(node.offset)


@address.register
def _place_of_element(node: typed.Element, out: Writer) -> Where:
    base = address(node.base, out)
    if isinstance(node.index, typed.Const):
        offset = node.index.value * node.type.size
        if base.space is Space.LOCAL and not 0 <= offset < node.base.type.size:
            return Where("0", Space.KERNEL)
        return base.moved(offset)
    index = out.temporary(Type(signed=False), value(node.index, out), "i")
    count = node.count or (max(1, node.base.type.size // node.type.size) if base.space is Space.LOCAL else 0)
    if not count:
        return base.moved(f"{index} * {node.type.size}")
    within = out.temporary(Type(signed=False), f"{index} < {count}", "within")
    with out.block(f"if (!{within})"):
        out.line(f"{index} = {count - 1};")
        if node.warned:
            statement(typed.Send(node.warned), out)
    return replace(
        base.moved(f"{index} * {node.type.size}"), valid=f"{base.valid} && {within}" if base.valid else within
    )


@address.register
def _place_of_field(node: typed.FieldValue, out: Writer) -> Where:
    reading = out.program.raw.readings[field_key(node)] if out.program.raw else None
    if reading and reading.kernel:
        base, offset, _size = reading.kernel
        return Where(f"(u64){base} + {offset}", Space.KERNEL)
    if node.data_loc and out.program.raw:
        return Where(value(node, out), Space.KERNEL)
    if node.data_loc:
        return Where(f"(u64)ctx + ({out.record_field(node.field.name)} & 0xffff)", Space.KERNEL)
    return Where(f"(u64)ctx + {node.field.offset + (node.index or 0) * node.type.size}", Space.KERNEL)


@value.register
def _read_value(node: typed.Deref | typed.Member | typed.Element, out: Writer) -> str:
    known = out.recall(node)
    if known:
        return known
    where = address(node, out)
    if isinstance(node, typed.Member):
        return out.remember(node, read(where, node.type, out, node.bit_offset, node.bits))
    return out.remember(node, read(where, node.type, out))


@fill.register
def _copy(node: typed.Deref | typed.Member | typed.Element | typed.Parameter, place: str, out: Writer) -> None:
    copy(address(node, out), place, node.type, out)


def copy(where: Where, place: str, type_: Type, out: Writer) -> None:
    """Write the copy of what lies somewhere into a place of ours; of text, up to its NUL."""
    if where.space is Space.LOCAL:
        with out.block(f"if ({where.valid})") if where.valid else nullcontext():
            out.move(place, where.address, type_.size)
    # What lies after the NUL is nobody's: in a key it would make several of one.
    elif type_.form is Form.STRING:
        read_text(where, place, type_, out)
    else:
        read_memory(where, place, str(type_.size), out)


def read_memory(where: Where, place: str, size: str, out: Writer) -> None:
    """Write the read of `size` (C text) bytes of memory that is not ours."""
    out.line(f"{_told(_read_c(_checked(where, out), place, size, out, is_text=False), out)};")


def count_unread(where: Where, got: str, out: Writer) -> None:
    """Write the count of a string of a process that was not there, or not in memory, as the read's result says."""
    if where.space in (Space.USER, Space.ANY):
        out.unit.reads_strings = True
        out.when(f"{got} < 0 && {where.address}", out.drop(DropSlots(len(out.unit.plan.maps)).unread))


def read_text(where: Where, place: str, type_: Type, out: Writer, *, counted: bool = False) -> None:
    """Write the read of a string of that type: up to its NUL, or as many bytes as there is room for.

    `counted`: where it cannot be read, that is counted.
    """
    where = _checked(where, out)
    whole = _told(_read_c(where, place, str(type_.size), out, is_text=True), out)
    if counted:
        whole = out.temporary(INT64, whole, "got")
        count_unread(where, whole, out)
    if type_.role is KeyRole.COMM:  # the kernel keeps the NUL of a task's name
        out.line(f"{whole};")
    else:
        out.when(f"{whole} == {type_.size}", f"{last_byte(where, place, type_, out)};")


def last_byte(where: Where, place: str, type_: Type, out: Writer) -> str:
    """Return C text that reads the last byte there is room for, which a helper for strings leaves to the NUL."""
    at = type_.size - 1
    return _read_c(Where(f"{where.address} + {at}", where.space), f"({place} + {at})", "1", out, is_text=False)


def read_string(where: Where, place: str, size: str, out: Writer) -> str:
    """Return C text of the call that reads at most `size` (C text) bytes of a string, NUL included: how many."""
    return _told(_read_c(_checked(where, out), place, size, out, is_text=True), out)


def _told(call: str, out: Writer) -> str:
    """Return C text of what a read returns; where the asker wants to be told of one that fails, it is sent first."""
    if not out.unit.failed_read:
        return call
    result = out.temporary(INT64, call, "got")
    with out.block(f"if ({result} < 0)"):
        statement(typed.Send(out.unit.failed_read), out)
    return result


def _checked(where: Where, out: Writer) -> Where:
    """Return the place, which is 0 where it is not valid: there is nothing to read there."""
    if not where.valid:
        return where
    return Where(out.temporary(Type(signed=False), f"{where.valid} ? {where.address} : 0"), where.space)


def _read_c(where: Where, place: str, size: str, out: Writer, *, is_text: bool) -> str:
    if where.space is Space.ANY:
        return f"{out.need(READ_STR if is_text else READ)}({place}, {size}, {where.address})"
    space = Space.KERNEL if where.space is Space.LOCAL else where.space
    helper = f"bpf_probe_read_{space.value}{'_str' if is_text else ''}"
    return f"{helper}({place}, {size}, (void *)({where.address}))"


def record_members(program: PlannedProgram, read: set[str]) -> tuple[str, ...]:
    """Return the members of a tracepoint's record, laid out as its format says, with explicit padding.

    Of a program that other hooks may share it has only the fields that it reads: their records may differ elsewhere.
    """
    format_ = program.hook.format
    members, end = ["u64 common;"], 8
    for field in sorted(format_.fields, key=lambda each: each.offset) if format_ else ():
        member = _member(field)
        if member is None or field.offset < end or (program.shared and field.name not in read):
            continue
        if field.offset > end:
            members.append(f"u8 pad{end}[{field.offset - end}];")
        members.append(member)
        end = field.offset + field.size
    return tuple(members)


def _member(field: Field) -> str | None:
    """Return a field's declaration, or None for one that no expression can name."""
    sign = "s" if field.signed else "u"
    if "__data_loc" in field.c_type or "__rel_loc" in field.c_type:
        return f"u32 f_{field.name};"
    element, count = array_of(field.c_type) or ("", 0)
    if is_text(field.c_type) or array_of(element):
        return f"char f_{field.name}[{field.size}];"
    if count and field.size // count in (1, 2, 4, 8):
        return f"{sign}{8 * field.size // count} f_{field.name}[{count}];"
    return f"{sign}{8 * field.size} f_{field.name};" if field.size in (1, 2, 4, 8) else None
