"""System-call numbers and names of this machine's architecture: what a person writes, and what is said of a typo."""

import difflib
import platform

from tracetop.errors import UsageError
from tracetop.model.syscalls import syscall_names

_DIGITS_MOST = 10
"""More than any call's number has; Python refuses to read very long ones."""


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
        near = difflib.get_close_matches(name, self._numbers, n=1)
        raise UsageError(
            f"unknown system call: {name}",
            why="this machine's architecture has no call of that name",
            mend=f"did you mean {near[0]}?" if near else "write its name as in the System calls pane, or its number",
        )
