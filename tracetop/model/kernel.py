"""What the compiler may ask about the kernel that a script is compiled for.

The compiler is pure: it sees a kernel only through this protocol, so tests compile against a written-down one.
"""

from collections.abc import Iterable, Mapping
from typing import Protocol

import msgspec

from tracetop.model.abi.relocations import HelperId
from tracetop.model.ctype import CFunction, CStruct, CType, DebugFunction
from tracetop.model.kinds import ProbeKind


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


class UserSymbol(msgspec.Struct, frozen=True):
    """A function of a binary: where its code begins, in bytes into the file, and how long it is."""

    name: str
    offset: int
    size: int = 0


class UsdtProbe(msgspec.Struct, frozen=True, kw_only=True):
    """A static probe of a binary, one of its places; the same probe may stand at several."""

    provider: str
    name: str
    offset: int
    """Bytes into the file."""
    semaphore: int = 0
    """Bytes into the file of the counter that enables it; 0 for none."""
    arguments: tuple[str, ...] = ()
    """Where each argument is, as the assembler wrote it, e.g. ``-4@%edi``."""


class SourceInfo(Protocol):
    """What binaries' debug information says of their sources. KernelError where it is damaged."""

    def functions(self, path: str, offsets: tuple[int, ...]) -> tuple[DebugFunction | None, ...]:
        """Return what is known of functions, by their places in the file; None for those of which nothing is."""

    def type(self, path: str, name: str) -> CType | None:
        """Return the type that a binary's source knows by this name: ``struct foo``, ``foo_t``; None for none."""

    def symbol_distance(self, path: str, name: str, offset: int) -> tuple[int, int] | None:
        """Return how many bytes after the code at an offset into a file a symbol lies, and how many it has.

        None for a symbol that is not there.
        """

    def line_offsets(self, path: str, file: str, line: int) -> tuple[int, ...]:
        """Return where in the file the code of a line of source begins, once for each function that has some."""


_OLDEST = "BPF_FUNC_map_lookup_elem"
"""The enumerator of a helper that every kernel has."""


class Kernel(Protocol):
    """A kernel: the running one (`bpf.kernel.running_kernel`) or one that a test wrote down."""

    arch: str
    """As ``platform.machine()`` says it: x86_64, aarch64."""
    cpus: int
    """Possible CPUs."""

    takes_long_keys: bool
    """Whether the key of a hash map may be longer than 512 bytes."""

    @property
    def sources(self) -> SourceInfo:
        """What binaries' debug information says."""

    def tracepoint(self, category: str, event: str) -> TracepointFormat | None:
        """Return the format, or None where the kernel has no such event."""

    def tracepoint_names(self) -> Iterable[str]:
        """Return every event as ``category:event`` (for wildcards and suggestions)."""

    def raw_tracepoint_arity(self, event: str) -> int | None:
        """Return how many arguments a raw tracepoint passes, or None where the kernel or its BTF has none."""

    def field_offset(self, struct: str, field: str) -> tuple[int, int] | None:
        """Return (offset, size) in bytes of a field in a kernel struct from BTF, or None where either is missing."""

    def struct(self, name: str) -> CStruct | None:
        """Return a struct or union by its name (without ``struct``), or by the one that its CType has."""

    def named_type(self, name: str) -> CType | None:
        """Return the type that C knows by this name: ``pid_t``, ``struct sock``, ``unsigned long``."""

    def constant(self, name: str) -> tuple[int, CType] | None:
        """Return value and type of an enumerator or a well-known macro, e.g. ``TCP_ESTABLISHED``, ``AF_INET``."""

    def enum_names(self, name: str) -> Mapping[int, str]:
        """Return the enumerators of an enum by value; empty for an unknown one."""

    def function(self, name: str, module: str = "") -> CFunction | None:
        """Return a kernel function's parameters and result from BTF, or None where BTF has none of that name."""

    def function_names(self) -> Iterable[str]:
        """Return the kernel's functions that a probe may be put on (for wildcards and suggestions)."""

    def raw_tracepoint(self, event: str) -> CFunction | None:
        """Return what a raw tracepoint passes, the implicit first argument left out, or None where BTF has none."""

    def refuses(self, kind: ProbeKind) -> str:
        """Return in one line why this kernel takes no probe of that kind; empty where it takes them."""

    def binary(self, name: str, pid: int = 0) -> str | None:
        """Return the absolute path of a program or library: a path, a name in PATH, ``c`` or ``libc`` of the linker.

        A relative path starts where the asker stands.
        """

    def user_symbols(self, path: str) -> Mapping[str, UserSymbol]:
        """Return the functions of a binary by name. KernelError where it cannot be read or is not an ELF file."""

    def usdt_probes(self, path: str) -> tuple[UsdtProbe, ...]:
        """Return the static probes of a binary. KernelError where it cannot be read or is not an ELF file."""

    def binaries(self, pattern: str, pid: int = 0) -> tuple[str, ...]:
        """Return the paths that a wildcard stands for, relative where it is; ``*``: what the process maps (0: any).

        Of one process the first is its own program.
        """

    def file_offset(self, path: str, address: int) -> int | None:
        """Return where in the file the code at an address is that nm or objdump shows, or None where there is no code.

        KernelError where the file cannot be read or is not an ELF file.
        """

    def demangle(self, symbol: str) -> str:
        """Return a C++ symbol as its source has it, ``ns::f(int)``; the symbol itself where it is not one."""

    def address(self, name: str, path: str = "") -> int | None:
        """Return the address of a symbol of the kernel, or that a symbol of the binary at `path` was linked for.

        None for an unknown one, and where the kernel hides its addresses.
        """

    def cgroup_id(self, path: str) -> int | None:
        """Return the id of the cgroup whose folder this is, or None where there is no such folder."""


def lacks_helper(kernel: Kernel, helper: HelperId) -> bool:
    """Say whether a kernel has no such helper for BPF programs; one that does not describe its types is believed."""
    return bool(kernel.constant(_OLDEST)) and not kernel.constant(f"BPF_FUNC_{helper.name.lower()}")
