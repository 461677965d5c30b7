"""C of loops: each body is a function of its own that a helper of the kernel calls back.

The verifier looks at a callback once, whatever the number of rounds, where it would walk through every round of a
loop in C. What a loop and what is around it share lies in the program's scratch memory, whose contents the verifier
does not know: of a counter on the stack it would follow every value.
"""

from collections.abc import Callable

from tracetop.lang.emit.dispatch import statement, value
from tracetop.lang.emit.maps import pointer_to, sum_up
from tracetop.lang.emit.prelude import LOOP_STRUCT
from tracetop.lang.emit.statements import block, changes_midway
from tracetop.lang.emit.writer import Frame, Writer, c_stored
from tracetop.lang.plan.plan import PlannedMap
from tracetop.lang.tree import typed
from tracetop.lang.tree.types import INT64, UINT64, Type, tuple_offsets
from tracetop.lang.tree.walk import expressions, nodes
from tracetop.model.abi.relocations import MarkerKind
from tracetop.model.program import Layout
from tracetop.model.value_kinds import ValueKind

_MOST_ROUNDS = 1 << 23
"""BPF_MAX_LOOPS: asked for more, the helper makes none."""
_CONTEXT_BYTES = 64
"""What a callback takes of the stack beside its values: a struct tt_loop and what clang spills."""
_LOOPS = (typed.While, typed.ForRange, typed.ForMap, typed.MapLength, typed.LoopCall)


def has_loop(clause: typed.Clause) -> bool:
    """Say whether a clause needs callbacks."""
    return any(isinstance(node, _LOOPS) for node in expressions(clause))


def open_frame(out: Writer) -> None:
    """Write the variables of a clause with loops into scratch memory, where its callbacks find them."""
    out.frame = Frame(ended=out.take_scratch(8))
    out.line(f"*(u64 *)(scratch + {out.frame.ended}) = 0;")
    for name, type_ in out.variables.places.items():
        size = -(-type_.size // 8) * 8
        out.frame.places[name] = out.take_scratch(size)
        out.clear(f"(scratch + {out.frame.places[name]})", size)
    _declare_variables(out, out.frame)
    _declare_context(out)


def _declare_context(out: Writer) -> None:
    """Write what a function hands to the callbacks of all its loops, one after the other."""
    out.line(f"{out.need(LOOP_STRUCT)} inside = {{.ctx = ctx, .control = control, .scratch = scratch}};")


def _declare_variables(out: Writer, frame: Frame) -> None:
    for name, type_ in out.variables.places.items():
        c_type = c_stored(Type(signed=type_.signed)) if type_.is_scalar else "char"
        out.line(f"{c_type} *{name} = ({c_type} *)(scratch + {frame.places[name]});")


@statement.register
def _while(node: typed.While, out: Writer) -> None:
    def test(inner: Writer) -> None:
        with inner.statement(keeps_order=changes_midway(node.condition)):
            inner.when(f"!{value(node.condition, inner)}", "return 1;")

    with_callback = _callback(MarkerKind.LOOP, test, node.body, out)
    _call(f"tt_loop({_MOST_ROUNDS}, {with_callback});", node.body, out)


@statement.register
def _for_range(node: typed.ForRange, out: Writer) -> None:
    low = out.temporary(INT64, value(node.low, out), "low")
    high = out.temporary(INT64, value(node.high, out), "high")
    first, count = (f"*(volatile s64 *)(scratch + {out.take_scratch(8)})" for _ in range(2))
    out.line(f"{first} = {low};")
    # Kept where neither clang nor the verifier sees it: the verifier throws the callback of a loop that makes no round
    # away, and then does not find it ("No program to jit").
    out.line(f"{count} = {high} > {low} ? {high} - {low} : 0;")
    rounds = out.temporary(UINT64, count, "rounds")
    out.when(f"{rounds} > {_MOST_ROUNDS}", f"{rounds} = {_MOST_ROUNDS};")

    def advance(inner: Writer) -> None:
        inner.line(f"{inner.variable(node.name)} = {first} + loop->first;")

    _call(f"tt_loop({rounds}, {_callback(MarkerKind.LOOP, advance, node.body, out)});", node.body, out)


@statement.register
def _for_map(node: typed.ForMap, out: Writer) -> None:
    planned = out.unit.plan.maps[node.map]
    address = pointer_to(MarkerKind.MAP, planned.spec.drop_slot, out)
    with_callback = _callback(MarkerKind.ELEMENT, lambda inner: _entry(node, planned, inner), node.body, out)
    _call(f"tt_for_each({address}, {with_callback});", node.body, out)


@value.register
def _map_length(node: typed.MapLength, out: Writer) -> str:
    planned = out.unit.plan.maps[node.map]
    count = f"*(u64 *)(scratch + {out.take_scratch(8)})"
    out.line(f"{count} = 0;")

    def add(inner: Writer) -> None:
        if planned.spec.kept_slots:
            inner.when("!*(u64 *)loop->second", "return 0;")
        inner.line(f"{count} += 1;")

    address = pointer_to(MarkerKind.MAP, planned.spec.drop_slot, out)
    _call(f"tt_for_each({address}, {_callback(MarkerKind.ELEMENT, add, (), out)});", (), out)
    return out.temporary(UINT64, count, "length")


def repeat(rounds: int, one: Callable[[Writer], None], out: Writer) -> None:
    """Write a loop: `one` writes the C of a round, whose number is ``loop->first``; ``return 1`` ends the loop."""
    _call(f"tt_loop({rounds}, {_callback(MarkerKind.LOOP, one, (), out)});", (), out)


@statement.register
def _unrolled(node: typed.Unrolled, out: Writer) -> None:
    outer, done = out.leaving, out.name("done")
    stack_bytes = most_bytes = out.stack_bytes
    for body in node.rounds:
        out.stack_bytes = stack_bytes  # what a round keeps there is gone after it
        out.leaving = out.name("next"), done
        with out.block("do"):  # what is remembered within may not have run where a label comes after it
            block(body, out)
        out.line("while (0);")
        most_bytes = max(most_bytes, out.stack_bytes)
        if any(isinstance(each, typed.Continue) for each in nodes(body)):
            out.line(f"{out.leaving[0]}:;")
    if any(isinstance(each, typed.Break) for each in nodes(node.rounds)):
        out.line(f"{done}:;")
    out.leaving, out.stack_bytes = outer, most_bytes


@statement.register
def _break(_node: typed.Break, out: Writer) -> None:
    out.line(f"goto {out.leaving[1]};" if out.leaving else "return 1;")


@statement.register
def _continue(_node: typed.Continue, out: Writer) -> None:
    out.line(f"goto {out.leaving[0]};" if out.leaving else "return 0;")


def _callback(kind: MarkerKind, begin: Callable[[Writer], None], body: tuple[typed.Statement, ...], out: Writer) -> str:
    """Write a loop's body, which `begin` begins, as a function; return the arguments that hand it to a helper."""
    index = len(out.unit.callbacks)
    out.unit.callbacks.append(())
    inner = out.inside()
    if inner.frame is None:
        raise AssertionError("a loop in a clause without a frame")
    inner.line("struct tt_control *control = loop->control;")
    inner.line("char *scratch = loop->scratch;")
    _declare_variables(inner, inner.frame)
    _declare_context(inner)
    begin(inner)
    block(body, inner)
    inner.line("return 0;")
    out.unit.callbacks[index] = tuple(inner.lines)
    out.return_from(inner, _CONTEXT_BYTES)
    return f"{pointer_to(kind, index, out)}, &inside, 0"


def callback_name(index: int) -> str:
    """Return the name of a callback's function, by its index in ``Program.callbacks``."""
    return f"tt_loop_{index}"


def _call(text: str, body: tuple[typed.Statement, ...], out: Writer) -> None:
    """Write the call of a helper, and the way out for a body that returned from the clause."""
    out.line(text)
    out.memory.held.clear()
    if out.frame and any(isinstance(node, typed.Return) for node in nodes(body)):
        out.when(f"*(u64 *)(scratch + {out.frame.ended})", f"return{' 1' if out.is_callback else ''};")


def _entry(node: typed.ForMap, planned: PlannedMap, out: Writer) -> None:
    """Write the copy of a map's entry into the loop's variable; entries that count nothing are passed over."""
    key_type, value_type = node.entry.parts
    place = out.c_names[node.name]
    out.line("char *key = (char *)loop->first, *found = (char *)loop->second;")
    if planned.spec.kept_slots:
        out.when("!*(u64 *)found", "return 0;")
    target = f"({place} + {tuple_offsets(node.entry.parts)[0][1]})"
    if planned.spec.kind.facts.is_shared:
        _copy(target, value_type, "found", value_type.size, out)
    else:
        _sum_up(planned, target, out)
    several = len(planned.type.keys) > 1
    types = key_type.parts if several else (key_type,)
    offsets = tuple_offsets(types)[0]
    for offset, type_, part in zip(offsets, types, planned.spec.keys, strict=True):
        held = 4 if planned.spec.layout is Layout.PERCPU_ARRAY else part.size
        _copy(f"({place} + {offset})", type_, f"(key + {part.offset})", held, out)


def _copy(target: str, type_: Type, source: str, size: int, out: Writer) -> None:
    """Write the copy of a part of a key or a value; `size` bytes of it lie in the map."""
    if type_.is_scalar:
        held = c_stored(Type(size=size, signed=type_.signed))
        out.line(f"*({c_stored(type_)} *){target} = *({held} *){source};")
    else:
        out.line(f"bpf_probe_read_kernel({target}, {size}, {source});")


def _sum_up(planned: PlannedMap, target: str, out: Writer) -> None:
    """Write what the CPUs' values of the current key come to; an entry that counts nothing is passed over."""
    kind = planned.spec.kind
    total = sum_up(planned, "key", out)
    if kind.facts.is_extreme or planned.spec.layout is Layout.PERCPU_ARRAY:
        out.when(f"!{total.value if kind is ValueKind.COUNT else total.count}", "return 0;")
    out.line(f"*(s64 *){target} = {total.text};")
