"""C of strings: char arrays on the BPF stack, padded with NULs so that they can be parts of keys."""

from tracetop.lang import typed
from tracetop.lang.builtins import BUILTINS
from tracetop.lang.emit_slots import pointer
from tracetop.lang.generics import text, value
from tracetop.lang.plan import field_key
from tracetop.lang.writer import Writer, in_parentheses


def _array(out: Writer, size: int) -> str:
    name = out.name("s")
    out.line(f"char {name}[{size}] = {{}};")
    return name


@value.register
def _same_text(node: typed.SameText, out: Writer) -> str:
    left, right = text(node.left, out), text(node.right, out)
    size = min(_compared(node.left), _compared(node.right))
    return f"(u64){'!' if node.negated else ''}tt_same({left}, {right}, {size})"


def _compared(node: typed.Expr) -> int:
    """Return how many bytes of a string can decide a comparison: of a literal, those up to its NUL."""
    return len(node.value) + 1 if isinstance(node, typed.Text) else node.type.size


@text.register
def _text_literal(node: typed.Text, out: Writer) -> str:
    known = out.recall(node)
    if known:
        return known
    name = out.name("s")
    out.line(f"char {name}[{node.type.size}] = {{{', '.join(str(byte) for byte in node.value) or '0'}}};")
    return out.remember(node, name)


@text.register
def _text_builtin(node: typed.BuiltinValue, out: Writer) -> str:
    known = out.recall(node)
    if known:
        return known
    name = _array(out, node.type.size)
    out.line(BUILTINS[node.name].c.format(name))
    return out.remember(node, name)


@text.register
def _text_field(node: typed.FieldValue, out: Writer) -> str:
    known = out.recall(node)
    if known:
        return known
    name = _array(out, node.type.size)
    field = f"ctx->f_{node.field.name}"
    reading = out.program.raw.readings[field_key(node)] if out.program.raw else None
    if reading and reading.kernel:
        base, offset, _size = reading.kernel
        out.line(f"bpf_probe_read_kernel({name}, sizeof({name}), (void *)({base} + {offset}));")
    elif node.data_loc:
        out.line(f"bpf_probe_read_kernel_str({name}, sizeof({name}), (char *)ctx + ({field} & 0xffff));")
    else:
        # A copy by loads would be refused where clang makes one address for it and for a helper's argument.
        out.line(f"bpf_probe_read_kernel({name}, sizeof({name}), {field});")
    return out.remember(node, name)


@text.register
def _text_variable(node: typed.VarValue, _out: Writer) -> str:
    return f"var_{node.name}"


@text.register
def _text_map(node: typed.MapValue, out: Writer) -> str:
    place = pointer(node.slot, out)
    name = _array(out, node.type.size)
    with out.block(f"if ({place})"):
        out.line(f"__builtin_memcpy({name}, {place}, sizeof({name}));")
    return name


@text.register
def _text_choice(node: typed.Choice, out: Writer) -> str:
    test = value(node.condition, out)
    name = _array(out, node.type.size)
    for head, branch in ((f"if {in_parentheses(test)}", node.then), ("else", node.otherwise)):
        with out.block(head):
            out.line(f"__builtin_memcpy({name}, {text(branch, out)}, {branch.type.size});")
    return name


@text.register
def _text_at(node: typed.StringAt, out: Writer) -> str:
    where = value(node.pointer, out)
    name = _array(out, node.type.size)
    space = "user" if node.user else "kernel"
    out.line(f"bpf_probe_read_{space}_str({name}, sizeof({name}), (void *){where});")
    return name
