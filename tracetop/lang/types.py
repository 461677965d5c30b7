"""The types of values: how wide, and what they mean (role, unit). Pure data and the rules that join two of them."""

import re
from dataclasses import dataclass, replace
from enum import StrEnum

from tracetop.model.kernel import Field
from tracetop.model.program import KeyRole, Unit

STRING_BYTES = 64
"""Room for a string whose length only the event knows (``str()``, ``__data_loc``), NUL included."""


class Form(StrEnum):
    """What a value is made of."""

    INTEGER = "integer"
    STRING = "string"
    UNKNOWN = "unknown"
    """A map's value before the pass that learns it; nothing is checked against it."""


@dataclass(frozen=True, kw_only=True)
class Type:
    """The type of one value."""

    form: Form = Form.INTEGER
    size: int = 8
    """Bytes that it takes as part of a key; arithmetic is always done in 64 bits."""
    signed: bool = True
    role: KeyRole = KeyRole.INTEGER
    unit: Unit = Unit.NONE
    stamp: bool = False
    """A point in time (`nsecs`): the difference of two is a duration in nanoseconds."""

    @property
    def is_integer(self) -> bool:
        """True for what can be counted with."""
        return self.form is not Form.STRING


UNKNOWN = Type(form=Form.UNKNOWN)
INT64 = Type()
UINT64 = Type(signed=False)
BOOL = Type(size=1, signed=False)
NSECS = Type(signed=False, stamp=True)


def string(size: int, role: KeyRole = KeyRole.STRING) -> Type:
    """Return the type of strings of at most `size` bytes, NUL included."""
    return Type(form=Form.STRING, size=size, signed=False, role=role)


def integer(name: str) -> Type:
    """Return the type that a cast names, e.g. ``uint32``."""
    return Type(size=int(name.lstrip("uint")) // 8, signed=not name.startswith("u"))


def join(a: Type, b: Type) -> Type | None:
    """Return the type that holds what either holds, or None where there is none (a string and an integer)."""
    if Form.UNKNOWN in (a.form, b.form):
        return b if a.form is Form.UNKNOWN else a
    if a.form is not b.form:
        return None
    signed = a.signed and b.signed if a.size == b.size else a.signed or b.signed
    size = max(a.size, b.size)
    if a.form is Form.INTEGER and a.signed != b.signed and a.size != b.size:
        size = 8
    return replace(
        a,
        size=size,
        signed=signed,
        role=a.role if a.role == b.role else KeyRole.STRING if a.form is Form.STRING else KeyRole.INTEGER,
        unit=join_units(a.unit, b.unit),
        stamp=a.stamp and b.stamp,
    )


def join_units(a: Unit, b: Unit) -> Unit:
    """Return the unit of two values that go to the same place: a bare number takes the other's."""
    return a if b in (a, Unit.NONE) else b if a is Unit.NONE else Unit.NONE


_FINER = {
    (Unit.NS, 1_000): Unit.US,
    (Unit.NS, 1_000_000): Unit.MS,
    (Unit.NS, 1_000_000_000): Unit.S,
    (Unit.US, 1_000): Unit.MS,
    (Unit.US, 1_000_000): Unit.S,
    (Unit.MS, 1_000): Unit.S,
}


def divided_unit(unit: Unit, divisor: int | None) -> Unit:
    """Return the unit of a quotient: nanoseconds by 1000 are microseconds; by anything unknown, a bare number."""
    if divisor == 1:
        return unit
    return Unit.NONE if divisor is None else _FINER.get((unit, divisor), Unit.NONE)


@dataclass(frozen=True)
class FieldType:
    """The type of a tracepoint's field; of an array, that of its elements."""

    type: Type
    count: int = 0
    """Elements of an array that must be indexed; 0 for a plain value."""
    data_loc: bool = False
    """The record holds offset and length of a string, not the string."""


_ARRAY = re.compile(r"(?P<element>.+?)\s*\[(?P<count>\w*)\]$")
_BYTES_FIELDS = frozenset({"bytes", "len", "size", "bytes_req", "bytes_alloc"})
_TASK_FIELD = re.compile(r"(\w+_)?pid$")


def field_type(category: str, field: Field) -> FieldType | None:
    """Return the type of a field as its format gives it, or None for a type that has no value here (a struct)."""
    if field.c_type.startswith(("__data_loc", "__rel_loc")):
        is_text = field.c_type.replace(" ", "") == "__data_locchar[]"
        return FieldType(string(STRING_BYTES), data_loc=True) if is_text else None
    array = _ARRAY.match(field.c_type)
    if array is None:
        plain = Type(size=field.size, signed=field.signed, role=_role(category, field), unit=_unit(field))
        return FieldType(plain) if field.size in (1, 2, 4, 8) else None
    if array["element"] in ("char", "unsigned char"):
        return FieldType(string(field.size, KeyRole.COMM if field.name.endswith("comm") else KeyRole.STRING))
    count = int(array["count"]) if array["count"].isdecimal() else 0
    size = field.size // count if count else 0
    return FieldType(Type(size=size, signed=field.signed), count=count) if size in (1, 2, 4, 8) else None


def _role(category: str, field: Field) -> KeyRole:
    if (category, field.name) == ("raw_syscalls", "id") or field.name == "__syscall_nr":
        return KeyRole.SYSCALL
    if category in ("sched", "task") and _TASK_FIELD.match(field.name):
        return KeyRole.TID
    return KeyRole.INTEGER


def _unit(field: Field) -> Unit:
    return Unit.BYTES if field.name in _BYTES_FIELDS else Unit.NONE
