"""Names of code that a just-in-time compiler made: the file /tmp/perf-PID.map that it writes for profilers.

Owns: reading that file, and whether to trust it: it lies where everybody may write, so it counts only where it belongs
to the user of the process and is not a link. Refuses to own: when. The privileged tracer process.
"""

import os
import re
import stat
from pathlib import Path
from typing import NamedTuple

import numpy as np

from tracetop.bpf.sys.safe_open import opened

_MAX_BYTES = 64 << 20
_LINE = re.compile(rb"^(?:0x)?([0-9a-f]{1,16}) (?:0x)?([0-9a-f]{1,16}) ([^\n]+)$", re.MULTILINE | re.IGNORECASE)
_UID = re.compile(rb"^Uid:\t\d+\t(\d+)", re.MULTILINE)
_NSPID = re.compile(rb"^NSpid:[\t\d]*\t(\d+)$", re.MULTILINE)


class PerfMap(NamedTuple):
    """The file's contents, sorted by address."""

    version: tuple[int, int]
    """The file's size and the time of its last change, in nanoseconds."""
    starts: np.ndarray[tuple[int], np.dtype[np.uint64]]
    sizes: np.ndarray[tuple[int], np.dtype[np.uint64]]
    names: tuple[bytes, ...]

    def find(self, address: int) -> tuple[str, int] | None:
        """Return (name, offset into it), or None."""
        index = int(np.searchsorted(self.starts, np.uint64(address), side="right")) - 1
        if index < 0 or address - int(self.starts[index]) >= int(self.sizes[index]):
            return None
        return self.names[index].decode(errors="backslashreplace"), address - int(self.starts[index])


def read_perf_map(pid: int, old: PerfMap | None = None) -> PerfMap | None:
    """Return the map that a process wrote, `old` where it has not changed, None where there is none to trust."""
    try:
        status = Path(f"/proc/{pid}/status").read_bytes()
        uid, inner = _UID.search(status), _NSPID.search(status)
        # Below the process's own root, and under the number that it knows itself by.
        name = f"/proc/{pid}/root/tmp/perf-{inner[1].decode() if inner else pid}.map"
        with opened(name, follow=False) as descriptor:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode) or uid is None or found.st_uid != int(uid[1]):
                return None
            version = found.st_size, found.st_mtime_ns
            return old if old and old.version == version else _parse(_read(descriptor), version)
    except OSError:
        return None


def _read(descriptor: int) -> bytes:
    with os.fdopen(os.dup(descriptor), "rb") as file:
        return file.read(_MAX_BYTES)


def _parse(text: bytes, version: tuple[int, int]) -> PerfMap:
    lines = sorted((int(match[1], 16), int(match[2], 16), match[3]) for match in _LINE.finditer(text))
    starts, sizes, names = zip(*lines, strict=True) if lines else ((), (), ())
    return PerfMap(version, np.array(starts, np.uint64), np.array(sizes, np.uint64), names)
