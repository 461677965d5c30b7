"""Whose events count: the filter, what users write for it, and what it matches. Pure."""

import msgspec

from tracetop.errors import UsageError

COMM_BYTES = 16
"""TASK_COMM_LEN: 15 bytes of name and a NUL."""
PIDS = 1 << 22
"""More than the greatest number that a process can have (PID_MAX_LIMIT)."""
_OPERATORS = "!<>~|&"
"""What other tools' filters are written with; no name of a task, unless it says ``comm=``."""


class Filter(msgspec.Struct, frozen=True):
    """Whose events count. Both parts must match; the empty filter matches every process."""

    pid: int = 0
    """A process (tgid); 0 for any."""
    comm: str = ""
    """A task name, at most 15 bytes, exact; or a prefix with a ``*`` after it; empty for any."""

    def __bool__(self) -> bool:
        return bool(self.pid or self.comm)

    def matches(self, pid: int, comm: str) -> bool:
        """Say of one process what the kernel would: used where user space must agree with the kernel."""
        if self.pid not in (0, pid):
            return False
        if not self.comm:
            return True
        wanted, have = task_name(self.comm.removesuffix("*")), task_name(comm)
        return have.startswith(wanted) if self.comm.endswith("*") else have == wanted


def parse_filter(text: str) -> Filter:
    """Return the filter a user wrote: ``812``, ``nginx``, ``ngin*``, ``pid=812 comm=nginx``; empty: all.

    Raises UsageError where a part is neither a process number nor a task name of at most 15 bytes.
    """
    pid, comm = 0, ""
    for word in text.split():
        name, equals, value = word.partition("=")
        if not equals:
            name, value = ("pid" if word.isdecimal() else "comm"), word
            check_name(word)
        elif name == "comm":
            check_star(value)
        elif name != "pid":
            check_name(word)
        if name == "pid" and value.isdecimal() and len(value) < 8 and 0 < int(value) < PIDS and not pid:
            pid = int(value)
        elif (
            name == "comm"
            and 0 < len(value.removesuffix("*").encode(errors="surrogateescape")) < COMM_BYTES
            and not comm
        ):
            comm = value
        else:
            twice = (name == "pid" and pid) or (name == "comm" and comm)
            raise UsageError(
                f"not a filter: {word}",
                why=f"there is a {name} before it already, and one process has one {name}"
                if twice
                else "a filter is a process number, a task name of at most 15 bytes, or a prefix with * after it",
                hint="write for example 812, nginx, ngin*, or pid=812 comm=nginx",
            )
    return Filter(pid=pid, comm=comm)


def check_name(word: str) -> None:
    """Refuse what looks like an operator, and would match nothing as a name. UsageError."""
    check_star(word)
    if any(char in _OPERATORS for char in word) or word.startswith("="):
        raise UsageError(
            f"not a filter: {word}",
            why=f"a filter has no operators, such as {' '.join(_OPERATORS)}: it is a number, a name or a prefix*",
            hint=f"leave the operator out; a task whose very name that is: comm={word}",
        )


def written_name(name: str) -> str:
    """Return how a filter names a task."""
    return f"comm={name}" if name.isdecimal() or name[0] == "=" or any(char in _OPERATORS for char in name) else name


def check_star(name: str) -> None:
    """Refuse a star that does not stand at the end. UsageError."""
    before, star, after = name.partition("*")
    if star and after:
        raise UsageError(
            f"not a filter: {name}",
            why="a * stands for the rest of a name, so only at its end",
            hint=f"write the part before it: {before}*" if before else "write a name, or the start of one and a *",
        )


def task_name(name: str) -> bytes:
    """Return a name as the kernel cuts it."""
    return name.encode(errors="surrogateescape")[: COMM_BYTES - 1]
