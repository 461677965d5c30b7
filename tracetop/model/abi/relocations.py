"""Markers: how a program's C names what only the loader knows, a function's address or a map as a helper takes it.

Owns: the constants that stand for them until the program is linked, and the words that a callback finds in its
context. BCC compiles each function by itself, knows no address of another, and hands maps to its own methods only;
`bpf.load.linker` puts in what a marker stands for. Helpers that take callbacks or maps are called by number. Pure.

In C: ``void *name; asm volatile("%0 = 0x… ll" : "=r"(name));``
"""

from enum import IntEnum

_MARK = 0x74740000
"""The upper 32 bits of a marker, but for the kind; `tt` in ASCII, then 16 bits of kind."""
MARK_BYTES = b"tt"
"""What any text of instructions with a marker has in it."""


class HelperId(IntEnum):
    """BPF_FUNC_*: the helper's name, without its ``bpf_``."""

    FOR_EACH_MAP_ELEM = 164
    LOOP = 181
    MAP_LOOKUP_PERCPU_ELEM = 195


class MarkerKind(IntEnum):
    """What a marker stands for.

    A callback is a function ``int NAME(struct CONTEXT *context)`` that returns 0 to go on and 1 to stop. Its context is
    what the program hands to the helper, on the program's own stack; each call begins with the helper's arguments being
    written to the context's first words. The rest of it is the program's.
    """

    LOOP = 1
    """The address of ``Program.callbacks[index]`` for ``bpf_loop``; its context begins with ``u64 index``, from 0."""
    ELEMENT = 2
    """The same for ``bpf_for_each_map_elem``; its context begins with ``void *key; void *value``."""
    MAP = 3
    """``Program.maps[index]``."""


def marker(kind: MarkerKind, index: int) -> str:
    """Return the 64-bit constant for what has that index, as C writes it."""
    return f"{(_MARK | kind) << 32 | index:#x}"


def parse_marker(upper: int, lower: int) -> tuple[MarkerKind, int] | None:
    """Return what the two halves of a constant stand for, None where they are an ordinary number."""
    kind = upper ^ _MARK
    return (MarkerKind(kind), lower) if MarkerKind.LOOP <= kind <= MarkerKind.MAP else None
