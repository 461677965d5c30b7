"""Functions on strings: ``strncmp``, ``strcontains``, ``strlen``, ``len``."""

from functools import partial

from tracetop.lang.check.calls import Arguments, ValueFunction
from tracetop.lang.check.identifiers import MAX_STACK_DEPTH
from tracetop.lang.check.scope import MapUse
from tracetop.lang.emit.dispatch import text
from tracetop.lang.emit.memory import skipped_frames
from tracetop.lang.emit.prelude import CONTAINS, LENGTH
from tracetop.lang.emit.writer import Writer
from tracetop.lang.options import MAX_STRING_BYTES
from tracetop.lang.tree import syntax, typed
from tracetop.lang.tree.types import BOOL, UINT64, Form, Type, spoken
from tracetop.model.value import Shape


@partial(ValueFunction, "strncmp(STRING, STRING, LENGTH)", "0 where the first LENGTH bytes are the same")
def _strncmp(arguments: Arguments) -> typed.Expr:
    arguments.count(3)
    left, right = arguments.text(0), arguments.text(1)
    limit = arguments.constant(2, 1, MAX_STRING_BYTES)
    return typed.SameText(left, right, negated=True, limit=limit, type=Type(size=4))


@partial(ValueFunction, "strcontains(STRING, PART)", "1 where the string has the part")
def _strcontains(arguments: Arguments) -> typed.Expr:
    arguments.count(2)
    return typed.Call(_strcontains_c, (arguments.text(0), arguments.text(1)), BOOL)


def _strcontains_c(call: typed.Call, out: Writer) -> str:
    haystack, needle = (text(argument, out) for argument in call.arguments)
    size, part = call.arguments[0].type.size, call.arguments[1]
    length = str(len(part.value)) if isinstance(part, typed.Text) else f"{out.need(LENGTH)}({needle}, {part.type.size})"
    return f"(u64){out.need(CONTAINS)}({haystack}, {size}, {needle}, {length})"


@partial(ValueFunction, "strlen(STRING)", "bytes of a string")
def _strlen(arguments: Arguments) -> typed.Expr:
    arguments.count(1)
    return _length_of(arguments.text(0))


def _length_of(string: typed.Expr) -> typed.Expr:
    return typed.Call(_length_c, (string,), UINT64)


def _length_c(call: typed.Call, out: Writer) -> str:
    (string,) = call.arguments
    return f"(u64){out.need(LENGTH)}({text(string, out)}, {string.type.size})"


@partial(ValueFunction, "len(@MAP)", "entries of a map, frames of a stack, bytes of a string")
def _len(arguments: Arguments) -> typed.Expr:
    arguments.count(1)
    target = arguments.map(0)
    if target is not None and not target.keys:
        use = arguments.scope.known.maps.get(target.name)
        if use is None or use.keys:
            return _entries(arguments, target, use)
    value = arguments.value(0)
    if isinstance(value, typed.Stack):
        return typed.Call(_frames_c, (value,), UINT64)
    if value.type.form in (Form.STRING, Form.UNKNOWN):
        return _length_of(value)
    raise arguments.error(f"len() takes a stack or a string, this is {spoken(value.type)}", at=arguments.at(0))


def _entries(arguments: Arguments, target: syntax.Map, use: MapUse | None) -> typed.Expr:
    """Return how many entries a map has."""
    if use and use.kind and use.kind.facts.is_bucketed:
        raise arguments.error(
            f"len() does not tell how many entries {target.name} has",
            why="each of its values is many entries in the kernel",
            hint="count on the way, as in @n++",
            at=arguments.at(0),
        )
    arguments.scope.learnt.asked.setdefault(target.name, target.at)
    return typed.MapLength(target.name)


def _frames_c(call: typed.Call, out: Writer) -> str:
    stack = call.arguments[0].type
    flags = "BPF_F_USER_STACK" if stack.shape is Shape.USTACK else str(skipped_frames(out))
    depth = stack.depth or MAX_STACK_DEPTH
    place = out.array(8 * depth, "frames")
    got = out.temporary(Type(), f"bpf_get_stack(ctx, {place}, {8 * depth}, {flags})", "got")
    return f"(u64)({got} > 0 ? {got} / 8 : 0)"
