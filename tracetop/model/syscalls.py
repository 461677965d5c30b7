"""Numbers and names of system calls, by architecture; what is said of a typo.

Owns: the tables (`syscalls/ARCH.txt`: number and name a line, facts of the kernel's UAPI up to Linux 6.18).
"""

import platform
from importlib import resources

from tracetop.errors import UsageError, did_you_mean

_DIGITS_MOST = 10
"""More than any call's number has; Python refuses to read very long ones."""


def syscall_names(arch: str) -> dict[int, str]:
    """Return the names of an architecture's system calls by number; empty for one that has no table."""
    table = resources.files(__package__).joinpath("syscalls", f"{arch}.txt")
    pairs = [line.split() for line in table.read_text().splitlines()] if table.is_file() else []
    return {int(number): name for number, name in pairs}


class SyscallNames:
    """Both directions of one architecture's table."""

    def __init__(self, arch: str = "") -> None:
        self._names = syscall_names(arch or platform.machine())
        self._numbers = {name: number for number, name in self._names.items()}

    def name(self, number: int) -> str:
        """Return the call's name, or ``syscall_N`` for a number that is not in the table."""
        return self._names.get(number, f"syscall_{number}")

    def number(self, name: str) -> int:
        """Return the number of a call given by name or number. UsageError where there is none."""
        if name in self._numbers:
            return self._numbers[name]
        if name.isdecimal() and len(name) <= _DIGITS_MOST:
            return int(name)
        raise UsageError(
            f"unknown system call: {name}",
            why="this machine's architecture has no call of that name",
            hint=did_you_mean(name, self._numbers, "write its name as in the System calls pane, or its number"),
        )
