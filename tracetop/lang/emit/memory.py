"""C of values that lie in memory: strings, tuples, buffers, symbols.

A string is padded with NULs, so that it can be a part of a key.
"""

from tracetop.lang.emit.dispatch import Space, Where, fill, put, text, value
from tracetop.lang.emit.maps import pointer
from tracetop.lang.emit.prelude import SAME, Helper
from tracetop.lang.emit.reads import read_memory, read_text
from tracetop.lang.emit.writer import Writer, c_stored, in_parentheses
from tracetop.lang.plan.plan import field_key
from tracetop.lang.tree import typed
from tracetop.lang.tree.types import INT64, Form, Type, tuple_offsets
from tracetop.lang.vocabulary.builtins import EMITTED
from tracetop.model.kinds import ProbeKind
from tracetop.model.program import KeyRole

_RAW_FRAMES = 3
# No branch for each byte: the verifier would walk every combination of them.
ORDER = Helper(
    "tt_order",
    """
static __always_inline s64 tt_order(const char *a, const char *b, u32 size, u64 limit)
{
    s64 order = 0, same = -1;  /* the first byte that differs decides */
    for (u32 i = 0; i < size; i++) {
        same &= (s64)(i - limit) >> 63;
        s64 differ = (s64)(u8)a[i] - (s64)(u8)b[i];
        order += differ & same;
        same &= ~((differ | -differ) >> 63);
        OPTIMIZER_HIDE_VAR(order);
        OPTIMIZER_HIDE_VAR(same);
    }
    return order;
}
""",
)


@value.register
def _same_text(node: typed.SameText, out: Writer) -> str:
    left, right = text(node.left, out), text(node.right, out)
    sizes = {left: _compared(node.left), right: _compared(node.right)}
    shorter, longer = sorted(sizes, key=lambda name: sizes[name]) if len(sizes) > 1 else (left, left)
    size = min(sizes[shorter], node.limit or sizes[shorter])
    same = f"{out.need(SAME)}({left}, {right}, {size})"
    if size < sizes[longer] and size != node.limit and _may_fill(node.left if shorter == left else node.right):
        same = f"({same} && !{longer}[{size}])"
    return f"(u64){'!' if node.negated else ''}{same}"


@value.register
def _order_of_texts(node: typed.TextOrder, out: Writer) -> str:
    left, right = text(node.left, out), text(node.right, out)
    sizes = (_compared(node.left), _compared(node.right))
    size = min(sizes)
    order = out.temporary(INT64, f"{out.need(ORDER)}({left}, {right}, {size}, {size})", "order")
    if sizes[0] != sizes[1]:  # the shorter may be the start of the longer
        longer, sign = (left, "") if sizes[0] > size else (right, "-")
        out.when(f"!{order}", f"{order} = {sign}(s64)(u8){longer}[{size}];")
    return order


def _may_fill(node: typed.Expr) -> bool:
    """Say whether a string may be as long as its room, so that no NUL ends it there."""
    return not isinstance(node, typed.Text) and node.type.role is not KeyRole.COMM


def _compared(node: typed.Expr) -> int:
    """Return how many bytes of a string can decide a comparison: of a literal, those up to its NUL."""
    return len(node.value) + 1 if isinstance(node, typed.Text) else node.type.size


@value.register
def _same_bytes(node: typed.SameBytes, out: Writer) -> str:
    left, right = text(node.left, out), text(node.right, out)
    words = [f"*(u64 *)({left} + {at}) == *(u64 *)({right} + {at})" for at in range(0, node.left.type.size, 8)]
    return f"(u64){'!' if node.negated else ''}({' && '.join(words) or '1'})"


@fill.register
def _literal(node: typed.Text, place: str, out: Writer) -> None:
    for i, byte in enumerate(node.value):
        out.line(f"{place}[{i}] = {byte if byte < 128 else byte - 256};")
    out.line(f"{place}[{len(node.value)}] = 0;")


@fill.register
def _builtin(node: typed.BuiltinValue, place: str, out: Writer) -> None:
    out.line(EMITTED[node.name].c.format(place, node.type.size))


@fill.register
def _variable(node: typed.VarValue, place: str, out: Writer) -> None:
    out.move(place, out.c_names[node.name], node.type.size)


@fill.register
def _field(node: typed.FieldValue, place: str, out: Writer) -> None:
    size = node.type.size
    reading = out.program.raw.readings[field_key(node)] if out.program.raw else None
    if reading and reading.kernel:
        base, offset, _size = reading.kernel
        where = Where(f"{base} + {offset}", Space.KERNEL)
    elif node.data_loc and out.program.raw:
        where = Where(value(node, out), Space.KERNEL)
    elif node.data_loc:
        where = Where(f"(char *)ctx + ({out.record_field(node.field.name)} & 0xffff)", Space.KERNEL)
    else:
        # A copy by loads would be refused where clang makes one address for it and for a helper's argument.
        where = Where(f"(char *)ctx + {node.field.offset}", Space.KERNEL)
    # After the NUL of a record's text stands what was there before: as part of a key it would make many keys of one.
    if node.type.form is Form.STRING:
        read_text(where, place, node.type, out)
    else:
        read_memory(where, place, str(size), out)


@fill.register
def _map_value(node: typed.MapValue, place: str, out: Writer) -> None:
    slot = pointer(node.slot, out)
    with out.block(f"if ({slot})"):
        out.move(place, slot, node.type.size)


@fill.register
def _choice(node: typed.Choice, place: str, out: Writer) -> None:
    test = value(node.condition, out)
    for head, branch in ((f"if {in_parentheses(test)}", node.then), ("else", node.otherwise)):
        with out.block(head):
            put(branch, place, out, node.type)


@fill.register
def _widened(node: typed.Widened, place: str, out: Writer) -> None:
    put(node.operand, place, out, node.type)


@value.register
def _local(node: typed.Local, _out: Writer) -> str:
    return f"*({c_stored(node.type)} *)({node.place})"


@fill.register
def _local_bytes(node: typed.Local, place: str, out: Writer) -> None:
    out.move(place, node.place, node.type.size)


@fill.register
def _tuple(node: typed.Tuple, place: str, out: Writer) -> None:
    offsets, _size = tuple_offsets(node.type.parts)
    for offset, part in zip(offsets, node.parts, strict=True):
        put(part, f"({place} + {offset})" if offset else place, out)


@fill.register
def _user_address(node: typed.UserAddress, place: str, out: Writer) -> None:
    out.line(f"*(u64 *)({place}) = {value(node.operand, out)};")
    out.line(f"*(u64 *)({place} + 8) = bpf_get_current_pid_tgid() >> 32;")


@value.register
def _kernel_stack(node: typed.Stack, out: Writer) -> str:
    known = out.recall(node)
    taken = f"{out.unit.stack_map(node.type)}.get_stackid(ctx, {skipped_frames(out)})"
    return known or out.remember(node, out.temporary(Type(), taken, "kstack_"))


def skipped_frames(out: Writer) -> int:
    """Return how many of a kernel stack's innermost frames are only how the program is called.

    A raw tracepoint's stack is taken where the helper is called: it begins with the program, bpf_trace_run and the
    tracepoint's own caller (some kernels have one more). Those of other hooks begin at the event.
    """
    return _RAW_FRAMES if out.program.spec.kind is ProbeKind.RAW_TRACEPOINT else 0


@fill.register
def _user_stack(node: typed.Stack, place: str, out: Writer) -> None:
    out.line(f"*(s32 *)({place}) = {out.unit.stack_map(node.type)}.get_stackid(ctx, BPF_F_USER_STACK);")
    out.line(f"*(u32 *)({place} + 4) = bpf_get_current_pid_tgid() >> 32;")


@value.register
def _named(node: typed.Named, out: Writer) -> str:
    return value(node.operand, out)


@value.register
def _call(node: typed.Call, out: Writer) -> str:
    return node.c(node, out)


@value.register
def _asked_key(node: typed.HasKey, out: Writer) -> str:
    return node.c(node, out)


@fill.register
def _memory_call(node: typed.MemoryCall, place: str, out: Writer) -> None:
    node.c(node, place, out)
