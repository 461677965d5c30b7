"""From types of C to types of values, and from these to how a value lies in bytes, for whoever decodes it.

Owns: what a value of a C type is to a script (a field of a tracepoint's record, a member of a struct, a parameter of a
function), and what a field means by its name. Pure.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from msgspec import structs

from tracetop.lang.ctypes.type_table import KnownTypes
from tracetop.lang.tree.types import BOOL, STRING_BYTES, Form, Type, pointer, string, tuple_offsets
from tracetop.model.ctype import VOID, CField, CKind, CStruct, CType, builtin_type
from tracetop.model.kernel import Field
from tracetop.model.program import KeyRole, Unit
from tracetop.model.value import Shape, ValuePart, ValueType

_ARRAY = re.compile(r"(?P<element>.+?)\s*\[(?P<count>\w*)\]$")
_POINTER = re.compile(r"(?P<to>.+?)\s*\*$")
_DATA_LOC = re.compile(r"__(?:data|rel)_loc\s+(?P<element>.+?)\s*\[\]$")
_QUALIFIER = re.compile(r"\b(const|volatile|__user|__rcu|__percpu)\b\s*")
_BYTES_FIELDS = frozenset({"bytes", "len", "size", "bytes_req", "bytes_alloc"})
_TASK_FIELD = re.compile(r"(\w+_)?pid$")
_CHARACTERS = ("char", "unsigned char", "signed char")
_DEEPEST = 8
"""Structs in structs that are printed whole."""
Resolve = Callable[[str], CType | None]
"""From the name of a C type to what it is."""


@dataclass(frozen=True)
class FieldType:
    """The type of a tracepoint's field."""

    type: Type
    data_loc: bool = False
    """The record holds offset and length of the data, not the data."""


def field_type(category: str, field: Field, resolve: Resolve) -> FieldType | None:
    """Return the type of a field as its format gives it, or None for one that has no value here."""
    located = _DATA_LOC.match(field.c_type)
    if located:
        if field.c_type.startswith("__rel"):
            return None
        if located["element"] in _CHARACTERS:
            return FieldType(string(STRING_BYTES), data_loc=True)
        element = c_type(located["element"], 1, signed=False, resolve=resolve)
        return FieldType(pointer(element), data_loc=True) if element else None
    if is_text(field.c_type):
        return FieldType(string(field.size, KeyRole.COMM if field.name.endswith("comm") else KeyRole.STRING))
    found = c_type(field.c_type, field.size, signed=field.signed, resolve=resolve)
    if found is None:
        return None
    type_ = value_type(found, user=category in ("syscalls", "raw_syscalls"))
    if type_ is None or (type_.form is Form.INTEGER and field.size not in (1, 2, 4, 8)):
        return None
    if type_.form is not Form.INTEGER or type_.shape is not Shape.INTEGER:
        return FieldType(type_)
    return FieldType(Type(size=field.size, signed=field.signed, role=_role(category, field), unit=_unit(field)))


def array_of(text: str) -> tuple[str, int] | None:
    """Return element and count of an array that a format file writes as `text`: 0 for a count that is not a number."""
    array = _ARRAY.match(text)
    return array and (array["element"], int(array["count"]) if array["count"].isdecimal() else 0)


def is_text(text: str) -> bool:
    """Say whether a format file writes an array of characters so: a string, as long as the field."""
    array = array_of(text)
    return array is not None and array[0] in _CHARACTERS[:2]


def c_type(text: str, size: int, *, signed: bool, resolve: Resolve) -> CType | None:
    """Return the C type that a format file writes as `text`; what nothing is known of is an integer of `size` bytes."""
    text = " ".join(_QUALIFIER.sub("", text).split())
    array, pointing = array_of(text), _POINTER.match(text)
    if array:
        name, count = array
        if not count or size % count:
            return None
        element = c_type(name, size // count, signed=signed, resolve=resolve)
        return CType(kind=CKind.ARRAY, size=size, element=element, count=count) if element else None
    if pointing:
        to = c_type(pointing["to"], 0, signed=False, resolve=resolve) or VOID
        return CType(kind=CKind.POINTER, size=8, element=to)
    known = builtin_type(text) or resolve(text)
    if known is not None and (not size or known.size == size):
        return known
    return CType(kind=CKind.INT, size=size, signed=signed, name=text) if size in (0, 1, 2, 4, 8) else None


def value_type(c: CType, *, user: bool | None = None) -> Type | None:
    """Return the type of a value of a C type, or None for one that has no value (void, float, a bare function).

    `user`: it lies in, or came out of, the memory of the process, so that pointers in it point there too.
    """
    match c.kind:
        case CKind.INT | CKind.CHAR:
            return Type(size=c.size, signed=c.signed) if c.size in (1, 2, 4, 8) else None
        case CKind.BOOL:
            return BOOL
        case CKind.ENUM:
            return Type(size=c.size, signed=c.signed, shape=Shape.ENUM, c=c)
        case CKind.POINTER:
            return pointer(c.element or VOID, user=True if c.user else user)
        case CKind.ARRAY:
            if c.element is not None and c.element.kind is CKind.CHAR and c.count:
                return string(c.count)
            return Type(form=Form.ARRAY, size=c.size, signed=False, c=c, user=user, shape=Shape.ARRAY)
        case CKind.STRUCT | CKind.UNION:
            return Type(form=Form.RECORD, size=c.size, signed=False, c=c, user=user, shape=Shape.STRUCT)
        case _:
            return None


def member_type(member: CField, *, user: bool | None = None) -> Type | None:
    """Return the type of a struct's member; a task's name is one."""
    type_ = value_type(member.type, user=user)
    if type_ is not None and type_.form is Form.STRING and member.name == "comm":
        return string(type_.size, KeyRole.COMM)
    return type_


def _role(category: str, field: Field) -> KeyRole:
    if (category, field.name) == ("raw_syscalls", "id") or field.name == "__syscall_nr":
        return KeyRole.SYSCALL
    if category in ("sched", "task") and _TASK_FIELD.match(field.name):
        return KeyRole.TID
    return KeyRole.INTEGER


def _unit(field: Field) -> Unit:
    return Unit.BYTES if field.name in _BYTES_FIELDS else Unit.NONE


def layout(type_: Type, types: KnownTypes, depth: int = 0) -> ValueType:
    """Return how a value of the type lies in its `type_.size` bytes."""
    match type_.form:
        case Form.TUPLE:
            held = parts(type_.parts, types)
            if type_.names:
                held = tuple(structs.replace(part, name=name) for part, name in zip(held, type_.names, strict=True))
            return ValueType(shape=type_.shape, size=type_.size, parts=held)
        case Form.ARRAY:
            return _array_layout(type_, types, depth)
        case Form.RECORD:
            struct = types.struct(type_.c.name) if type_.c else None
            return ValueType(shape=Shape.STRUCT, size=type_.size, parts=_member_parts(struct, types, depth))
        case Form.OPAQUE:
            name = stack_map(type_) if type_.shape in (Shape.KSTACK, Shape.USTACK) else ""
            size, text = type_.size, type_.text
            signed = type_.shape is Shape.KSTACK
            return ValueType(shape=type_.shape, size=size, signed=signed, text=text, map=name, depth=type_.depth)
        case _:
            names = dict(types.enum_names(type_.c.name)) if type_.shape is Shape.ENUM and type_.c else {}
            text = type_.text if type_.shape is Shape.STRING else ""
            return ValueType(
                shape=type_.shape, size=type_.size, signed=type_.signed, names=names, own=type_.own, text=text
            )


def parts(types_: Sequence[Type], types: KnownTypes) -> tuple[ValuePart, ...]:
    """Return values side by side, as a tuple or a payload has them."""
    offsets, _size = tuple_offsets(tuple(types_))
    return tuple(ValuePart(offset=at, type=layout(part, types)) for at, part in zip(offsets, types_, strict=True))


def stack_map(type_: Type) -> str:
    """Return the C name of the map that a stack's frames are in: one for each depth, so that ids are not mixed."""
    stem = "tt_ustacks" if type_.shape is Shape.USTACK else "tt_kstacks"
    return f"{stem}_{type_.depth}" if type_.depth else stem


def _array_layout(type_: Type, types: KnownTypes, depth: int) -> ValueType:
    inner = _layout_of(type_.c.element, types, depth) if type_.c and type_.c.element else None
    if type_.c is None or inner is None:
        return ValueType(shape=Shape.BUFFER, size=type_.size)
    return ValueType(shape=Shape.ARRAY, size=type_.size, element=inner, count=type_.c.count)


def _layout_of(c: CType, types: KnownTypes, depth: int) -> ValueType | None:
    """Return how a member or element lies; of a floating-point number how it lies all the same."""
    if c.kind is CKind.FLOAT:
        return ValueType(shape=Shape.FLOAT, size=c.size)
    type_ = value_type(c)
    return layout(type_, types, depth + 1) if type_ else None


def _member_parts(struct: CStruct | None, types: KnownTypes, depth: int) -> tuple[ValuePart, ...]:
    found: list[ValuePart] = []
    for member in struct.fields if struct and depth < _DEEPEST else ():
        inner = _layout_of(member.type, types, depth)
        if inner is None or (not inner.size and inner.shape is not Shape.STRUCT):
            continue
        found.append(
            ValuePart(
                name=member.name, offset=member.offset, type=inner, bit_offset=member.bit_offset, bits=member.bits
            )
        )
    return tuple(found)
