"""The type that holds what either of two types holds, and what an operation on two integers gives. Pure."""

from dataclasses import replace

from tracetop.lang.tree.types import Form, Type, tuple_of
from tracetop.model.program import NS_IN, KeyRole, Unit
from tracetop.model.value import Shape


def join(a: Type, b: Type) -> Type | None:
    """Return the type that holds what either holds, or None where there is none (a string and an integer)."""
    if Form.UNKNOWN in (a.form, b.form):
        return b if a.form is Form.UNKNOWN else a
    if a.is_integer and b.is_integer:
        return _join_integers(a, b)
    if a.form is not b.form:
        return None
    if a.form is Form.STRING:
        exact = max(a.exact, b.exact) if a.exact and b.exact else 0
        role = a.role if a.role == b.role else KeyRole.STRING
        cut = a.text or b.text if a.size == b.size else (a if a.size > b.size else b).text
        return replace(a, size=max(a.size, b.size), exact=exact, role=role, own=a.own and b.own, text=cut)
    if a.form is Form.TUPLE:
        return _join_tuples(a, b)
    if a.form is Form.BUFFER:
        return replace(a, size=max(a.size, b.size))
    if a.form in (Form.RECORD, Form.ARRAY):
        return a if a.c == b.c else None
    return a if (a.shape, a.text) == (b.shape, b.text) else None


def _join_tuples(a: Type, b: Type) -> Type | None:
    """Return the tuple that either fits into; a record's parts go by their names."""
    if sorted(a.names) != sorted(b.names) or len(a.parts) != len(b.parts):
        return None
    others = [b.parts[b.names.index(name)] for name in a.names] if a.names else b.parts
    parts = [join(x, y) for x, y in zip(a.parts, others, strict=True)]
    return tuple_of(tuple(part for part in parts if part), a.names) if all(parts) else None


def _join_integers(a: Type, b: Type) -> Type:
    for each in (a, b):
        if each.form is Form.POINTER:  # and the other a number, such as 0: still that pointer
            return each
    if a.plain and b.plain and Shape.BOOL in (a.shape, b.shape):
        signed, size = a.shape is not b.shape, max(a.size, b.size)
    elif a.plain != b.plain or a.signed == b.signed:
        signed, size = is_signed(a, b), max(a.size, b.size)
    else:
        narrow, wide = (a, b) if a.signed else (b, a)
        signed, size = True, narrow.size if narrow.size > wide.size else min(2 * wide.size, 8)
    like = a if b.plain and not a.plain else b if a.plain and not b.plain else None
    return Type(
        size=size,
        signed=signed,
        plain=a.plain and b.plain,
        role=_join_roles(a.role, b.role),
        unit=join_units(a.unit, b.unit),
        stamp=like.stamp if like else a.stamp and b.stamp,
        shape=a.shape if (a.shape, a.c) == (b.shape, b.c) else Shape.INTEGER,
        c=a.c if a.c == b.c else None,
    )


def _join_roles(a: KeyRole, b: KeyRole) -> KeyRole:
    """Return what a number of two roles is: a process's is that of its main thread."""
    if {a, b} == {KeyRole.PID, KeyRole.TID}:
        return KeyRole.PID
    return a if a == b else KeyRole.INTEGER


def is_signed(a: Type, b: Type) -> bool:
    """Say whether an operation on two integers is signed: where either is; a plain number takes the other's sign."""
    if Form.POINTER in (a.form, b.form):
        return False
    if a.plain and b.plain:
        return True
    return b.signed if a.plain else a.signed if b.plain else a.signed or b.signed


def join_units(a: Unit, b: Unit) -> Unit:
    """Return the unit of two values that go to the same place: a bare number takes the other's."""
    return a if b in (a, Unit.NONE) else b if a is Unit.NONE else Unit.NONE


def divided_unit(unit: Unit, divisor: int | None) -> Unit:
    """Return the unit of a quotient: nanoseconds by 1000 are microseconds; by anything unknown, a bare number."""
    if divisor == 1:
        return unit
    quotient_ns = NS_IN.get(unit, 0) * (divisor or 0)
    return next((each for each in Unit if NS_IN.get(each) == quotient_ns), Unit.NONE)
