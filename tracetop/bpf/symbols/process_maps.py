"""What is mapped where in a process, and whether it still is the process that it was.

Owns: /proc/PID/maps and the identity of an address space: pids come back, and exec replaces what was there. The
privileged tracer process.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tracetop.bpf.sys.lively_threads import lively_thread

VDSO = "[vdso]"
_MAX_BYTES = 32 << 20
_STARTTIME, _STARTCODE = 19, 23
"""Fields of /proc/PID/stat after the name in parentheses."""
_ZOMBIE = b"Z"
"""The first of them, of a thread that has ended and has not been waited for."""


class Identity(NamedTuple):
    """Of an address space: when its process began (ticks since boot), and where its code is since the last exec."""

    start: int
    code: int


NOBODY = Identity(0, 0)
"""Of a process that is known from what the kernel told of it alone, after its end."""


class Mapping(NamedTuple):
    """Executable memory; `offset` bytes into the file where there is one."""

    start: int
    end: int
    offset: int
    inode: int
    path: str
    """As the process sees it; empty for memory without a file, ``[vdso]`` and the like for the kernel's own."""

    @property
    def is_file(self) -> bool:
        """Whether code is there that came from a file."""
        return self.path.startswith("/") and self.inode != 0


@dataclass(frozen=True)
class Maps:
    """The executable mappings of a process, sorted."""

    identity: Identity
    mappings: tuple[Mapping, ...]
    starts: np.ndarray[tuple[int], np.dtype[np.uint64]]

    def find(self, address: int) -> Mapping | None:
        """Return the mapping around an address, or None."""
        index = int(np.searchsorted(self.starts, np.uint64(address), side="right")) - 1
        return self.mappings[index] if index >= 0 and address < self.mappings[index].end else None


def identity(pid: int) -> Identity | None:
    """Return who a pid is now, or None where it is nobody, or has no memory of its own: at its end, or the kernel's."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b") ")[2].split()
        start, code = int(fields[_STARTTIME]), int(fields[_STARTCODE])
        if fields[0] == _ZOMBIE and (thread := lively_thread(pid)) != pid:
            code = int(Path(f"/proc/{thread}/stat").read_bytes().rpartition(b") ")[2].split()[_STARTCODE])
        return Identity(start, code) if code else None
    except (OSError, IndexError, ValueError):
        return None


def read_maps(pid: int, who: Identity) -> Maps | None:
    """Return what a process has mapped, or None where it is gone or became another meanwhile."""
    try:
        text = _maps_of(pid) or _maps_of(lively_thread(pid))
    except OSError:
        return None
    mappings = tuple(parse_maps(text))
    return sorted_maps(who, mappings) if mappings and identity(pid) == who else None


def _maps_of(thread: int) -> bytes:
    with Path(f"/proc/{thread}/maps").open("rb") as file:
        return file.read(_MAX_BYTES)


def sorted_maps(who: Identity, mappings: Iterable[Mapping]) -> Maps:
    """Return mappings in the order of their addresses; of two at one place the later one counts."""
    by_start = {mapping.start: mapping for mapping in mappings}
    found = tuple(by_start[start] for start in sorted(by_start))
    return Maps(who, found, np.array([mapping.start for mapping in found], np.uint64))


def parse_maps(text: bytes) -> list[Mapping]:
    """Return the executable mappings of a /proc/PID/maps."""
    found = []
    for line in text.splitlines():
        fields = line.split(None, 5)
        if len(fields) < 5 or b"x" not in fields[1]:
            continue
        start, _, end = fields[0].partition(b"-")
        # The kernel writes a newline in a path as \012.
        path = os.fsdecode(fields[5].replace(b"\\012", b"\n")) if len(fields) > 5 else ""
        found.append(Mapping(int(start, 16), int(end, 16), int(fields[2], 16), int(fields[4]), path))
    return found
