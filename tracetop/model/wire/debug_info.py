"""What the debug information of a program says, and what may be asked of it: between the tracer and its reader.

The reader (`bpf.debug_info.reader`) is a process without rights, since the information may be anybody's. Pure.
"""

import msgspec

from tracetop.model.ctype import CStruct, CType, DebugFunction


class FunctionsAt(msgspec.Struct, frozen=True, tag="functions"):
    """Which functions begin at these addresses; answered by as many functions, None where nothing is known."""

    addresses: tuple[int, ...]


class TypeNamed(msgspec.Struct, frozen=True, tag="type"):
    """What a script calls ``struct foo``, ``enum bar`` or ``foo_t``."""

    name: str


class StructNamed(msgspec.Struct, frozen=True, tag="struct"):
    """The struct or union that a CType of an answer has named so."""

    name: str


class EnumNamed(msgspec.Struct, frozen=True, tag="enum"):
    """The enumerators of an enum that a CType of an answer has named so."""

    name: str


class AddressesOf(msgspec.Struct, frozen=True, tag="lines"):
    """Where the code of a line of a source file is."""

    file: str
    """Its name, or the end of its path."""
    line: int


class TypeNames(msgspec.Struct, frozen=True, tag="names"):
    """The names of all types of a tag: ``struct``, ``union``, ``enum``."""

    tag: str


Query = FunctionsAt | TypeNamed | StructNamed | EnumNamed | AddressesOf | TypeNames


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The answer to a query: one of these is set, or where nothing is known none."""

    functions: tuple[DebugFunction | None, ...] = ()
    type: CType | None = None
    struct: CStruct | None = None
    enum: dict[int, str] = {}
    addresses: tuple[int, ...] = ()
    names: tuple[str, ...] = ()
    failure: str = ""
    """Why the information cannot be read."""
