"""Types of C as the kernel's BTF, a tracepoint's format or a script's own struct describes them.

Owns: the shape of such a description. Refuses to own: where it comes from (`bpf.btf`, `lang.layout`) and what a script
may do with a value of it (`lang.types`). Frozen and pure.
"""

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


VOID = CType(kind=CKind.VOID)
CHAR = CType(kind=CKind.CHAR, size=1, signed=True, name="char")
