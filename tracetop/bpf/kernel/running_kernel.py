"""The running kernel, as the compiler may ask about it.

Owns: the answers of tracefs and BTF, each looked up once. Refuses to own: how they are used. The privileged
tracer process; `ensure_tracefs` first where tracefs may not be mounted.
"""

import errno
import os
import platform
import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path

from tracetop.bpf.debug_info.source_info import BinarySources
from tracetop.bpf.kernel.btf import Btf
from tracetop.bpf.kernel.constants import macro
from tracetop.bpf.kernel.probe_support import why_refused
from tracetop.bpf.kernel.traceable_functions import probed_functions
from tracetop.bpf.kernel.tracepoint_formats import parse_format
from tracetop.bpf.symbols.binaries import Binaries
from tracetop.bpf.symbols.kallsyms import symbol_address
from tracetop.bpf.symbols.symbol_table import demangle
from tracetop.bpf.sys.syscalls import MapCreateAttr, bpf
from tracetop.bpf.sys.sysfs import possible_cpus, tracefs
from tracetop.bpf.sys.uapi import Command, MapType
from tracetop.model.ctype import CFunction, CKind, CStruct, CType, builtin_type
from tracetop.model.kernel import TracepointFormat, UsdtProbe, UserSymbol
from tracetop.model.kinds import ProbeKind

_LONG_KEY_BYTES = 1024
_SAFE_NAME = re.compile(r"\w[\w.-]*", re.ASCII)
"""What may become a part of a path: no slash, no leading dot."""


class UserSpace:
    """Answers from the files of this machine."""

    def __init__(self, folder: str = "/") -> None:
        self._binaries = Binaries(folder)
        self.sources = BinarySources(self._binaries)

    def binary(self, name: str, pid: int = 0) -> str | None:
        """Return the absolute path of a program or library, below a container's root where `pid` is in one, or None."""
        return self._binaries.find(name, pid)

    def user_symbols(self, path: str) -> Mapping[str, UserSymbol]:
        """Return the functions of a binary by name. KernelError where it cannot be read or is not an ELF file."""
        return self._binaries.read(path).functions

    def usdt_probes(self, path: str) -> tuple[UsdtProbe, ...]:
        """Return the static probes of a binary. KernelError where it cannot be read or is not an ELF file."""
        return self._binaries.read(path).probes

    def binaries(self, pattern: str, pid: int = 0) -> tuple[str, ...]:
        """Return the paths that a wildcard stands for, relative where it is; ``*``: what the process maps (0: any)."""
        return self._binaries.matching(pattern, pid)

    def file_offset(self, path: str, address: int) -> int | None:
        """Return where in the file the code at an address is, or None where there is no code. KernelError as above."""
        return self._binaries.read(path).elf.file_offset(address, executable=True)

    def demangle(self, symbol: str) -> str:
        """Return a C++ symbol as its source has it; another one as it is."""
        return demangle(symbol)


class RunningKernel(UserSpace):
    """Implements `model.kernel.Kernel` for this machine."""

    def __init__(self, folder: str = "/") -> None:
        """Look at it for someone who stands in a folder: relative paths are from there."""
        super().__init__(folder)
        self.arch = platform.machine()
        self.cpus = possible_cpus()
        self.takes_long_keys = _takes_long_keys()
        self._formats: dict[tuple[str, str], TracepointFormat | None] = {}
        self._tracepoints: tuple[str, ...] | None = None
        self._functions: tuple[str, ...] | None = None
        self._refusals: dict[ProbeKind, str] = {}

    def tracepoint(self, category: str, event: str) -> TracepointFormat | None:
        """Return the format, or None where the kernel has no such event. KernelError without tracefs."""
        name = category, event
        if name not in self._formats:
            self._formats[name] = _read_format(category, event)
        return self._formats[name]

    def tracepoint_names(self) -> tuple[str, ...]:
        """Return every event as ``category:event``. KernelError without tracefs."""
        if self._tracepoints is None:
            self._tracepoints = tuple(sorted((tracefs() / "available_events").read_text().split()))
        return self._tracepoints

    def raw_tracepoint_arity(self, event: str) -> int | None:
        """Return how many arguments a raw tracepoint passes, or None where the kernel or its BTF has none."""
        return self.btf.raw_tracepoint_arity(event) if self.btf else None

    def field_offset(self, struct: str, field: str) -> tuple[int, int] | None:
        """Return (offset, size) in bytes of a field in a kernel struct, or None where BTF has none."""
        return self.btf.field_offset(struct, field) if self.btf else None

    def struct(self, name: str) -> CStruct | None:
        """Return a struct or union by the name that its CType has, or None where there is none."""
        if "@" in name:
            return self.sources.struct(name)
        return self.btf.struct(name) if self.btf else None

    def named_type(self, name: str) -> CType | None:
        """Return the type that C knows by this name, or None; without BTF only C's own."""
        return self.btf.named_type(name) if self.btf else builtin_type(name)

    def constant(self, name: str) -> tuple[int, CType] | None:
        """Return the value and the type of an enumerator or a well-known macro, or None."""
        found = self.btf.enumerator(name) if self.btf else None
        value = macro(name) if found is None else None
        if value is not None:
            signed = value < 1 << 63
            return value, CType(kind=CKind.INT, size=8, signed=signed, name="long" if signed else "unsigned long")
        return found or (self.btf.module_enumerator(name) if self.btf else None)

    def enum_names(self, name: str) -> Mapping[int, str]:
        """Return the enumerators of an enum by value; empty for an unknown one."""
        if "@" in name:
            return self.sources.enum_names(name)
        return self.btf.enum_names(name) if self.btf else {}

    def type_name(self, number: int) -> str:
        """Return the name of a type or function by its number in BTF; empty where it has none."""
        return self.btf.type_name(number) if self.btf else ""

    def type_names(self, tag: str) -> Iterable[str]:
        """Return the names of all types of a tag: ``struct``, ``union``, ``enum``."""
        return self.btf.type_names(tag) if self.btf else ()

    def function(self, name: str, module: str = "") -> CFunction | None:
        """Return a kernel function's parameters and result from BTF, or None where BTF has none of that name."""
        return self.btf.function(name, module) if self.btf else None

    def raw_tracepoint(self, event: str) -> CFunction | None:
        """Return what a raw tracepoint passes, or None where BTF has none."""
        return self.btf.raw_tracepoint(event) if self.btf else None

    def raw_tracepoint_names(self) -> Iterable[str]:
        """Return the raw tracepoints that BTF describes, as ``module:event``."""
        return self.btf.raw_tracepoint_names() if self.btf else ()

    def function_names(self) -> Iterable[str]:
        """Return the kernel's functions that a probe may be put on, sorted; takes 0.2 s the first time."""
        if self._functions is None:
            self._functions = probed_functions(self.btf.function_names() if self.btf else ())
        return self._functions

    def refuses(self, kind: ProbeKind) -> str:
        """Return in one line why this kernel takes no probe of that kind; empty where it takes them."""
        if kind not in self._refusals:
            self._refusals[kind] = why_refused(kind, self.btf)
        return self._refusals[kind]

    def address(self, name: str, path: str = "") -> int | None:
        """Return the address of a symbol of the kernel, or of the binary at `path`; None for one that is not shown."""
        if path:
            binary = self._binaries.read(path)
            found = binary.functions.get(name)
            return binary.elf.address(found.offset) if found else None
        return symbol_address(name)

    def cgroup_id(self, path: str) -> int | None:
        """Return the id of a cgroup: the inode number of its folder, or None where there is none."""
        try:
            return Path(path).stat().st_ino
        except OSError:
            return None

    @cached_property
    def btf(self) -> Btf | None:
        """What the kernel says of its types; None: scripts that need an offset or an arity are refused then."""
        return Btf.load()


def _read_format(category: str, event: str) -> TracepointFormat | None:
    if not (_SAFE_NAME.fullmatch(category) and _SAFE_NAME.fullmatch(event)):
        return None
    try:
        text = (tracefs() / "events" / category / event / "format").read_text()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return parse_format(category, event, text)


def _takes_long_keys() -> bool:
    """Say whether the key of a hash map may be longer than 512 bytes.

    Since Linux commit c8aa703822bf ("bpf: Lift hashtab key_size limit"), in v5.11.
    """
    try:
        attr = MapCreateAttr(map_type=MapType.HASH, key_size=_LONG_KEY_BYTES, value_size=8, max_entries=1)
        os.close(bpf(Command.MAP_CREATE, attr))
    except OSError as error:
        return error.errno != errno.E2BIG
    return True
