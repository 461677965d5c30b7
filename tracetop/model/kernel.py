"""What the compiler may ask about the kernel that a script is compiled for.

The compiler is pure: it sees a kernel only through this protocol, so tests compile against a written-down one.
"""

from collections.abc import Iterable
from typing import Protocol

import msgspec


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One field of a tracepoint's record, as its format file gives it."""

    name: str
    c_type: str
    """As written there, e.g. ``const char *``, ``char[16]``, ``__data_loc char[]``, ``unsigned int``."""
    offset: int
    size: int
    signed: bool


class TracepointFormat(msgspec.Struct, frozen=True, kw_only=True):
    """A tracepoint's record; `fields` without the ``common_`` ones."""

    category: str
    event: str
    fields: tuple[Field, ...]


class Kernel(Protocol):
    """A kernel: the running one (`bpf.kernel`) or one that a test wrote down."""

    arch: str
    """As ``platform.machine()`` says it: x86_64, aarch64."""
    cpus: int
    """Possible CPUs."""

    def tracepoint(self, category: str, event: str) -> TracepointFormat | None:
        """Return the format, or None where the kernel has no such event."""

    def tracepoint_names(self) -> Iterable[str]:
        """Return every event as ``category:event`` (for wildcards and suggestions)."""

    def raw_tracepoint_arity(self, event: str) -> int | None:
        """Return how many arguments a raw tracepoint passes, or None where the kernel or its BTF has none."""

    def field_offset(self, struct: str, field: str) -> tuple[int, int] | None:
        """Return (offset, size) in bytes of a field in a kernel struct from BTF, or None where either is missing."""
