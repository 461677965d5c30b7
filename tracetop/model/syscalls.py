"""Numbers and names of system calls, by architecture; what is said of a typo.

Owns: the tables (`syscalls/ARCH.txt`: number and name a line, facts of the kernel's UAPI up to Linux 6.18), and how the
two tables of a machine that runs 32-bit programs too become one space of numbers, which a pane's programs count by.
"""

import platform
from importlib import resources

from tracetop.errors import UsageError, did_you_mean

TABLE = 512
"""More than any table has calls. A call of a 32-bit program is its own table's number and this; what is of no table
stays the number that it is, but for those that would look like a 32-bit call, which have `NO_TABLE` added."""
NO_TABLE = 1 << 29
OTHERS = 2 * TABLE
"""Calls of no table, together, where there are too many kinds of them to tell them apart."""
_TABLES_32 = {"x86_64": "i386"}
"""The table of an architecture's 32-bit programs."""
_MARK_32 = " (32-bit)"
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
        arch = arch or platform.machine()
        self._names = syscall_names(arch)
        names_32 = syscall_names(_TABLES_32.get(arch, ""))
        self._names |= {TABLE + number: f"{name}{_MARK_32}" for number, name in names_32.items()}
        self._numbers = {name: number for number, name in self._names.items()}

    def name(self, number: int) -> str:
        """Return the call's name, ``syscall_N`` for a number that a table may have, and a word for others.

        `number` may be the unsigned form of a negative one, as an array's index is.
        """
        if number in self._names:
            return self._names[number]
        if 0 <= number < TABLE:
            return f"syscall_{number}"
        if TABLE <= number < 2 * TABLE:
            return f"syscall_{number - TABLE}{_MARK_32}"
        if number == OTHERS:
            return "unknown (others)"
        if 1 << 31 <= number < 1 << 32:
            number -= 1 << 32
        elif TABLE <= number - NO_TABLE < 2 * TABLE:
            number -= NO_TABLE
        return f"unknown ({number})"

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
