"""Types of C as the kernel's BTF, a tracepoint's format or a script's own struct describes them.

Owns: the shape of such a description, and the types that C itself has: all ways to spell them, with the widths of the
64-bit data model of Linux. Refuses to own: where other types come from (`bpf.kernel.btf`, `lang.ctypes`) and what a
script may do with a value of one (`lang.tree.types`). Frozen and pure.
"""

from collections import Counter
from enum import StrEnum

import msgspec


class CKind(StrEnum):
    """What a C type is."""

    VOID = "void"
    INT = "int"
    """An integer of `size` bytes; characters, bool and enums that nothing is known of too."""
    BOOL = "bool"
    CHAR = "char"
    """One byte of text: an array of them is a string."""
    FLOAT = "float"
    ENUM = "enum"
    POINTER = "pointer"
    ARRAY = "array"
    STRUCT = "struct"
    UNION = "union"
    FUNCTION = "function"


class CType(msgspec.Struct, frozen=True, kw_only=True):
    """One type, typedefs and qualifiers taken off."""

    kind: CKind
    size: int = 0
    """Bytes; 0 for void, functions and structs that are only declared."""
    signed: bool = False
    name: str = ""
    """Of a struct, union or enum, what `Kernel.struct` and `Kernel.enum_names` know it by (without the word ``struct``;
    an anonymous one has a name that no script can write); of an integer, what C calls it."""
    element: "CType | None" = None
    """What a pointer points to, what an array consists of."""
    count: int = 0
    """Elements of an array; 0 for one without a size."""
    user: bool = False
    """Of a pointer: into the memory of the process (``__user``)."""
    alias: str = ""
    """The typedef that the type was named by, e.g. ``pid_t``; empty for none."""


class CField(msgspec.Struct, frozen=True, kw_only=True):
    """One member of a struct or union."""

    name: str
    """Empty for an anonymous struct or union, whose members are looked up as if they were the outer one's."""
    type: CType
    offset: int
    """Bytes; of a bit-field those of the unit of ``type.size`` bytes that it is in."""
    bit_offset: int = 0
    """Of a bit-field: bits from the unit's least significant one."""
    bits: int = 0
    """Width of a bit-field; 0 for any other member."""


class CStruct(msgspec.Struct, frozen=True, kw_only=True):
    """A struct or union, whole."""

    name: str
    size: int
    fields: tuple[CField, ...]
    is_union: bool = False


class CParameter(msgspec.Struct, frozen=True):
    """A parameter of a function; `name` is empty where the source of the description has none."""

    name: str
    type: CType


class CFunction(msgspec.Struct, frozen=True, kw_only=True):
    """A function of the kernel, or what a raw tracepoint passes."""

    name: str
    parameters: tuple[CParameter, ...]
    returns: CType
    module: str = "vmlinux"


class DebugFunction(msgspec.Struct, frozen=True, kw_only=True):
    """A function: its parameters and result, and where it finds the parameters when it is called."""

    function: CFunction
    registers: tuple[int, ...]
    """By parameter: the DWARF number of its register, BY_CONVENTION or NOWHERE."""
    result_by_address: bool = False
    """It is handed, before its parameters, where to put its result: one that is large, or no bytes to be copied."""
    lines: tuple[str, ...]
    """By parameter: its declaration, as the source spells types: ``const char* text``."""


BY_CONVENTION, NOWHERE = -1, -2
"""Of a parameter: where the calling convention has it; in no register that a program could read, or left out."""
VOID = CType(kind=CKind.VOID)
CHAR = CType(kind=CKind.CHAR, size=1, signed=True, name="char")
BOOL = CType(kind=CKind.BOOL, size=1, name="bool")
_PLAIN = {
    "void": VOID,
    "char": CHAR,
    "bool": BOOL,
    "_Bool": BOOL,
    "float": CType(kind=CKind.FLOAT, size=4, signed=True, name="float"),
    "double": CType(kind=CKind.FLOAT, size=8, signed=True, name="double"),
}
_BYTES = {
    ("char",): 1,
    ("short",): 2,
    ("int", "short"): 2,
    (): 4,
    ("int",): 4,
    ("long",): 8,
    ("int", "long"): 8,
    ("long", "long"): 8,
    ("int", "long", "long"): 8,
    ("__int128",): 16,
}
"""Of C's integers, by their sorted words without ``signed`` and ``unsigned``."""
INTEGER_NAMES = {1: "char", 2: "short", 4: "int", 8: "long", 16: "__int128"}
"""What an integer of so many bytes is called, however it was spelt: ``long long`` is ``long``."""


def builtin_type(name: str) -> CType | None:
    """Return the type that the words of C alone mean, in any order, or None where `name` is something else."""
    if name in _PLAIN:
        return _PLAIN[name]
    words = Counter(name.split())
    sign = words.pop("signed", 0) - 2 * words.pop("unsigned", 0)
    size = _BYTES.get(tuple(sorted(words.elements())))
    if size is None or sign not in (0, 1, -2) or not name:
        return None
    word = "unsigned " if sign < 0 else "signed " if size == 1 else ""
    return CType(kind=CKind.INT, size=size, signed=sign >= 0, name=word + INTEGER_NAMES[size])
