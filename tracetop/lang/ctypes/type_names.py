"""C types by name: which one a cast means, the script's own before C's and the kernel's.

Owns: C's spellings of integers, and the table of a script's definitions. Refuses to own: making that table (`define`),
and the kernel's types, which it asks for. Pure.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from tracetop.lang.tree import syntax
from tracetop.model.ctype import CHAR, VOID, CKind, CStruct, CType
from tracetop.model.kernel import Kernel

_POINTER_BYTES = 8
_SIZED = re.compile(r"(?:(?:__)?(?P<sign>[us])|__[bl]e)(?P<bits>8|16|32|64)|(?P<u>u?)int(?P<n>8|16|32|64)(?:_t)?")
_MORE_INTEGERS = {
    "size_t": ("unsigned long", 8),
    "ssize_t": ("long", 8),
    "uintptr_t": ("unsigned long", 8),
    "intptr_t": ("long", 8),
    "ptrdiff_t": ("long", 8),
    "uint": ("unsigned int", 4),
    "ulong": ("unsigned long", 8),
    "ushort": ("unsigned short", 2),
    "u_char": ("unsigned char", 1),
    "u_short": ("unsigned short", 2),
    "u_int": ("unsigned int", 4),
    "u_long": ("unsigned long", 8),
}
_PLAIN = {
    "void": VOID,
    "char": CHAR,
    "bool": CType(kind=CKind.BOOL, size=1, name="bool"),
    "_Bool": CType(kind=CKind.BOOL, size=1, name="bool"),
    "string": CType(kind=CKind.ARRAY, element=CHAR),
    "float": CType(kind=CKind.FLOAT, size=4, signed=True, name="float"),
    "double": CType(kind=CKind.FLOAT, size=8, signed=True, name="double"),
}
_WORDS = frozenset({"unsigned", "signed", "long", "short", "int", "char"})


@dataclass(frozen=True)
class Definitions:
    """The types that a script defines."""

    structs: Mapping[str, CStruct] = field(default_factory=dict)
    types: Mapping[str, CType] = field(default_factory=dict)
    """By the name that C knows them by: ``struct foo``, ``enum bar``, ``foo_t``."""
    constants: Mapping[str, tuple[int, CType]] = field(default_factory=dict)
    enums: Mapping[str, Mapping[int, str]] = field(default_factory=dict)

    def struct(self, name: str) -> CStruct | None:
        """Return a struct or union by its name."""
        return self.structs.get(name)

    def named_type(self, name: str) -> CType | None:
        """Return the type that C knows by this name."""
        return self.types.get(name)

    def constant(self, name: str) -> tuple[int, CType] | None:
        """Return value and type of an enumerator."""
        return self.constants.get(name)

    def enum_names(self, name: str) -> Mapping[int, str]:
        """Return the enumerators of an enum by value."""
        return self.enums.get(name, {})


def resolve(type_name: syntax.TypeName, definitions: Definitions, kernel: Kernel) -> CType | None:
    """Return the type that a script writes, or None where nobody knows it."""
    found = definitions.named_type(type_name.name) or plain_type(type_name.name) or kernel.named_type(type_name.name)
    if found is None:
        return None
    if type_name.name == "string" and type_name.dimensions:
        found = CHAR
    return wrapped(found, type_name.pointers, type_name.dimensions)


def plain_type(name: str) -> CType | None:
    """Return the type of C itself, or of its usual headers, that has this name, or None for any other."""
    words = name.split()
    if name in _PLAIN:
        return _PLAIN[name]
    if words and _WORDS.issuperset(words):
        return _spelt_integer(words)
    sized = _SIZED.fullmatch(name)
    if sized:
        signed = sized["sign"] == "s" or sized["u"] == ""  # in network byte order: unsigned
        bits = int(sized["bits"] or sized["n"])
        return CType(kind=CKind.INT, size=bits // 8, signed=signed, name=name)
    if name in _MORE_INTEGERS:
        c_name, size = _MORE_INTEGERS[name]
        signed = not c_name.startswith("unsigned")
        return CType(kind=CKind.INT, size=size, signed=signed, name=c_name, alias=name)
    return None


def _spelt_integer(words: list[str]) -> CType | None:
    """Return the integer of ``unsigned long int`` and the like, in any order."""
    signed = "unsigned" not in words
    sign = "" if signed else "unsigned "
    if "char" in words:
        return CType(kind=CKind.INT, size=1, signed=signed, name=f"{sign or 'signed '}char")
    if "short" in words:
        return CType(kind=CKind.INT, size=2, signed=signed, name=f"{sign}short")
    longs = words.count("long")
    name = " ".join([*(["unsigned"] if not signed else []), *(["long"] * longs or ["int"])])
    return CType(kind=CKind.INT, size=8 if longs else 4, signed=signed, name=name)


def wrapped(type_: CType, pointers: int, dimensions: tuple[int, ...]) -> CType:
    """Return the type with stars, then brackets, around it."""
    for _ in range(pointers):
        type_ = CType(kind=CKind.POINTER, size=_POINTER_BYTES, element=type_)
    for count in reversed(dimensions):
        type_ = CType(kind=CKind.ARRAY, size=count * type_.size, element=type_, count=count)
    return type_
