"""The C types that a script can name: its own definitions first, then the kernel's.

Owns: looking them up, and finding a member however deep in anonymous structs it is. Pure.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tracetop.lang.ctypes.type_names import Definitions, resolve
from tracetop.lang.tree import syntax
from tracetop.model.ctype import CField, CKind, CStruct, CType
from tracetop.model.kernel import Kernel


@dataclass(frozen=True)
class Place:
    """A member, found: the member, and how many bytes behind the begin of the outermost struct it lies."""

    member: CField
    offset: int


@dataclass(frozen=True)
class KnownTypes:
    """All types that one script can name."""

    definitions: Definitions
    kernel: Kernel

    def struct(self, name: str) -> CStruct | None:
        """Return a struct or union by its name, without the word."""
        return self.definitions.struct(name) or self.kernel.struct(name)

    def constant(self, name: str) -> tuple[int, CType] | None:
        """Return value and type of an enumerator or macro."""
        return self.definitions.constant(name) or self.kernel.constant(name)

    def enum_names(self, name: str) -> Mapping[int, str]:
        """Return the enumerators of an enum by value."""
        return self.definitions.enum_names(name) or self.kernel.enum_names(name)

    def resolve(self, type_name: syntax.TypeName) -> CType | None:
        """Return the type that a script writes, or None where nobody knows it."""
        return resolve(type_name, self.definitions, self.kernel)

    def named(self, text: str) -> CType | None:
        """Return the type that a format file or BTF calls by this name, without stars and brackets."""
        return self.definitions.named_type(text) or self.kernel.named_type(text)

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
