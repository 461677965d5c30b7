"""Numbers and names of system calls, by architecture.

Owns: the tables (`syscalls/ARCH.txt`: number and name a line, facts of the kernel's UAPI up to Linux 6.18).
"""

from importlib import resources


def syscall_names(arch: str) -> dict[int, str]:
    """Return the names of an architecture's system calls by number; empty for one that has no table."""
    table = resources.files(__package__).joinpath("syscalls", f"{arch}.txt")
    pairs = [line.split() for line in table.read_text().splitlines()] if table.is_file() else []
    return {int(number): name for number, name in pairs}
