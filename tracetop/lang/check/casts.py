"""Checking of what names a type: casts, ``sizeof``, ``offsetof``."""

from dataclasses import replace

from tracetop.errors import ScriptError
from tracetop.lang.check.scope import Scope
from tracetop.lang.ctypes.value_types import value_type
from tracetop.lang.tree import syntax, typed
from tracetop.lang.tree.joining import join
from tracetop.lang.tree.types import INT64, Form, Type, spoken, tuple_of
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
    if name.of is not None and not name.pointers and not name.dimensions:
        return _type_of(name.of, scope)
    found = value_type(named_type(name, scope))
    if found is None:
        raise scope.error(name.at, f"{name.name} has no values", hint="write a pointer to it, as in void *")
    return found


def _type_of(of: syntax.TypeName | syntax.Expr, scope: Scope) -> Type:
    """Return the type in ``typeof(…)``: what a value holds, without what the value means."""
    if isinstance(of, syntax.TypeName):
        return value_type_of(of, scope)
    found = scope.check(of, scope).type
    if found.form is not Form.INTEGER:
        return found
    return Type(size=found.size, signed=found.signed, shape=found.shape, c=found.c)


def cast(node: syntax.Cast, scope: Scope) -> typed.Expr:
    """Return ``(type)operand``."""
    operand = scope.check(node.operand, scope)
    if node.to.dimensions == (0,):
        return _as_array(operand, node, scope)
    if node.to.name == "string" and operand.type.form is Form.STRING:
        return operand
    to = value_type_of(node.to, scope)
    if to.form is Form.ARRAY and operand.type.form is Form.INTEGER:
        return _bytes(operand, to, node, scope)
    if to.form is Form.POINTER and operand.type.form is Form.STRING:  # the place where the string lies
        return typed.Unary("&", operand, replace(to, user=operand.type.user or False))
    if to.is_integer or operand.type.form is Form.UNKNOWN:
        return _number(operand, to, node, scope)
    if to.form is operand.type.form and to.c == operand.type.c:
        return operand
    raise scope.error(
        node.at,
        f"{spoken(operand.type)} cannot be cast to {spoken(to)}",
        hint=f"cast to a pointer, as in ({node.to.name} *)…" if to.form is Form.RECORD else "leave the cast out",
    )


def _number(operand: typed.Expr, to: Type, node: syntax.Cast, scope: Scope) -> typed.Expr:
    """Return the cast to an integer or a pointer."""
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
        return typed.Binary("!=", operand, typed.number(0), operand.type.signed, to)
    if to.form is Form.POINTER:
        user = operand.type.user if operand.type.form is Form.POINTER else None
        return typed.Convert(operand, replace(to, user=True if to.user else user))
    if to.form is not Form.INTEGER or to.shape is Shape.ENUM:
        return typed.Convert(operand, to)
    return typed.Convert(operand, replace(to, role=operand.type.role, unit=operand.type.unit, stamp=operand.type.stamp))


def _bytes(operand: typed.Expr, to: Type, node: syntax.Cast, scope: Scope) -> typed.Expr:
    """Return the bytes of an integer as an array of a length: what the integer has no bytes for is zero."""
    if to.size < operand.type.size:
        raise scope.error(
            node.at,
            f"an integer of {operand.type.size} bytes cannot be cast to an array of {to.size}",
            hint="cast it first, as in (uint8[4])(uint32)$x",
        )
    words = (operand, *[typed.number(0)] * (-(-to.size // 8) - 1))
    held = typed.Tuple(words, tuple_of((INT64,) * len(words)))
    return typed.Member(held, 0, replace(to, user=False))


def _as_array(operand: typed.Expr, node: syntax.Cast, scope: Scope) -> typed.Expr:
    """Return ``(type[])operand``: as many elements as the bytes of an integer, string or array make."""
    element = named_type(replace(node.to, dimensions=()), scope)
    size = packed_size(operand.type)
    if operand.type.form not in (Form.INTEGER, Form.STRING, Form.ARRAY) or not element.size or size % element.size:
        raise scope.error(
            node.at,
            f"{spoken(operand.type)} of {size} bytes cannot be cast to an array of {node.to.name}",
            hint="cast an integer, a string or an array, as in (uint8[])(uint32)$x",
        )
    c = CType(kind=CKind.ARRAY, size=size, element=element, count=size // element.size)
    array = Type(form=Form.ARRAY, size=size, signed=False, c=c, user=False, shape=Shape.ARRAY)
    if operand.type.form is Form.INTEGER:
        operand = typed.Tuple((operand,), tuple_of((INT64,)))
    return typed.Member(operand, 0, replace(array, user=operand.type.user or False))


def size_of(node: syntax.SizeOf, scope: Scope) -> typed.Expr:
    """Return ``sizeof(type or expression)``, in bytes."""
    if isinstance(node.of, syntax.TypeName) and node.of.of is not None:
        return typed.number(packed_size(value_type_of(node.of, scope)))
    if isinstance(node.of, syntax.TypeName):
        found = named_type(node.of, scope)
        struct = scope.types.struct(found.name) if found.kind in (CKind.STRUCT, CKind.UNION) else None
        return typed.number(struct.size if struct else found.size)
    value = scope.check(node.of, scope)
    return typed.number(len(value.value) + 1 if isinstance(value, typed.Text) else packed_size(value.type))


def packed_size(type_: Type) -> int:
    """Return the bytes that a value takes where nothing but its own parts is aligned: of (1, "ab") 4."""
    if type_.form is not Form.TUPLE or not type_.parts:
        return type_.exact or type_.size
    end, widest = 0, 1
    for part in type_.parts:
        align = _packed_align(part)
        end = -(-end // align) * align + packed_size(part)
        widest = max(widest, align)
    return -(-end // widest) * widest


def _packed_align(type_: Type) -> int:
    return max(map(_packed_align, type_.parts), default=1) if type_.form is Form.TUPLE else type_.align


def fitted(value: typed.Expr, to: Type, name: str, at: int, scope: Scope) -> typed.Expr:
    """Return a value as a variable of a declared type takes it. ScriptError for what would lose something."""
    given = value.type
    if Form.UNKNOWN in (given.form, to.form):
        return value
    if not (given.is_integer and to.is_integer):
        joined = join(to, given)
        if joined is None or packed_size(given) > to.size:
            raise _unfit(spoken(given), to, name, at, scope)
        return value
    if isinstance(value, typed.Const) and to.form is Form.INTEGER:
        least = -(1 << 8 * to.size - 1) if to.signed else 0
        if not least <= value.value < least + (1 << 8 * to.size):
            raise _unfit(str(value.value), to, name, at, scope)
        return value
    return typed.Convert(value, to) if to.form is Form.INTEGER and to.size < 8 else value


def _unfit(spelt: str, to: Type, name: str, at: int, scope: Scope) -> ScriptError:
    kind = f"{'' if to.signed else 'u'}int{8 * to.size}" if to.form is Form.INTEGER else spoken(to)
    return scope.error(
        at, f"{spelt} does not fit into {name}, which is declared as {kind}", hint="declare it wider, or cast the value"
    )


def offset_of(node: syntax.OffsetOf, scope: Scope) -> typed.Expr:
    """Return ``offsetof(struct, member.inner)``, in bytes."""
    c: CType | None
    if isinstance(node.of, syntax.TypeName):
        c = named_type(node.of, scope) if node.of.of is None else value_type_of(node.of, scope).c
    else:
        c = scope.check(node.of, scope).type.c
    offset = 0
    for name in node.path:
        place = scope.types.member(c, name) if c else None
        if place is None:
            raise scope.error(node.at, f"there is no member {name}", hint="write offsetof(struct NAME, MEMBER)")
        offset, c = offset + place.offset, place.member.type
    return typed.number(offset)
