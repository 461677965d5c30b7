"""Checking of expressions that name a place in memory: fields of ``args``, members, elements, what a pointer points to.

Owns: what ``.``, ``->``, ``[]``, ``*`` and ``&`` mean. A pointer is followed by ``.`` as by ``->``.
"""

from dataclasses import replace

from tracetop.errors import KernelError, ScriptError, did_you_mean
from tracetop.lang.check.scope import Scope
from tracetop.lang.ctypes.value_types import field_type, member_type, value_type
from tracetop.lang.resolve.calling_convention import parameter_places
from tracetop.lang.tree import syntax, typed
from tracetop.lang.tree.types import (
    INT64,
    UINT64,
    UNKNOWN,
    Form,
    Type,
    pointer,
    pointer_to,
    spoken,
    string,
    tuple_of,
    tuple_offsets,
)
from tracetop.model.ctype import BY_CONVENTION, CKind, DebugFunction
from tracetop.model.kernel import Field
from tracetop.model.kinds import ProbeKind
from tracetop.model.program import Warned

_BEYOND = "Array access out of bounds. This can lead to unexpected results."
_CHARACTER = Type(size=1, signed=True)


def access(node: syntax.Access, scope: Scope) -> typed.Expr:
    """Return the value of ``base.field``."""
    if _is_args(node.base):
        return _argument(node, scope)
    base = scope.check(node.base, scope)
    if base.type.form is Form.UNKNOWN:
        return typed.Member(base, 0, UNKNOWN)
    if base.type.form is Form.TUPLE:
        return _tuple_item(node, base, scope)
    record = _followed(base)
    if record is None or record.type.c is None:
        raise scope.error(node.at, f"{spoken(base.type)} has no fields", hint=_mend_access(node, base, scope))
    return member(record, node.field, node.at, scope)


def member(record: typed.Expr, name: str, at: int, scope: Scope) -> typed.Expr:
    """Return a member of a record. ScriptError where it has none of that name, or one without a value."""
    c = record.type.c
    found = scope.types.member(c, name) if c else None
    if c is None or found is None:
        names = [place.member.name for place in scope.types.members(c) if place.member.name] if c else []
        spelt = spoken(record.type).removeprefix("a ")
        if not names:
            raise scope.error(
                at, f"nothing is known of {spelt}", hint="define the struct in the script, or cast to one that is known"
            )
        raise scope.error(
            at, f"{spelt} has no member {name}", hint=did_you_mean(name, names, f"it has {', '.join(names[:12])}")
        )
    type_ = member_type(found.member, user=record.type.user)
    if type_ is None:
        raise scope.error(
            at,
            f"{name} has no value that a script can use",
            why=f"it is a {found.member.type.kind}",
            hint="use another",
        )
    return typed.Member(record, found.offset, type_, found.member.bit_offset, found.member.bits)


def index(node: syntax.Index, scope: Scope) -> typed.Expr:
    """Return the value of ``base[index]``."""
    base, where = scope.check(node.base, scope), scope.check(node.index, scope)
    if not where.type.is_integer:
        raise scope.error(node.index.at, f"an index is an integer, this is {spoken(where.type)}", hint="write a number")
    type_ = base.type
    if type_.form is Form.UNKNOWN:
        return typed.Element(base, where, type_)
    if type_.form is Form.TUPLE and not type_.names:
        if not isinstance(where, typed.Const):
            raise scope.error(node.index.at, "which part of a tuple is meant must be known now", hint="write a number")
        return _part(base, where.value, node.index.at, scope)
    if type_.form is Form.STRING:
        return typed.Element(base, where, _CHARACTER)
    element = (
        type_.c.element if type_.form is Form.ARRAY and type_.c else type_.c if type_.form is Form.POINTER else None
    )
    if type_.to is not None:
        return typed.Deref(_moved(base, where, step_of(type_)), type_.to)
    if element is None:
        raise scope.error(
            node.at,
            f"{spoken(type_)} has no elements",
            hint="write it without [ ]; maps are written @name[key]",
        )
    value = value_type(element, user=type_.user)
    if value is None or not value.size:
        raise scope.error(node.at, "elements of this have no value", hint="cast it first, e.g. ((uint8 *)$p)[0]")
    if type_.form is Form.POINTER:
        return typed.Deref(_moved(base, where, value.size), value)
    count = type_.c.count if type_.c else 0
    if isinstance(where, typed.Const) and count and not 0 <= where.value < count:
        raise scope.error(
            node.index.at,
            f"the array has {count} elements, this is number {where.value}",
            hint=f"write 0 to {count - 1}",
        )
    if isinstance(base, typed.FieldValue) and isinstance(where, typed.Const):
        return typed.FieldValue(base.field, value, index=where.value)
    warned = Warned(_BEYOND, scope.source.place(node.at)) if count and not isinstance(where, typed.Const) else None
    return typed.Element(base, where, value, count, warned)


def dereference(node: syntax.Unary, scope: Scope) -> typed.Expr:
    """Return ``*pointer``."""
    operand = scope.check(node.operand, scope)
    if operand.type.form is Form.UNKNOWN:
        return operand
    value = operand.type.to or (value_type(operand.type.c, user=operand.type.user) if operand.type.c else None)
    if operand.type.form is Form.INTEGER:  # an address of which no more is known
        value = replace(UINT64, user=operand.type.user)
    elif operand.type.form is not Form.POINTER or value is None:
        raise scope.error(
            node.at,
            f"{spoken(operand.type)} points to nothing that is known",
            hint="cast it first, e.g. *(uint32 *)arg0",
        )
    return typed.Deref(operand, value)


def address_of(node: syntax.Unary, scope: Scope) -> typed.Expr:
    """Return ``&place``."""
    operand = scope.check(node.operand, scope)
    c = operand.type.c
    if isinstance(operand, typed.VarValue | typed.MapValue):
        return typed.Unary("&", operand, pointer_to(operand.type))
    if not isinstance(operand, typed.Deref | typed.Member | typed.Element | typed.FieldValue):
        raise scope.error(node.at, "this has no address", hint="take the address of a member, as in &$p->field")
    if c is None:
        return typed.Unary("&", operand, UINT64)
    return typed.Unary("&", operand, pointer(c, user=operand.type.user))


def moved(op: str, base: typed.Expr, by: typed.Expr) -> typed.Expr:
    """Return ``pointer + n`` or ``pointer - n``, counted in elements as C does."""
    if op == "-":
        by = typed.number(-by.value) if isinstance(by, typed.Const) else typed.Unary("-", by, INT64)
    return _moved(base, by, step_of(base.type))


def step_of(type_: Type) -> int:
    """Return by how much ``+ 1`` moves: of a pointer the bytes of what it points to, else 1."""
    value = type_.to or (value_type(type_.c) if type_.form is Form.POINTER and type_.c else None)
    return value.size if value and value.size else 1


def scaled(by: typed.Expr, size: int) -> typed.Expr:
    """Return `size` times an integer."""
    if size == 1:
        return by
    if isinstance(by, typed.Const):
        return typed.number(by.value * size)
    return typed.Binary("*", by, typed.number(size), True, INT64)


def _moved(base: typed.Expr, by: typed.Expr, size: int) -> typed.Expr:
    if isinstance(by, typed.Const) and by.value == 0:
        return base
    return typed.Binary("+", base, scaled(by, size), False, base.type)


def _followed(base: typed.Expr) -> typed.Expr | None:
    """Return the record that an expression is, or points to."""
    if base.type.form is Form.RECORD:
        return base
    if base.type.form is not Form.POINTER or base.type.c is None:
        return None
    record = value_type(base.type.c, user=base.type.user)
    return typed.Deref(base, record) if record and record.form is Form.RECORD else None


def _mend_access(node: syntax.Access, base: typed.Expr, scope: Scope) -> str:
    if isinstance(base, typed.Argument) and scope.hook.function:
        for parameter in scope.hook.function.parameters[base.index : base.index + 1]:
            if parameter.name and parameter.type.kind is CKind.POINTER:
                return f"write args.{parameter.name}->{node.field}, whose type is known"
    if base.type.is_integer:
        name = node.base.name if isinstance(node.base, syntax.Name | syntax.Variable) else "…"
        return f"cast it to a pointer first, e.g. ((struct task_struct *){name})->{node.field}"
    return "only args, structs and tuples have fields"


def _tuple_item(node: syntax.Access, base: typed.Expr, scope: Scope) -> typed.Expr:
    names, parts = base.type.names, base.type.parts
    if names and node.field not in names:
        raise scope.error(
            node.at,
            f"the record has no part {node.field}",
            hint=did_you_mean(node.field, names, f"it has {', '.join(names)}"),
        )
    if not names and not node.field.isdecimal():
        raise scope.error(
            node.at,
            f"the tuple has {len(parts)} parts, none is called {node.field}",
            hint="write .0 for the first, .1 for the second",
        )
    return _part(base, names.index(node.field) if names else int(node.field), node.at, scope)


def _part(base: typed.Expr, i: int, at: int, scope: Scope) -> typed.Expr:
    """Return part `i` of a tuple or record. ScriptError where it has fewer."""
    parts = base.type.parts
    if not 0 <= i < len(parts):
        hint = "write 0 for the first" if len(parts) < 2 else f"write 0 to {len(parts) - 1}"
        raise scope.error(at, f"the tuple has {len(parts)} parts, this is number {i}", hint=hint)
    if isinstance(base, typed.Tuple):
        return base.parts[i]
    return typed.Member(base, tuple_offsets(parts)[0][i], parts[i])


def _is_args(node: syntax.Expr) -> bool:
    return isinstance(node, syntax.Name) and node.name == "args"


def all_arguments(node: syntax.Name, scope: Scope) -> typed.Expr:
    """Return ``args`` alone: a record of those that have a value. ScriptError where the hook has none."""
    names, values = [], []
    function = user_function(scope) if scope.hook.kind is ProbeKind.UPROBE else None
    known = [each.name for each in function.function.parameters] if function else scope.hook.fields
    for name in filter(None, known):
        try:
            values.append(_argument(syntax.Access(at=node.at, base=node, field=name), scope))
            names.append(name)
        except ScriptError:  # it is where no program can read it, or no value to a script
            continue
    if function and not values:
        raise scope.error(node.at, f"{scope.hook.name} has no arguments that a script can read", hint="leave args out")
    if not values:
        raise _no_args(syntax.Access(at=node.at, base=node, field=""), scope)
    return typed.Tuple(tuple(values), tuple_of(tuple(each.type for each in values), tuple(names)))


def _argument(node: syntax.Access, scope: Scope) -> typed.Expr:
    """Return ``args.name`` of a tracepoint's record, or of a function that BTF describes."""
    hook = scope.hook
    if hook.format is not None:
        field = _field(node, scope)
        found = field_type(hook.category, field, scope.types.named)
        if found is None:
            raise scope.error(
                node.at, f"fields of type {field.c_type} have no value that a script can use", hint="use another field"
            )
        if found.data_loc and found.type.form is Form.STRING:
            whole = string(scope.settings.max_strlen, cut=scope.settings.str_trunc_trailer)
            return typed.FieldValue(field, whole, data_loc=True)
        return typed.FieldValue(field, found.type, data_loc=found.data_loc)
    if hook.kind is ProbeKind.UPROBE:
        return _parameter(node, scope)
    if hook.function is None:
        raise _no_args(node, scope)
    parameters = hook.function.parameters
    for i, parameter in enumerate(parameters):
        if parameter.name == node.field:
            type_ = value_type(parameter.type, user=None if hook.kind is ProbeKind.KPROBE else False)
            return typed.Argument(i, type_ if type_ and type_.is_integer else UINT64)
    names = [parameter.name for parameter in parameters if parameter.name]
    raise scope.error(
        node.at,
        f"{hook.name} has no argument {node.field}",
        hint=did_you_mean(node.field, names, f"it has {', '.join(names)}" if names else "use arg0 and so on"),
    )


def _parameter(node: syntax.Access, scope: Scope) -> typed.Expr:
    """Return ``args.name`` of a program's function that debug information describes."""
    hook = scope.hook
    found = user_function(scope)
    if found is None:
        raise _no_args(node, scope)
    parameters = found.function.parameters
    places = parameter_places(found, scope.kernel.arch, scope.types.struct)
    for parameter, place in zip(parameters, places, strict=True):
        if parameter.name == node.field:
            type_ = value_type(parameter.type, user=True)
            is_copied_from = "." in hook.event and place is not None and not place.in_memory
            if place is None or type_ is None or (is_copied_from and BY_CONVENTION in found.registers):
                raise scope.error(
                    node.at,
                    f"{node.field} of {hook.name} has no value that a script can use",
                    why="it is in a place that no BPF program can read, or it is a floating-point number",
                    hint="use another, or read memory that a pointer among them points to",
                )
            return typed.Parameter(place, type_)
    names = [parameter.name for parameter in parameters if parameter.name]
    raise scope.error(
        node.at,
        f"{hook.name} has no argument {node.field}",
        hint=did_you_mean(node.field, names, f"it has {', '.join(names)}" if names else "it has none"),
    )


def user_function(scope: Scope) -> DebugFunction | None:
    """Return what the debug information of the hook's binary says of its function, or None. ScriptError for damage."""
    hook = scope.hook
    try:
        return scope.kernel.sources.functions(hook.target, (hook.offset,))[0]
    except KernelError as error:
        said = error.diagnostic
        raise scope.error(0, said.what, why=said.why, hint=said.hint) from error


def _field(node: syntax.Access, scope: Scope) -> Field:
    format_ = scope.hook.format
    fields = format_.fields if format_ else ()
    for field in fields:
        if field.name == node.field:
            return field
    names = [field.name for field in fields]
    begins = scope.hook.event.startswith("sys_enter") and node.field in ("ret", "retval")
    raise scope.error(
        node.at,
        f"{scope.hook.name} has no field {node.field}",
        why="the system call begins here, and has returned nothing yet" if begins else "",
        hint=f"use tracepoint:{scope.hook.category}:{scope.hook.event.replace('enter', 'exit', 1)}, which has args.ret"
        if begins
        else did_you_mean(node.field, names, f"it has {', '.join(names)}" if names else "it has no fields"),
    )


def _no_args(node: syntax.Access, scope: Scope) -> ScriptError:
    kind = scope.hook.kind
    why, hint = "", "use it in a tracepoint"
    if kind is ProbeKind.RAW_TRACEPOINT:
        why, hint = "this kernel does not tell the names of its arguments", "use arg0 and so on"
    elif kind.facts.is_on_code:
        why, hint = "nothing is known of the function's parameters", "use arg0 and so on"
        if kind is ProbeKind.UPROBE:
            why = f"{scope.hook.target} has no debug information, or none of this place"
    return scope.error(node.base.at, f"{scope.hook.name} has no args", why=why, hint=hint)
