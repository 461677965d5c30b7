"""From types of C to types of values: fields of a tracepoint's record, members of structs, parameters of functions.

Owns: what a value of a C type is to a script, and what a field means by its name. Pure.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from tracetop.lang.tree.types import BOOL, STRING_BYTES, Form, Type, pointer, string
from tracetop.model.ctype import VOID, CField, CKind, CType, builtin_type
from tracetop.model.kernel import Field
from tracetop.model.program import KeyRole, Unit
from tracetop.model.value import Shape

_ARRAY = re.compile(r"(?P<element>.+?)\s*\[(?P<count>\w*)\]$")
_POINTER = re.compile(r"(?P<to>.+?)\s*\*$")
_DATA_LOC = re.compile(r"__(?:data|rel)_loc\s+(?P<element>.+?)\s*\[\]$")
_QUALIFIER = re.compile(r"\b(const|volatile|__user|__rcu|__percpu)\b\s*")
_BYTES_FIELDS = frozenset({"bytes", "len", "size", "bytes_req", "bytes_alloc"})
_TASK_FIELD = re.compile(r"(\w+_)?pid$")
_CHARACTERS = ("char", "unsigned char", "signed char")
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
    array = _ARRAY.match(field.c_type)
    if array and array["element"] in _CHARACTERS[:2]:
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


def c_type(text: str, size: int, *, signed: bool, resolve: Resolve) -> CType | None:
    """Return the C type that a format file writes as `text`; what nothing is known of is an integer of `size` bytes."""
    text = " ".join(_QUALIFIER.sub("", text).split())
    array, pointing = _ARRAY.match(text), _POINTER.match(text)
    if array:
        count = int(array["count"]) if array["count"].isdecimal() else 0
        if not count or size % count:
            return None
        element = c_type(array["element"], size // count, signed=signed, resolve=resolve)
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
