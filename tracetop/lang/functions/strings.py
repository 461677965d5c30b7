"""Functions on strings: ``strncmp``, ``strcontains``, ``strstr``, ``strlen``, ``len``."""

from functools import partial

from tracetop.lang.check.calls import Arguments, ValueFunction
from tracetop.lang.check.identifiers import MAX_STACK_DEPTH
from tracetop.lang.check.learnt import MapUse
from tracetop.lang.emit.dispatch import put, text
from tracetop.lang.emit.loops import repeat
from tracetop.lang.emit.memory import skipped_frames
from tracetop.lang.emit.prelude import Helper
from tracetop.lang.emit.writer import Writer
from tracetop.lang.functions.memory import padded, text_of
from tracetop.lang.options import MAX_STRING_BYTES
from tracetop.lang.tree import syntax, typed
from tracetop.lang.tree.types import BOOL, INT64, UINT64, Form, Type, spoken
from tracetop.lang.vocabulary.kernel_helpers import needs_helper
from tracetop.model.abi.relocations import HelperId
from tracetop.model.value import Shape

_MOST_COMPARED = 1 << 13
"""Bytes that the verifier goes through, each at each place."""
_MOST_PART_BYTES = 1 << 15
_SHORT = 64
"""Bytes of a text that may lie on the stack, where old kernels read at a known place only."""
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

# Text is padded with NULs, so its end is found by halving: the verifier would go through every byte of a loop.
_LONG_LENGTH = Helper(
    "tt_long_length",
    """
static __always_inline u32 tt_long_length(const char *text, u32 size)
{
    u64 length = 0;
#pragma unroll
    for (u32 left = size; left > 1; left -= left / 2) {
        u64 byte = (u8)text[length + left / 2 - 1];
        length += ((byte + 255) >> 8) * (left / 2);
        OPTIMIZER_HIDE_VAR(length);
    }
    return length + (((u64)(u8)text[length] + 255) >> 8);
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
    left, right = text_of(arguments, 0), text_of(arguments, 1)
    limit = arguments.constant(2, 1, MAX_STRING_BYTES)
    return typed.SameText(left, right, negated=True, limit=limit, type=Type(size=4))


@partial(ValueFunction, "strcontains(STRING, PART)", "whether the string has the part")
def _strcontains(arguments: Arguments) -> typed.Expr:
    return typed.Binary(">=", _place(arguments), typed.Const(0), True, BOOL)


@partial(ValueFunction, "strstr(STRING, PART)", "where the string has the part, counted from 0; -1 where it does not")
def _strstr(arguments: Arguments) -> typed.Expr:
    return _place(arguments)


def _place(arguments: Arguments) -> typed.Expr:
    """Return where the first string has the second, -1 where it does not have it."""
    arguments.count(2)
    haystack, needle = text_of(arguments, 0), text_of(arguments, 1)
    if needle.type.size > _MOST_PART_BYTES:
        raise arguments.error(
            f"a part of {needle.type.size} bytes is too long to look for",
            hint=f"read {_MOST_PART_BYTES - 1} bytes of it at most: str(POINTER, LENGTH)",
            at=arguments.at(1),
        )
    if haystack.type.size * _length(needle) <= _MOST_COMPARED:
        return typed.Call(_find_c, (haystack, needle), INT64)
    return typed.LoopCall(_find_in_loop_c, (haystack, needle), INT64)


def _length(needle: typed.Expr) -> int:
    """Return how many bytes are looked for: at most, where only the event knows."""
    return len(needle.value.partition(b"\0")[0]) if isinstance(needle, typed.Text) else needle.type.size


def _find_c(call: typed.Call, out: Writer) -> str:
    haystack, needle = call.arguments
    length = f"{_length(needle)}, {'true' if isinstance(needle, typed.Text) else 'false'}"
    return f"{out.need(_FIND)}({text(haystack, out)}, {haystack.type.size}, {text(needle, out)}, {length})"


def _find_in_loop_c(call: typed.Call, out: Writer) -> str:
    """Write a search whose every comparison the verifier would not go through: a round for each place."""
    haystack, needle = call.arguments
    size, length = haystack.type.size, _length(needle)
    room = out.take_scratch(padded(size + length))  # so that what is compared lies in it wherever it starts
    part, found = out.take_scratch(padded(needle.type.size)), out.take_scratch(8)
    for node, place, whole in ((haystack, room, size + length), (needle, part, needle.type.size)):
        name = out.name("in", aligned=True)
        out.line(f"char *{name} = scratch + {place};")
        out.clear(name, padded(whole))
        put(node, name, out)
    out.line(f"*(s64 *)(scratch + {found}) = -1;")

    def compare(inner: Writer) -> None:
        inner.line("u64 i = loop->first;")
        inner.when(f"i >= {size}", "return 1;")
        inner.line(f"char *at = scratch + {room} + i, *part = scratch + {part};")
        with inner.block(f"for (u32 j = 0; j < {length} && part[j]; j++)"):
            inner.when("at[j] != part[j]", "return !at[0];")
        inner.line(f"*(s64 *)(scratch + {found}) = i;")
        inner.line("return 1;")

    repeat(size, compare, out)
    return out.temporary(INT64, f"*(s64 *)(scratch + {found})", "found")


@partial(ValueFunction, "strlen(STRING)", "bytes of a string")
def _strlen(arguments: Arguments) -> typed.Expr:
    arguments.count(1)
    return _length_of(text_of(arguments, 0))


def _length_of(string: typed.Expr) -> typed.Expr:
    return typed.Call(_length_c, (string,), UINT64)


def _length_c(call: typed.Call, out: Writer) -> str:
    (string,) = call.arguments
    helper = _LENGTH if string.type.size <= _SHORT else _LONG_LENGTH
    return f"(u64){out.need(helper)}({text(string, out)}, {string.type.size})"


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
    if isinstance(value, typed.VarValue) and value.type.shape in (Shape.KSTACK, Shape.USTACK):
        # A variable lives as long as its clause runs, and that has one stack.
        return typed.Call(_frames_c, (typed.Stack(value.type.shape is Shape.USTACK, value.type),), UINT64)
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
