"""What the compiler may ask about programs and libraries: the half of `model.kernel.Kernel` that no kernel knows.

Owns: those questions, handed on. Refuses to own: the look-up and what is remembered of files (`binaries`). The
privileged tracer process.
"""

from collections.abc import Mapping

from tracetop.bpf.binaries import Binaries
from tracetop.bpf.demangle import demangle
from tracetop.model.kernel import UsdtProbe, UserSymbol


class UserSpace:
    """Answers from the files of this machine."""

    def __init__(self) -> None:
        self._binaries = Binaries()

    def binary(self, name: str, pid: int = 0) -> str | None:
        """Return the absolute path of a program or library, below a container's root where `pid` is in one, or None."""
        return self._binaries.find(name, pid)

    def user_symbols(self, path: str) -> Mapping[str, UserSymbol]:
        """Return the functions of a binary by name. KernelError where it cannot be read or is no ELF file."""
        return self._binaries.read(path).functions

    def usdt_probes(self, path: str) -> tuple[UsdtProbe, ...]:
        """Return the static probes of a binary. KernelError where it cannot be read or is no ELF file."""
        return self._binaries.read(path).probes

    def binaries(self, pattern: str, pid: int = 0) -> tuple[str, ...]:
        """Return the absolute paths that a wildcard stands for; ``*``: what the process maps (0: any process)."""
        return self._binaries.matching(pattern, pid)

    def file_offset(self, path: str, address: int) -> int | None:
        """Return where in the file the code at an address is, or None where there is no code. KernelError as above."""
        return self._binaries.read(path).elf.file_offset(address, executable=True)

    def demangle(self, symbol: str) -> str:
        """Return a C++ symbol as its source has it; another one as it is."""
        return demangle(symbol)
