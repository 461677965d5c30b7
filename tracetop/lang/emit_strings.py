"""C of strings: char arrays on the BPF stack, padded with NULs so that they can be parts of keys."""

from tracetop.lang import typed
from tracetop.lang.builtins import BUILTINS
from tracetop.lang.emit_slots import pointer
from tracetop.lang.generics import fill, text, value
from tracetop.lang.plan import field_key
from tracetop.lang.writer import Writer, in_parentheses


@value.register
def _same_text(node: typed.SameText, out: Writer) -> str:
    left, right = text(node.left, out), text(node.right, out)
    size = min(_compared(node.left), _compared(node.right))
    return f"(u64){'!' if node.negated else ''}tt_same({left}, {right}, {size})"


def _compared(node: typed.Expr) -> int:
    """Return how many bytes of a string can decide a comparison: of a literal, those up to its NUL."""
    return len(node.value) + 1 if isinstance(node, typed.Text) else node.type.size


@fill.register
def _literal(node: typed.Text, place: str, out: Writer) -> None:
    for i, byte in enumerate(node.value):
        out.line(f"{place}[{i}] = {byte};")


@fill.register
def _builtin(node: typed.BuiltinValue, place: str, out: Writer) -> None:
    out.line(BUILTINS[node.name].c.format(place))


@fill.register
def _field(node: typed.FieldValue, place: str, out: Writer) -> None:
    field, size = f"ctx->f_{node.field.name}", node.type.size
    reading = out.program.raw.readings[field_key(node)] if out.program.raw else None
    if reading and reading.kernel:
        base, offset, _size = reading.kernel
        out.line(f"bpf_probe_read_kernel({place}, {size}, (void *)({base} + {offset}));")
    elif node.data_loc:
        out.line(f"bpf_probe_read_kernel_str({place}, {size}, (char *)ctx + ({field} & 0xffff));")
    else:
        # A copy by loads would be refused where clang makes one address for it and for a helper's argument.
        out.line(f"bpf_probe_read_kernel({place}, {size}, {field});")


@fill.register
def _map_value(node: typed.MapValue, place: str, out: Writer) -> None:
    slot = pointer(node.slot, out)
    with out.block(f"if ({slot})"):
        out.line(f"__builtin_memcpy({place}, {slot}, {node.type.size});")


@fill.register
def _choice(node: typed.Choice, place: str, out: Writer) -> None:
    test = value(node.condition, out)
    for head, branch in ((f"if {in_parentheses(test)}", node.then), ("else", node.otherwise)):
        with out.block(head):
            out.line(f"__builtin_memcpy({place}, {text(branch, out)}, {branch.type.size});")


@fill.register
def _string_at(node: typed.StringAt, place: str, out: Writer) -> None:
    where = value(node.pointer, out)
    space = "user" if node.user else "kernel"
    out.line(f"bpf_probe_read_{space}_str({place}, {node.type.size}, (void *){where});")
