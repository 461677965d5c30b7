"""The C types that a script can name: its own definitions first, then C's and its headers', then the kernel's.

Owns: the table of a script's definitions, the typedefs of the usual headers, and finding a member however deep in
anonymous structs it is. Refuses to own: making that table (`definitions`), C's own integers (`model.ctype`) and the
kernel's types, which it asks for. Pure.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from msgspec import structs

from tracetop.errors import KernelError
from tracetop.lang.tree import syntax
from tracetop.model.ctype import CHAR, INTEGER_NAMES, CField, CKind, CStruct, CType, builtin_type
from tracetop.model.kernel import Kernel

_POINTER_BYTES = 8
_WORDS = {8 * size: word for size, word in INTEGER_NAMES.items() if size <= 8}
_TYPEDEFS = {
    "size_t": "unsigned long",
    "ssize_t": "long",
    "uintptr_t": "unsigned long",
    "intptr_t": "long",
    "ptrdiff_t": "long",
    **{f"u{word}": f"unsigned {word}" for word in ("int", "long", "short")},
    **{f"u_{word}": f"unsigned {word}" for word in ("char", "short", "int", "long")},
    **{f"{name}{n}": f"signed {word}" for n, word in _WORDS.items() for name in ("s", "__s", "int")},
    **{f"{name}{n}": f"unsigned {word}" for n, word in _WORDS.items() for name in ("u", "__u", "uint", "__be", "__le")},
    **{f"int{n}_t": f"signed {word}" for n, word in _WORDS.items()},
    **{f"uint{n}_t": f"unsigned {word}" for n, word in _WORDS.items()},
}
"""Names of integers in the usual headers, bpftrace's and the kernel's, in C's words."""
_STRING = CType(kind=CKind.ARRAY, element=CHAR)


@dataclass(frozen=True)
class Definitions:
    """The types that a script defines."""

    structs: dict[str, CStruct] = field(default_factory=dict)
    types: dict[str, CType] = field(default_factory=dict)
    """By the name that C knows them by: ``struct foo``, ``enum bar``, ``foo_t``."""
    constants: dict[str, tuple[int, CType]] = field(default_factory=dict)
    enums: dict[str, dict[int, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Place:
    """A member, found: the member, and how many bytes after the start of the outermost struct it lies."""

    member: CField
    offset: int


@dataclass(frozen=True)
class KnownTypes:
    """All types that one script can name."""

    definitions: Definitions
    kernel: Kernel
    binary: str = ""
    """The program or library that a clause is on, whose own types come before the kernel's; empty for none."""

    def struct(self, name: str) -> CStruct | None:
        """Return a struct or union by its name, without the word."""
        return self.definitions.structs.get(name) or self.kernel.struct(name)

    def constant(self, name: str) -> tuple[int, CType] | None:
        """Return value and type of an enumerator or macro."""
        return self.definitions.constants.get(name) or self.kernel.constant(name)

    def enum_names(self, name: str) -> Mapping[int, str]:
        """Return the enumerators of an enum by value."""
        return self.definitions.enums.get(name) or self.kernel.enum_names(name)

    def resolve(self, type_name: syntax.TypeName) -> CType | None:
        """Return the type that a script writes, or None where nobody knows it."""
        name = type_name.name
        found = self.definitions.types.get(name) or plain_type(name) or self._of_binary(name)
        found = found or self.kernel.named_type(name)
        if name == "string" and type_name.dimensions:
            found = CHAR
        return found and wrapped(found, type_name.pointers, type_name.dimensions)

    def _of_binary(self, name: str) -> CType | None:
        try:
            return self.kernel.sources.type(self.binary, name) if self.binary else None
        except KernelError:  # it is damaged: then it says nothing
            return None

    def named(self, text: str) -> CType | None:
        """Return the type that a format file or BTF calls by this name, without stars and brackets."""
        return self.definitions.types.get(text) or self.kernel.named_type(text)

    def members(self, c: CType) -> Iterator[Place]:
        """Yield every member of a struct or union, those of its anonymous members as if they were its own."""
        struct = self.struct(c.name)
        for member in struct.fields if struct else ():
            if member.name or member.type.kind not in (CKind.STRUCT, CKind.UNION):
                yield Place(member, member.offset)
                continue
            for inner in self.members(member.type):
                yield Place(inner.member, member.offset + inner.offset)

    def member(self, c: CType, name: str) -> Place | None:
        """Return the member of that name, or None."""
        return next((place for place in self.members(c) if place.member.name == name), None)


def plain_type(name: str) -> CType | None:
    """Return the type of C itself, or of its usual headers, that has this name, or None for any other."""
    if name == "string":
        return _STRING
    found = builtin_type(_TYPEDEFS.get(name, name))
    return structs.replace(found, alias=name) if found and name in _TYPEDEFS else found


def wrapped(type_: CType, pointers: int, dimensions: tuple[int, ...]) -> CType:
    """Return the type with stars, then brackets, around it."""
    for _ in range(pointers):
        type_ = CType(kind=CKind.POINTER, size=_POINTER_BYTES, element=type_)
    for count in reversed(dimensions):
        type_ = CType(kind=CKind.ARRAY, size=count * type_.size, element=type_, count=count)
    return type_
