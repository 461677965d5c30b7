"""Functions on strings: ``strncmp``, ``strcontains``, ``strstr``, ``strlen``, ``len``."""

from functools import partial

from tracetop.lang.check.calls import Arguments, ValueFunction
from tracetop.lang.check.identifiers import MAX_STACK_DEPTH
from tracetop.lang.check.learnt import MapUse
from tracetop.lang.emit.dispatch import text
from tracetop.lang.emit.memory import skipped_frames
from tracetop.lang.emit.prelude import Helper
from tracetop.lang.emit.writer import Writer
from tracetop.lang.options import MAX_STRING_BYTES
from tracetop.lang.tree import syntax, typed
from tracetop.lang.tree.types import BOOL, INT64, UINT64, Form, Type, spoken
from tracetop.lang.vocabulary.kernel_helpers import needs_helper
from tracetop.model.abi.relocations import HelperId
from tracetop.model.value import Shape

_LENGTH = Helper(
    "tt_length",
    """
static __always_inline u32 tt_length(const char *text, u32 size)
{
    u32 length = 0;
#pragma unroll
    for (u32 i = 0; i < size; i++) {
        if (!text[i])
            break;
        length++;
    }
    return length;
}
""",
)

# What the verifier cannot tell apart it does not go through apart: neither the index that is found is a number that it
# knows, nor is there a branch for the end of `part`, which may stand anywhere where its `length` is not `fixed`.
_FIND = Helper(
    "tt_find",
    """
static __always_inline s64 tt_find(const char *text, u32 size, const char *part, u32 length, bool fixed)
{
    s64 found = -1;
    for (u32 i = 0; i + (fixed ? length : 1) <= size; i++) {
        u64 differ = 0, within = -1;
        for (u32 j = 0; j < length; j++) {
            u64 wanted = (u8)part[j];
            if (!fixed)
                within &= -((wanted + 255) >> 8);  /* zero from the NUL on */
            differ |= (wanted ^ (fixed || i + j < size ? (u8)text[i + j] : 0)) & within;
            OPTIMIZER_HIDE_VAR(differ);
        }
        found ^= (found ^ i) & (((differ + 255) >> 8) - 1);  /* all ones where nothing differs */
        OPTIMIZER_HIDE_VAR(found);
        if (found >= 0 || !text[i])
            break;
    }
    return found;
}
""",
)


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
    return f"(u64)({_find_c(call, out)} >= 0)"


def _find_c(call: typed.Call, out: Writer) -> str:
    """Return where the first string has the second, -1 where it does not have it."""
    haystack, needle = call.arguments
    spelt_out = needle.value.partition(b"\0")[0] if isinstance(needle, typed.Text) else None
    length = f"{needle.type.size}, false" if spelt_out is None else f"{len(spelt_out)}, true"
    return f"{out.need(_FIND)}({text(haystack, out)}, {haystack.type.size}, {text(needle, out)}, {length})"


@partial(ValueFunction, "strstr(STRING, PART)", "where the string has the part, counted from 0; -1 where it does not")
def _strstr(arguments: Arguments) -> typed.Expr:
    arguments.count(2)
    return typed.Call(_find_c, (arguments.text(0), arguments.text(1)), INT64)


@partial(ValueFunction, "strlen(STRING)", "bytes of a string")
def _strlen(arguments: Arguments) -> typed.Expr:
    arguments.count(1)
    return _length_of(arguments.text(0))


def _length_of(string: typed.Expr) -> typed.Expr:
    return typed.Call(_length_c, (string,), UINT64)


def _length_c(call: typed.Call, out: Writer) -> str:
    (string,) = call.arguments
    return f"(u64){out.need(_LENGTH)}({text(string, out)}, {string.type.size})"


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
    scope = arguments.scope
    what, instead = f"len({target.name})", "count on the way, as in @n++"
    needs_helper(scope.kernel, scope.source, arguments.at(0), HelperId.FOR_EACH_MAP_ELEM, what, instead)
    scope.learnt.asked.setdefault(target.name, target.at)
    return typed.MapLength(target.name)


def _frames_c(call: typed.Call, out: Writer) -> str:
    stack = call.arguments[0].type
    flags = "BPF_F_USER_STACK" if stack.shape is Shape.USTACK else str(skipped_frames(out))
    depth = stack.depth or MAX_STACK_DEPTH
    place = out.array(8 * depth, "frames")
    got = out.temporary(Type(), f"bpf_get_stack(ctx, {place}, {8 * depth}, {flags})", "got")
    return f"(u64)({got} > 0 ? {got} / 8 : 0)"
