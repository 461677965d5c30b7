"""C of values that lie in memory: strings, tuples, buffers, symbols.

A string is padded with NULs, so that it can be a part of a key.
"""

from tracetop.lang.emit.dispatch import Space, Where, address, fill, put, text, value
from tracetop.lang.emit.maps import pointer
from tracetop.lang.emit.prelude import CONTAINS, LENGTH, SAME
from tracetop.lang.emit.reads import copy, read_memory, read_text
from tracetop.lang.emit.writer import Writer, in_parentheses
from tracetop.lang.plan.plan import field_key
from tracetop.lang.tree import typed
from tracetop.lang.tree.types import Form, Type, tuple_offsets
from tracetop.lang.vocabulary.builtins import EMITTED
from tracetop.model.kinds import ProbeKind

_AF_INET, _AF_INET6 = 2, 10
_RAW_FRAMES = 3


@value.register
def _same_text(node: typed.SameText, out: Writer) -> str:
    left, right = text(node.left, out), text(node.right, out)
    size = min(_compared(node.left), _compared(node.right))
    if node.limit:
        size = min(size, node.limit)
    return f"(u64){'!' if node.negated else ''}{out.need(SAME)}({left}, {right}, {size})"


def _compared(node: typed.Expr) -> int:
    """Return how many bytes of a string can decide a comparison: of a literal, those up to its NUL."""
    return len(node.value) + 1 if isinstance(node, typed.Text) else node.type.size


@value.register
def _same_bytes(node: typed.SameBytes, out: Writer) -> str:
    left, right = text(node.left, out), text(node.right, out)
    words = [f"*(u64 *)({left} + {at}) == *(u64 *)({right} + {at})" for at in range(0, node.left.type.size, 8)]
    return f"(u64){'!' if node.negated else ''}({' && '.join(words) or '1'})"


@value.register
def _contains(node: typed.Contains, out: Writer) -> str:
    haystack, needle = text(node.haystack, out), text(node.needle, out)
    if isinstance(node.needle, typed.Text):
        return f"(u64){out.need(CONTAINS)}({haystack}, {node.haystack.type.size}, {needle}, {len(node.needle.value)})"
    length = f"{out.need(LENGTH)}({needle}, {node.needle.type.size})"
    return f"(u64){out.need(CONTAINS)}({haystack}, {node.haystack.type.size}, {needle}, {length})"


@value.register
def _length(node: typed.Length, out: Writer) -> str:
    return f"(u64){out.need(LENGTH)}({text(node.operand, out)}, {node.operand.type.size})"


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
    # Behind the NUL of a record's text stands what was there before: as part of a key it would make many keys of one.
    read = "bpf_probe_read_kernel_str" if node.type.form is Form.STRING else "bpf_probe_read_kernel"
    if reading and reading.kernel:
        base, offset, _size = reading.kernel
        out.line(f"{read}({place}, {size}, (void *)({base} + {offset}));")
    elif node.data_loc:
        where = f"(char *)ctx + ({out.record_field(node.field.name)} & 0xffff)"
        out.line(f"bpf_probe_read_kernel_str({place}, {size}, {where});")
    else:
        # A copy by loads would be refused where clang makes one address for it and for a helper's argument.
        out.line(f"{read}({place}, {size}, (void *)ctx + {node.field.offset});")


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
            out.move(place, text(branch, out), branch.type.size)


@fill.register
def _string_at(node: typed.StringAt, place: str, out: Writer) -> None:
    where = _target(node.pointer, Space.of(node.user), out)
    size = str(node.type.size)
    if node.length is not None:  # the NUL that ends it is not counted
        size = out.temporary(Type(signed=False), f"(u64){value(node.length, out)} + 1", "size")
        out.line(f"if ({size} > {node.type.size})")
        out.line(f"    {size} = {node.type.size};")
    read_text(where, place, size, out)


def _target(node: typed.Expr, space: Space, out: Writer) -> Where:
    """Return where a pointer points to; to an address that was just taken, that place itself."""
    if isinstance(node, typed.Unary) and node.op == "&":
        return address(node.operand, out)
    return Where(value(node, out), space)


@fill.register
def _buffer_at(node: typed.BufferAt, place: str, out: Writer) -> None:
    where = _target(node.pointer, Space.of(node.user), out)
    size = out.temporary(Type(signed=False), value(node.length, out), "size")
    out.line(f"if ({size} > {node.most})")
    out.line(f"    {size} = {node.most};")
    out.line(f"*(u32 *)({place}) = {size};")
    if where.space is Space.LOCAL:
        copy(where, f"({place} + 4)", Type(size=min(node.most, node.type.size - 4)), out)
        return
    read_memory(where, f"{place} + 4", size, out)


@value.register
def _bytes_as_integer(node: typed.BytesAt, out: Writer) -> str:
    place = out.array(8)
    fill(node, place, out)
    return f"*(u64 *)({place})"


@fill.register
def _bytes_at(node: typed.BytesAt, place: str, out: Writer) -> None:
    where = _target(node.pointer, Space.of(node.user), out)
    copy(where, place, Type(form=Form.OPAQUE, size=6), out)


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
    taken = f"{out.unit.stack_map(node.type)}.get_stackid(ctx, {_skipped(out)})"
    return known or out.remember(node, out.temporary(Type(), taken, "kstack_"))


def _skipped(out: Writer) -> int:
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
def _stack_length(node: typed.StackLength, out: Writer) -> str:
    flags = "BPF_F_USER_STACK" if node.stack.user else str(_skipped(out))
    depth = node.stack.type.depth or 127
    place = out.array(8 * depth, "frames")
    got = out.temporary(Type(), f"bpf_get_stack(ctx, {place}, {8 * depth}, {flags})", "got")
    return f"(u64)({got} > 0 ? {got} / 8 : 0)"


@fill.register
def _inet(node: typed.Address, place: str, out: Writer) -> None:
    in_memory = node.operand.type.form is Form.ARRAY
    size = node.operand.type.size if in_memory else 4
    default = str(_AF_INET6 if size == 16 else _AF_INET)
    family = value(node.family, out) if node.family is not None else default
    out.line(f"*(u32 *)({place}) = {family};")
    if not in_memory:
        out.line(f"*(u32 *)({place} + 4) = {value(node.operand, out)};")
        return
    copy(address(node.operand, out), f"({place} + 4)", Type(form=Form.OPAQUE, size=size), out)


@fill.register
def _path_at(node: typed.PathAt, place: str, out: Writer) -> None:
    out.line(f"bpf_d_path((struct path *){value(node.pointer, out)}, {place}, {node.type.size});")


@fill.register
def _joined(node: typed.Joined, place: str, out: Writer) -> None:
    size = node.type.parts[0].size
    array = out.temporary(Type(signed=False), value(node.pointer, out), "argv")
    space = Space.of(node.user)
    pointer_name, ended = out.name("p"), out.name("ended")
    out.line(f"u64 {pointer_name} = 0; bool {ended} = false;")
    for i in range(len(node.type.parts)):
        with out.block(f"if (!{ended})"):
            copy(Where(f"{array} + {8 * i}", space), f"&{pointer_name}", Type(), out)
            with out.block(f"if ({pointer_name})"):
                read_text(Where(pointer_name, space), f"({place} + {size * i})", str(size), out)
            with out.block("else"):
                out.line(f"{ended} = true;")


@value.register
def _named(node: typed.Named, out: Writer) -> str:
    return value(node.operand, out)


@value.register
def _has_key(node: typed.HasKey, out: Writer) -> str:
    place = pointer(node.slot, out)
    if out.planned(node.slot).spec.kept_slots:
        return f"(u64)({place} && *{place})"
    return f"(u64)({place} != 0)"


@value.register
def _swap(node: typed.Swap, out: Writer) -> str:
    operand = value(node.operand, out)
    bits = node.type.size * 8
    return f"(u64)__builtin_bswap{bits}({operand})" if bits > 8 else operand
