"""C of what is sent to user space: an action's number and its payload, through the ring buffer."""

from tracetop.lang import typed
from tracetop.lang.generics import put, statement, value
from tracetop.lang.types import Form, tuple_offsets
from tracetop.lang.writer import Writer
from tracetop.model.program import EVENT_HEADER_BYTES, Exit

EVENTS = "tt_events"


@statement.register
def _send(node: typed.Send, out: Writer) -> None:
    if node.action not in out.actions:
        out.actions.append(node.action)
    number = out.actions.index(node.action)
    types = tuple(part.type for part in node.payload)
    offsets, size = tuple_offsets(types)
    scalars = {
        i: out.held(part.type, value(part, out), "a") for i, part in enumerate(node.payload) if part.type.is_scalar
    }
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
        out.line(f"tt_drop({_drop_slot(node, out)});")


def _drop_slot(node: typed.Send, out: Writer) -> int:
    """Return where it is counted that there was no room: an `exit` counts apart, for it holds all the same."""
    if isinstance(node.action, Exit):
        return len(out.plan.maps) + 2
    return out.plan.maps[node.dropped].spec.drop_slot if node.dropped else len(out.plan.maps)


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


@statement.register
def _signal(node: typed.Signal, out: Writer) -> None:
    out.line(f"bpf_send_signal({value(node.number, out)});")
