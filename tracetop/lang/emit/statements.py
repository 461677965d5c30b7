"""C of statements."""

from tracetop.lang.emit.dispatch import Where, address, fill, held, put, same_layout, statement, text, value
from tracetop.lang.emit.maps import add, change, store
from tracetop.lang.emit.prelude import LOG_BUCKET
from tracetop.lang.emit.writer import Writer, in_parentheses
from tracetop.lang.tree import typed
from tracetop.lang.tree.types import INT64, UINT64, Form, tuple_offsets
from tracetop.lang.tree.walk import nodes
from tracetop.model.abi.buckets import kernel_bits, linear_count
from tracetop.model.abi.event_slots import EVENTS, DropSlots
from tracetop.model.program import EVENT_HEADER_BYTES, Exit, TimeSeries
from tracetop.model.value_kinds import ValueKind

_MOST_OF_ROUNDS = 128
"""Bytes of memory that the rounds of an unrolled loop may take, each its own, to know what was looked up before."""


def block(body: tuple[typed.Statement, ...], out: Writer) -> None:
    """Write statements one after another."""
    for node in body:
        with out.statement(keeps_order=changes_midway(node)):
            statement(node, out)


def changes_midway(node: object) -> bool:
    """Say whether something is changed while a value is worked out."""
    return any(isinstance(part, typed.StepValue | typed.BlockValue) for part in nodes(node))


@value.register
def _block_value(node: typed.BlockValue, out: Writer) -> str:
    block(node.body, out)
    return value(node.value, out)


@fill.register
def _fill_block_value(node: typed.BlockValue, place: str, out: Writer) -> None:
    block(node.body, out)
    put(node.value, place, out)


@address.register
def _address_of_block_value(node: typed.BlockValue, out: Writer) -> Where:
    block(node.body, out)
    return address(node.value, out)


@statement.register
def _set_variable(node: typed.SetVariable, out: Writer) -> None:
    if node.value.type.is_scalar:
        out.line(f"{out.variable(node.name)} = {value(node.value, out)};")
    else:
        name, type_ = out.c_names[node.name], out.variables.types[node.name]
        if not same_layout(node.value.type, type_) and type_.form is Form.TUPLE:
            source = out.array(type_.size)
            put(node.value, source, out, type_)
            out.move(name, source, type_.size)
        elif (source := text(node.value, out)) != name:
            if node.value.type.size < type_.size:
                out.clear(name, -(-type_.size // 8) * 8)
            out.move(name, source, node.value.type.size)
    out.memory.forget_variable(node.name)


@statement.register
def _clear_variable(node: typed.ClearVariable, out: Writer) -> None:
    type_ = out.variables.types[node.name]
    if type_.is_scalar:
        out.line(f"{out.variable(node.name)} = 0;")
    else:
        out.clear(out.c_names[node.name], -(-type_.size // 8) * 8)
    out.memory.forget_variable(node.name)


@statement.register
def _store(node: typed.Store, out: Writer) -> None:
    if isinstance(node.value, typed.Text) and all(isinstance(key, typed.Const) for key in node.slot.keys):
        with out.apart():  # a table of names may have dozens of them
            store(node.slot, node.value, out)
    else:
        store(node.slot, node.value, out)


@statement.register
def _add(node: typed.Add, out: Writer) -> None:
    add(node.slot, value(node.value, out), out, node.op)


@statement.register
def _aggregate(node: typed.Aggregate, out: Writer) -> None:
    added = "" if node.value is None else out.temporary(INT64, value(node.value, out), "value")
    if node.series is not None:
        _series(node.slot, node.series, added, out)
        return
    bucket = ""
    if node.kind is ValueKind.HIST:
        bucket = f"{out.need(LOG_BUCKET)}({added}, {kernel_bits(node.bits)})"
    elif node.linear is not None:
        low, high, step = node.linear.low, node.linear.high, node.linear.step
        last = linear_count(node.linear) - 1
        bucket = f"{added} < {low}LL ? 0 : {added} >= {high}LL ? {last} : 1 + (u64)({added} - {low}LL) / {step}ULL"
    facts = node.kind.facts
    change(node.slot, lambda at: facts.change.format(at=at, v=added), facts.first.format(v=added), out, bucket)


def _series(slot: typed.Slot, series: TimeSeries, added: str, out: Writer) -> None:
    """Write the change of a time series: what a slot held in its last turn is forgotten."""
    epoch = out.temporary(UINT64, f"bpf_ktime_get_ns() / {series.slot_ns}ULL", "epoch")

    def in_place(at: str) -> str:
        kept = series.kind.facts.in_slot.format(at=at, v=added)
        again = f"{at}->epoch = {epoch}; {at}->value = {added}; {at}->count = 1;"
        return f"if ({at}->epoch == {epoch}) {{ {kept} {at}->count += 1; }} else {{ {again} }}"

    change(slot, in_place, f"{{{epoch}, {added}, 1}}", out, f"{epoch} % {series.slots}ULL")


@statement.register
def _evaluate(node: typed.Evaluate, out: Writer) -> None:
    if node.value.type.is_scalar:
        out.line(f"(void){value(node.value, out)};")
    else:
        text(node.value, out)


@statement.register
def _if(node: typed.If, out: Writer) -> None:
    with out.block(f"if {in_parentheses(value(node.condition, out))}"):
        block(node.then, out)
    if node.otherwise:
        with out.block("else"):
            block(node.otherwise, out)


@statement.register
def _block(node: typed.Block, out: Writer) -> None:
    block(node.body, out)


@statement.register
def _rounds(node: typed.Rounds, out: Writer) -> None:
    """Write the rounds; once they have taken much memory, each of the rest has what the one before it had."""
    stack, scratch = out.stack_bytes, out.scratch_bytes
    for each in node.rounds:
        if out.stack_bytes - stack + out.scratch_bytes - scratch <= _MOST_OF_ROUNDS:
            block(each.body, out)
        else:
            with out.apart():
                block(each.body, out)


@statement.register
def _return(_node: typed.Return, out: Writer) -> None:
    if out.is_callback and out.frame:
        out.line(f"*(u64 *)(scratch + {out.frame.ended}) = 1;")
        out.line("return 1;")
    else:
        out.line("return;")


@statement.register
def _send(node: typed.Send, out: Writer) -> None:
    number = out.unit.number(node.action)
    types = tuple(part.type for part in node.payload)
    offsets, size = tuple_offsets(types)
    scalars = {i: held(part, part.type, "a", out) for i, part in enumerate(node.payload) if part.type.is_scalar}
    name = out.name("event")
    out.line(f"char *{name} = {EVENTS}.ringbuf_reserve({EVENT_HEADER_BYTES + size});")
    with out.block(f"if ({name})"):
        out.line(f"*(u64 *){name} = {number};")
        for i, (offset, part) in enumerate(zip(offsets, node.payload, strict=True)):
            place = f"({name} + {EVENT_HEADER_BYTES + offset})"
            if i in scalars:
                out.line(f"*({'s' if part.type.signed else 'u'}{part.type.size * 8} *){place} = {scalars[i]};")
                continue
            _clear(place, part.type.form, part.type.size, out)
            put(part, place, out)
        out.line(f"{EVENTS}.ringbuf_submit({name}, 0);")
    with out.block("else"):
        out.line(out.drop(_drop_slot(node, out)))


def _drop_slot(node: typed.Send, out: Writer) -> int:
    """Return where it is counted that there was no room: an `exit` counts apart, for it holds all the same."""
    slots = DropSlots(len(out.unit.plan.maps))
    if isinstance(node.action, Exit):
        return slots.exits
    return out.unit.plan.maps[node.dropped].spec.drop_slot if node.dropped else slots.events


def _clear(place: str, form: Form, size: int, out: Writer) -> None:
    """Write zeros where a value does not say itself where it ends: what the buffer held before must not show."""
    if form is Form.STRING:
        out.line(f"{place}[0] = 0;")
    else:
        whole = size // 8 * 8
        if whole:
            out.clear(place, whole)
        for at in range(whole, size):
            out.line(f"{place}[{at}] = 0;")
