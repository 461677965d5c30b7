"""The BPF programs that a process tree holds, with the kernel's own statistics of their runs.

Read from /proc/PID/fdinfo, so that other users of BPF on the machine are never counted.
"""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import psutil


class Record(NamedTuple):
    """What one program has done since it was loaded, while statistics were on."""

    runs: int
    ns: int


def tree(pid: int) -> list[psutil.Process]:
    """Return the process and all its descendants, those that just ended left out."""
    with suppress(psutil.NoSuchProcess):
        root = psutil.Process(pid)
        return [root, *root.children(recursive=True)]
    return []


def program_runs(pid: int) -> dict[int, Record]:
    """Return the runs of every program that the tree of `pid` holds a descriptor of, by the program's id."""
    found = {}
    for process in tree(pid):
        for fields in _descriptors(process.pid):
            if "run_cnt" in fields:
                found[int(fields["prog_id"])] = Record(int(fields["run_cnt"]), int(fields["run_time_ns"]))
    return dict(sorted(found.items()))


def _descriptors(pid: int) -> Iterator[dict[str, str]]:
    """Yield the fields of each descriptor's fdinfo; descriptors may come and go meanwhile."""
    with suppress(FileNotFoundError, ProcessLookupError):
        for entry in list(Path(f"/proc/{pid}/fdinfo").iterdir()):
            with suppress(FileNotFoundError, ProcessLookupError):
                lines = entry.read_text().splitlines()
                yield {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}
