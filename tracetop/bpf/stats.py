"""What programs cost, by the kernel's own statistics, and what it knows of each program.

Owns: the switch of run-time statistics and the layout of bpf_prog_info. Refuses to own: rates and percentages.
The tracer's one thread.
"""

import ctypes
import errno
import os
from collections.abc import Iterator
from contextlib import suppress
from types import TracebackType
from typing import Self

import msgspec

from tracetop.bpf.syscalls import Command, IdAttr, InfoAttr, StatsAttr, bpf

_STATS_RUN_TIME = 0


class _ProgramInfo(ctypes.Structure):
    """struct bpf_prog_info up to recursion_misses; what an older kernel does not know stays 0."""

    _fields_ = (
        ("type", ctypes.c_uint32),
        ("id", ctypes.c_uint32),
        ("_tag_to_map_ids", ctypes.c_uint8 * 56),
        ("name", ctypes.c_char * 16),
        ("_to_prog_tags", ctypes.c_uint8 * 112),
        ("run_time_ns", ctypes.c_uint64),
        ("run_cnt", ctypes.c_uint64),
        ("recursion_misses", ctypes.c_uint64),
    )


class _MapInfo(ctypes.Structure):
    """struct bpf_map_info up to its sizes."""

    _fields_ = (
        ("type", ctypes.c_uint32),
        ("id", ctypes.c_uint32),
        ("key_size", ctypes.c_uint32),
        ("value_size", ctypes.c_uint32),
        ("max_entries", ctypes.c_uint32),
        ("map_flags", ctypes.c_uint32),
    )


class ProgStats(msgspec.Struct, frozen=True):
    """One BPF program's counters, from when it was loaded; times and runs only grow while statistics are on."""

    name: str
    """As the kernel has it: the C function's first 15 bytes."""
    prog_id: int
    run_time_ns: int
    run_cnt: int
    recursion_misses: int
    """Runs skipped because a program was already running there; counted with statistics off too."""


def program_stats(program_fd: int) -> ProgStats:
    """Return the counters of the program behind a descriptor."""
    info = _ProgramInfo()
    _info(program_fd, info)
    return ProgStats(
        name=info.name.decode(errors="replace"),
        prog_id=info.id,
        run_time_ns=info.run_time_ns,
        run_cnt=info.run_cnt,
        recursion_misses=info.recursion_misses,
    )


def map_sizes(map_fd: int) -> tuple[int, int, int]:
    """Return (key size, value size of one CPU, most entries) of the map behind a descriptor."""
    info = _MapInfo()
    _info(map_fd, info)
    return info.key_size, info.value_size, info.max_entries


def _info(descriptor: int, into: ctypes.Structure) -> None:
    bpf(
        Command.OBJ_GET_INFO_BY_FD,
        InfoAttr(bpf_fd=descriptor, info_len=ctypes.sizeof(into), info=ctypes.addressof(into)),
    )


def program_ids() -> Iterator[int]:
    """Yield the number of every BPF program in the kernel, whoever loaded it."""
    attr = IdAttr()
    with suppress(FileNotFoundError):  # the end of the list
        while True:
            bpf(Command.PROG_GET_NEXT_ID, attr)
            yield attr.next_id
            attr.id = attr.next_id


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
                self._descriptor = bpf(Command.ENABLE_STATS, StatsAttr(type=_STATS_RUN_TIME))
            except OSError as error:
                if error.errno not in (errno.EINVAL, errno.EPERM):
                    raise
        return self.on

    def disable(self) -> None:
        """Let go of them."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None
