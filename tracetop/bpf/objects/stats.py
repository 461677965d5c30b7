"""What programs cost, by the kernel's own statistics.

Owns: the switch of run-time statistics, and a program's counters. Refuses to own: rates and percentages.
The tracer's one thread.
"""

import errno
import os
from types import TracebackType
from typing import Self

import msgspec

from tracetop.bpf.objects.kernel_objects import MapInfo, ProgramInfo, read_info
from tracetop.bpf.sys.syscalls import StatsAttr, bpf
from tracetop.bpf.sys.uapi import Command

_INSTRUCTION_BYTES = 8


class ProgStats(msgspec.Struct, frozen=True):
    """One BPF program's counters, from when it was loaded; times and runs only grow while statistics are on."""

    function: str
    """The C function, in full: of its name the kernel keeps 15 bytes, which several programs may share."""
    prog_id: int
    run_time_ns: int
    run_cnt: int
    recursion_misses: int
    """Runs skipped because a program was already running there; counted with statistics off too."""
    instructions: int = 0
    """What the verifier made of it."""


def program_stats(program_fd: int, function: str) -> ProgStats:
    """Return the counters of the program of a descriptor, which was loaded from that C function."""
    info = read_info(program_fd, ProgramInfo())
    return ProgStats(
        function=function,
        prog_id=info.id,
        run_time_ns=info.run_time_ns,
        run_cnt=info.run_cnt,
        recursion_misses=info.recursion_misses,
        instructions=info.xlated_prog_len // _INSTRUCTION_BYTES,
    )


def map_sizes(map_fd: int) -> tuple[int, int, int]:
    """Return (key size, value size of one CPU, most entries) of the map of a descriptor."""
    info = read_info(map_fd, MapInfo())
    return info.key_size, info.value_size, info.max_entries


class RunTimeStats:
    """Run-time statistics of all BPF programs: on while entered, and off again when nobody has them on.

    They cost each run of a program two clock reads, so they are on for short windows only.
    """

    def __init__(self) -> None:
        self._descriptor: int | None = None

    @property
    def on(self) -> bool:
        """Whether this object holds them on."""
        return self._descriptor is not None

    def __enter__(self) -> Self:
        self.enable()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.disable()

    def enable(self) -> bool:
        """Switch them on; False where the kernel has no such switch (before v5.8), or wants CAP_SYS_ADMIN for it."""
        if self._descriptor is None:
            try:
                self._descriptor = bpf(Command.ENABLE_STATS, StatsAttr())
            except OSError as error:
                if error.errno not in (errno.EINVAL, errno.EPERM):
                    raise
        return self.on

    def disable(self) -> None:
        """Let go of them."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
