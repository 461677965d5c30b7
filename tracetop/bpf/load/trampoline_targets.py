"""Functions of the kernel as BPF_PROG_LOAD wants them named for fentry and fexit: a number in a BTF, and that BTF.

Owns: the search through vmlinux and the modules, and the modules' descriptors. Refuses to own: parameters (`btf`). The
tracer's one thread.
"""

import ctypes
import os
from contextlib import suppress

from tracetop.bpf.kernel.btf.lookup import DIRECTORY, VMLINUX
from tracetop.bpf.kernel.btf.raw import Kind, RawBtf
from tracetop.bpf.objects.kernel_objects import ids, opened, read_info
from tracetop.bpf.sys.syscalls import structure
from tracetop.bpf.sys.uapi import Command
from tracetop.errors import KernelError
from tracetop.model.program import ProbeSpec

_NAME_BYTES = 64
"""A module's name has at most 55 bytes (MODULE_NAME_LEN) and a NUL."""
_BtfInfo = structure("u64 btf; u32 btf_size, id; u64 name; u32 name_len, kernel_btf")
"""struct bpf_btf_info up to its name."""


class TracedFunctions:
    """Finds functions; holds what it opened for that until `close`."""

    def __init__(self) -> None:
        self._read: dict[str, RawBtf | None] = {}
        self._descriptors: dict[str, int] = {}

    def find(self, probe: ProbeSpec) -> tuple[int, int]:
        """Return the number of the probe's function and the descriptor of its BTF, 0 for vmlinux's. KernelError."""
        modules = sorted(path.name for path in DIRECTORY.glob("*") if path != VMLINUX)
        for module in (probe.target,) if probe.target else (VMLINUX.name, *modules):
            btf = self._btf(module)
            number = btf.find(probe.event, Kind.FUNC) if btf else None
            if btf and number and number >= btf.first:  # else it is of vmlinux, which a module's BTF stands on
                return number, 0 if module == VMLINUX.name else self._descriptor(module, probe)
        raise _no_such(probe, f"the BTF of {probe.target or 'this kernel'} describes no such function")

    def close(self) -> None:
        """Let go of the modules' BTF."""
        while self._descriptors:
            os.close(self._descriptors.popitem()[1])

    def _btf(self, module: str) -> RawBtf | None:
        if module not in self._read:
            base = None if module == VMLINUX.name else self._btf(VMLINUX.name)
            self._read[module] = RawBtf.load(DIRECTORY / module, base)
        return self._read[module]

    def _descriptor(self, module: str, probe: ProbeSpec) -> int:
        if module not in self._descriptors:
            descriptor = _open(module)
            if descriptor is None:
                raise _no_such(probe, f"the module {module} went away")
            self._descriptors[module] = descriptor
        return self._descriptors[module]


def _open(module: str) -> int | None:
    """Open the BTF of a module by walking through all that the kernel has."""
    for number in ids(Command.BTF_GET_NEXT_ID):
        with suppress(FileNotFoundError), opened(Command.BTF_GET_FD_BY_ID, number) as descriptor:
            name = ctypes.create_string_buffer(_NAME_BYTES)
            info = read_info(descriptor, _BtfInfo(name=ctypes.addressof(name), name_len=_NAME_BYTES))
            if info.kernel_btf and name.value == module.encode():
                return os.dup(descriptor)
    return None


def _no_such(probe: ProbeSpec, why: str) -> KernelError:
    return KernelError(
        f"cannot attach {', '.join(probe.names)}",
        why=why,
        hint=f"see `tracetop list 'fentry:*{probe.event}*'`, or use kprobe:{probe.event}",
    )
