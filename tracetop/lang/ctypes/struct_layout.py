"""How the C ABI of x86_64 and aarch64 lays a struct out: alignment, bit-fields, packing.

Owns: offsets and sizes. Refuses to own: what a type is called and where its description comes from. Both ABIs are
little-endian here and agree but for bit-fields without a name, which on aarch64 align the struct too.
"""

from dataclasses import dataclass

from tracetop.model.ctype import CField, CKind, CType


@dataclass(frozen=True)
class Member:
    """A member to be placed."""

    name: str
    type: CType
    align: int
    """Of its type, in bytes."""
    bits: int | None = None
    """Width of a bit-field; 0 ends the unit that the ones before it share."""
    packed: bool = False
    aligned: int = 0
    """Bytes that it is aligned to at least."""


@dataclass(frozen=True)
class Laid:
    """Members in their places."""

    fields: tuple[CField, ...]
    size: int
    align: int


def lay_out(members: tuple[Member, ...], arch: str, *, is_union: bool, packed: bool, aligned: int = 0) -> Laid | None:
    """Return the members in their places, or None where a packed bit-field crosses what one load can read.

    `aligned`: bytes that the whole is aligned to at least.
    """
    fields: list[CField] = []
    position = end = 0
    align = max(1, aligned)
    for member in members:
        position = 0 if is_union else end
        own = max(1 if packed or member.packed else member.align, member.aligned)
        if member.bits is None or (not packed and (member.name or arch == "aarch64")):
            align = max(align, own)
        if member.bits is None:
            position = _round_up(position, 8 * own)
            fields.append(CField(name=member.name, type=member.type, offset=position // 8))
            end = max(end, position + 8 * member.type.size)
            continue
        unit = 8 * member.type.size
        crosses = position // unit != (position + member.bits - 1) // unit
        if member.bits == 0 or (crosses and not packed):
            position = _round_up(position, unit)
        end = max(end, position + member.bits)
        if member.name:
            field = _bit_field(member, position, packed)
            if field is None:
                return None
            fields.append(field)
    return Laid(tuple(fields), _round_up(end, 8 * align) // 8, align)


def _bit_field(member: Member, position: int, packed: bool) -> CField | None:
    """Return a bit-field at a position in bits, in the unit of its type, or if packed the smallest that holds it."""
    bits = member.bits or 0
    size = member.type.size
    offset = position // (8 * size) * size
    type_ = member.type
    if packed:
        offset = position // 8
        needed = position % 8 + bits
        size = next((bytes_ for bytes_ in (1, 2, 4, 8) if needed <= 8 * bytes_), 0)
        if not size:
            return None
        if size != type_.size:
            type_ = CType(kind=CKind.INT, size=size, signed=type_.signed, name=type_.name)
    return CField(name=member.name, type=type_, offset=offset, bit_offset=position - 8 * offset, bits=bits)


def _round_up(value: int, multiple: int) -> int:
    return -(-value // multiple) * multiple
