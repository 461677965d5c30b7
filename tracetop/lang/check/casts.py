"""Checking of what names a type: casts, ``sizeof``, ``offsetof``."""

from dataclasses import replace

from tracetop.lang.check.scope import Scope
from tracetop.lang.ctypes.value_types import value_type
from tracetop.lang.tree import syntax, typed
from tracetop.lang.tree.types import Form, Type, spoken, tuple_of
from tracetop.model.ctype import CKind, CType
from tracetop.model.value import Shape


def named_type(name: syntax.TypeName, scope: Scope) -> CType:
    """Return the C type that a script writes. ScriptError for an unknown one."""
    found = scope.types.resolve(name)
    if found is None:
        raise scope.error(
            name.at,
            f"unknown type {name.name}",
            why="a struct is named with the word struct before it"
            if scope.types.named(f"struct {name.name}")
            else "neither the script nor this kernel's type information defines it",
            hint="write string, or leave the type out"
            if name.name.lower() in ("str", "string")
            else f"write (struct {name.name} *)"
            if scope.types.named(f"struct {name.name}")
            else "define the struct in the script, or use uint8 to uint64, int8 to int64",
        )
    return found


def value_type_of(name: syntax.TypeName, scope: Scope) -> Type:
    """Return the type of values of a type that a script writes."""
    found = value_type(named_type(name, scope))
    if found is None:
        raise scope.error(name.at, f"{name.name} has no values", hint="write a pointer to it, as in void *")
    return found


def cast(node: syntax.Cast, scope: Scope) -> typed.Expr:
    """Return ``(type)operand``."""
    operand = scope.check(node.operand, scope)
    if node.to.name == "string" and operand.type.form is Form.STRING:
        return operand
    to = value_type_of(node.to, scope)
    if to.form is Form.POINTER:
        user = operand.type.user if operand.type.form is Form.POINTER else None
        to = replace(to, user=True if to.user else user)
    if to.form is Form.ARRAY and operand.type.form is Form.INTEGER:
        if to.size != operand.type.size:
            raise scope.error(
                node.at,
                f"an integer of {operand.type.size} bytes cannot be cast to an array of {to.size}",
                hint="cast it first, as in (uint8[4])(uint32)$x",
            )
        held = typed.Tuple((operand,), tuple_of((operand.type,)))
        return typed.Member(held, 0, replace(to, user=False))
    if not to.is_integer:
        if to.form is operand.type.form and to.c == operand.type.c:
            return operand
        raise scope.error(
            node.at,
            f"{spoken(operand.type)} cannot be cast to {spoken(to)}",
            hint=f"cast to a pointer, as in ({node.to.name} *)…" if to.form is Form.RECORD else "leave the cast out",
        )
    if operand.type.form is Form.OPAQUE and operand.type.is_scalar:  # of a symbol or user, its number
        return typed.Convert(operand, to)
    if operand.type.form in (Form.ARRAY, Form.RECORD) and to.form is Form.INTEGER and operand.type.size <= 8:
        first = Type(size=min(to.size, operand.type.size), signed=to.signed)
        return typed.Convert(typed.Member(operand, 0, first), to)
    if not operand.type.is_integer:
        raise scope.error(
            node.at, f"what is cast must be an integer, this is {spoken(operand.type)}", hint="leave the cast out"
        )
    if to.shape is Shape.BOOL:
        return typed.Binary("!=", operand, typed.Const(0), operand.type.signed, to)
    if to.form is Form.POINTER or to.shape is Shape.ENUM:
        return typed.Convert(operand, to)
    return typed.Convert(operand, replace(to, role=operand.type.role, unit=operand.type.unit, stamp=operand.type.stamp))


def size_of(node: syntax.SizeOf, scope: Scope) -> typed.Expr:
    """Return ``sizeof(type or expression)``, in bytes."""
    if isinstance(node.of, syntax.TypeName):
        found = named_type(node.of, scope)
        struct = scope.types.struct(found.name) if found.kind in (CKind.STRUCT, CKind.UNION) else None
        return typed.Const(struct.size if struct else found.size)
    value = scope.check(node.of, scope)
    return typed.Const(len(value.value) + 1 if isinstance(value, typed.Text) else value.type.size)


def offset_of(node: syntax.OffsetOf, scope: Scope) -> typed.Expr:
    """Return ``offsetof(struct, member.inner)``, in bytes."""
    if isinstance(node.of, syntax.TypeName):
        c: CType | None = named_type(node.of, scope)
    else:
        c = scope.check(node.of, scope).type.c
    offset = 0
    for name in node.path:
        place = scope.types.member(c, name) if c else None
        if place is None:
            raise scope.error(node.at, f"there is no member {name}", hint="write offsetof(struct NAME, MEMBER)")
        offset, c = offset + place.offset, place.member.type
    return typed.Const(offset)
