"""BPF programs of one process, and whether they are still in the kernel."""

import contextlib
import re
import time
from pathlib import Path

from tracetop.bpf import program_ids


def held_programs(pid: int) -> set[int]:
    """Return the numbers of the programs that a process has descriptors of."""
    found: set[int] = set()
    for entry in Path(f"/proc/{pid}/fdinfo").iterdir():
        with contextlib.suppress(FileNotFoundError):
            found.update(int(number) for number in re.findall(r"^prog_id:\s*(\d+)", entry.read_text(), re.MULTILINE))
    return found


def still_loaded(programs: set[int], limit_s: float = 10.0) -> set[int]:
    """Return which are left once none is, or after `limit_s`: the kernel frees programs a moment after their owner."""
    end_s = time.monotonic() + limit_s
    while (left := programs & set(program_ids())) and time.monotonic() < end_s:
        time.sleep(0.1)
    return left
