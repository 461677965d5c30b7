"""C of integer expressions."""

from tracetop.lang.emit.dispatch import address, statement, value
from tracetop.lang.emit.maps import add, pointer
from tracetop.lang.emit.prelude import DIVIDE, HOOK_NUMBER, MODULO, Helper
from tracetop.lang.emit.reads import narrowed
from tracetop.lang.emit.writer import Writer, c_integer, c_stored, in_parentheses
from tracetop.lang.plan.plan import field_key
from tracetop.lang.tree import typed
from tracetop.lang.tree.types import Type
from tracetop.lang.vocabulary.builtins import EMITTED


def _cast(type_: Type, expression: str) -> str:
    return f"({c_integer(type_)}){expression}"


@value.register
def _const(node: typed.Const, _out: Writer) -> str:
    if node.value == -(1 << 63):
        return "(-9223372036854775807LL - 1)"
    return f"{node.value}{'LL' if node.type.signed else 'ULL'}"


@value.register
def _hook_number(node: typed.HookNumber, out: Writer) -> str:
    if out.program.spec.cookie:
        return f"{out.need(HOOK_NUMBER)}(ctx)"
    raw = out.program.raw
    return raw.number if raw and raw.number else f"{node.number}ULL"


@value.register
def _builtin(node: typed.BuiltinValue, out: Writer) -> str:
    known = out.recall(node)
    return known or out.remember(
        node, out.temporary(node.type, EMITTED[node.name].c, f"{node.name.partition('(')[0]}_")
    )


@value.register
def _param(node: typed.Param, _out: Writer) -> str:
    return f"control->param[{node.index - 1}]" if node.index else "(s64)control->param_count"


@value.register
def _field(node: typed.FieldValue, out: Writer) -> str:
    if node.data_loc and out.program.raw is None:
        return f"((u64)ctx + ({out.record_field(node.field.name)} & 0xffff))"
    if out.program.raw is None:
        index = f"[{node.index}]" if node.index is not None else ""
        return _cast(node.type, f"{out.record_field(node.field.name)}{index}")
    reading = out.program.raw.readings[field_key(node)]
    known = out.recall(node)
    if known:
        return known
    if reading.kernel is None:
        if reading.helper:
            out.need(Helper(reading.value, reading.helper))
        written = narrowed(node.type, reading.value)
        return written if reading.is_argument else out.remember(node, out.temporary(node.type, written))
    base, offset, size = reading.kernel
    narrow = out.number(f"{'s' if node.type.signed else 'u'}{size * 8}", f"{node.field.name}_", "0")
    out.line(f"bpf_probe_read_kernel(&{narrow}, sizeof({narrow}), (void *)({base} + {offset}));")
    return out.remember(node, _cast(node.type, narrow))


@value.register
def _variable(node: typed.VarValue, out: Writer) -> str:
    place = out.variable(node.name)
    return out.temporary(node.type, place) if out.keeps_order else place


@value.register
def _map_value(node: typed.MapValue, out: Writer) -> str:
    place = pointer(node.slot, out)
    held = f"*{place}" if node.type.is_integer else f"*({c_stored(node.type)} *){place}"
    return out.temporary(node.type, f"{place} ? {held} : 0", "old")


@value.register
def _unary(node: typed.Unary, out: Writer) -> str:
    if node.op == "&":
        if isinstance(node.operand, typed.MapValue):
            return f"(u64){pointer(node.operand.slot, out)}"
        return f"(u64)({address(node.operand, out).address})"
    operand = value(node.operand, out)
    if node.op == "!":
        return f"(u64)!{operand}"
    return f"({c_integer(node.type)})({node.op}{operand})"


@value.register
def _binary(node: typed.Binary, out: Writer) -> str:
    left = _as(node.signed, node.left, out)
    right = _as(node.signed, node.right, out)
    if node.warned:
        return _divided(node, left, right, out)
    if node.op in ("<<", ">>"):
        return f"({left} {node.op} ({right} & 63))"
    if node.op in ("/", "%") and node.signed:
        return f"{out.need(DIVIDE if node.op == '/' else MODULO)}({left}, {right})"
    if node.op == "-" and not node.signed:
        return f"(s64)({left} - {right})"
    return f"({left} {node.op} {right})"


def _divided(node: typed.Binary, left: str, right: str, out: Writer) -> str:
    """Write a division by what may be 0, which gives 1 and is told."""
    divisor = out.temporary(Type(signed=node.signed), right, "divisor")
    result = out.temporary(Type(signed=node.signed), "1")
    with out.block(f"if ({divisor})"):
        divide = DIVIDE if node.op == "/" else MODULO
        quotient = f"{out.need(divide)}({left}, {divisor})" if node.signed else f"{left} {node.op} {divisor}"
        out.line(f"{result} = {quotient};")
    with out.block("else"):
        if node.warned:
            statement(typed.Send(node.warned), out)
    return result


def _as(signed: bool, node: typed.Expr, out: Writer) -> str:
    """Return C text of an integer, taken as signed or not."""
    if isinstance(node, typed.Const) and node.value >= 0:
        return f"{node.value}{'LL' if signed else 'ULL'}"
    written = value(node, out)
    return written if node.type.signed == signed else f"({'s64' if signed else 'u64'}){written}"


@value.register
def _logical(node: typed.Logical, out: Writer) -> str:
    left = _truth(node.left, out)
    with out.attempt() as lines:
        right = _truth(node.right, out)
    if not lines:
        return f"(u64)({left} {node.op} {right})"
    result = out.temporary(node.type, f"!!{left}")
    with out.block(f"if ({result})" if node.op == "&&" else f"if (!{result})"):
        out.lines += [f"    {line}" for line in lines]
        out.line(f"{result} = !!{right};")
    return result


def _truth(node: typed.Expr, out: Writer) -> str:
    """Return C text that stands for true where the integer is not zero; clang warns of any number but 0 and 1."""
    return str(int(node.value != 0)) if isinstance(node, typed.Const) else value(node, out)


@value.register
def _choice(node: typed.Choice, out: Writer) -> str:
    test = value(node.condition, out)
    result = out.temporary(node.type, "0")
    with out.block(f"if {in_parentheses(test)}"):
        out.line(f"{result} = {value(node.then, out)};")
    with out.block("else"):
        out.line(f"{result} = {value(node.otherwise, out)};")
    return result


@value.register
def _convert(node: typed.Convert, out: Writer) -> str:
    operand = value(node.operand, out)
    return _cast(node.type, f"({c_stored(node.type)}){operand}")


@value.register
def _step(node: typed.StepValue, out: Writer) -> str:
    if isinstance(node.target, typed.VarValue):
        place = out.variable(node.target.name)
        out.memory.forget_variable(node.target.name)
        old = out.temporary(node.type, place)
        if node.type.size < 8:
            out.line(f"{place} = ({c_stored(node.type)})({place} + {node.delta});")
        else:
            out.line(f"{place} += {node.delta};")
        return out.temporary(node.type, place) if node.prefix else old
    old = value(typed.MapValue(node.target, node.type), out)
    add(node.target, str(node.delta), out)
    return f"({old} + {node.delta})" if node.prefix else old
