"""From types of values to how they lie in bytes, for whoever decodes keys, values and payloads."""

from collections.abc import Sequence

from tracetop.lang.ctypes.type_table import KnownTypes
from tracetop.lang.ctypes.value_types import value_type
from tracetop.lang.tree.types import Form, Type, tuple_offsets
from tracetop.model.ctype import CStruct
from tracetop.model.value import Shape, ValuePart, ValueType

_DEEPEST = 8
"""Structs in structs that are printed whole."""


def layout(type_: Type, types: KnownTypes, depth: int = 0) -> ValueType:
    """Return how a value of the type lies in its `type_.size` bytes."""
    match type_.form:
        case Form.STRING:
            return ValueType(shape=Shape.STRING, size=type_.size, signed=False)
        case Form.BUFFER:
            return ValueType(shape=Shape.BUFFER, size=type_.size, signed=False)
        case Form.POINTER:
            return ValueType(shape=Shape.POINTER, size=type_.size, signed=False)
        case Form.TUPLE:
            return ValueType(shape=Shape.TUPLE, size=type_.size, parts=parts(type_.parts, types))
        case Form.ARRAY:
            return _array(type_, types, depth)
        case Form.RECORD:
            struct = types.struct(type_.c.name) if type_.c else None
            return ValueType(shape=Shape.STRUCT, size=type_.size, parts=_members(struct, types, depth))
        case Form.OPAQUE:
            name = stack_map(type_) if type_.shape in (Shape.KSTACK, Shape.USTACK) else ""
            size, text = type_.size, type_.text
            signed = type_.shape is Shape.KSTACK
            return ValueType(shape=type_.shape, size=size, signed=signed, text=text, map=name, depth=type_.depth)
        case _:
            names = dict(types.enum_names(type_.c.name)) if type_.shape is Shape.ENUM and type_.c else {}
            return ValueType(shape=type_.shape, size=type_.size, signed=type_.signed, names=names)


def parts(types_: Sequence[Type], types: KnownTypes) -> tuple[ValuePart, ...]:
    """Return values side by side, as a tuple or a payload has them."""
    offsets, _size = tuple_offsets(tuple(types_))
    return tuple(ValuePart(offset=at, type=layout(part, types)) for at, part in zip(offsets, types_, strict=True))


def stack_map(type_: Type) -> str:
    """Return the C name of the map that a stack's frames are in: one for each depth, so that ids are not mixed."""
    stem = "tt_ustacks" if type_.shape is Shape.USTACK else "tt_kstacks"
    return f"{stem}_{type_.depth}" if type_.depth else stem


def _array(type_: Type, types: KnownTypes, depth: int) -> ValueType:
    element = value_type(type_.c.element) if type_.c and type_.c.element else None
    if type_.c is None or element is None:
        return ValueType(shape=Shape.BUFFER, size=type_.size)
    inner = layout(element, types, depth + 1)
    return ValueType(shape=Shape.ARRAY, size=type_.size, element=inner, count=type_.c.count)


def _members(struct: CStruct | None, types: KnownTypes, depth: int) -> tuple[ValuePart, ...]:
    found: list[ValuePart] = []
    for member in struct.fields if struct and depth < _DEEPEST else ():
        type_ = value_type(member.type)
        if type_ is None or (not type_.size and type_.form is not Form.RECORD):
            continue
        inner = layout(type_, types, depth + 1)
        found.append(
            ValuePart(
                name=member.name, offset=member.offset, type=inner, bit_offset=member.bit_offset, bits=member.bits
            )
        )
    return tuple(found)
