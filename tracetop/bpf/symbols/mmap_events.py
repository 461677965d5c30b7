"""What processes map while they live, told by the kernel: for stacks of processes that end before they are shown.

Owns: one perf event on each CPU that counts nothing but records fork, exec and mmap, and its buffer's layout. Refuses
to own: what is mapped already, see `process_maps`. The privileged tracer process; its one thread.
"""

import mmap
import os
import struct
import time
from collections.abc import Iterator
from typing import NamedTuple, Self

from tracetop.bpf.symbols.process_maps import Mapping
from tracetop.bpf.sys.cpu_events import CpuEvents
from tracetop.bpf.sys.syscalls import PerfEventAttr, perf_event_open
from tracetop.bpf.sys.sysfs import online_cpus
from tracetop.bpf.sys.uapi import (
    PERF_FORMAT_TOTAL_TIME_ENABLED,
    PERF_RECORD_MISC_COMM_EXEC,
    PERF_SAMPLE_TIME,
    PerfFlag,
    PerfRecord,
    PerfType,
)
from tracetop.model.abi.perf_events import SOFTWARE_EVENTS

_RECORDED = PerfFlag.MMAP | PerfFlag.MMAP2 | PerfFlag.COMM | PerfFlag.COMM_EXEC | PerfFlag.TASK
_DATA_BYTES = 512 << 10
"""Of each CPU; an exec with its libraries takes 1 to 3 KB."""
_CPUS_S = 1.0
"""How often it is looked whether there are other CPUs."""
_HEAD, _TAIL = 1024 // 8, 1032 // 8
"""Words of struct perf_event_mmap_page: data_head, data_tail."""
_HEADER = struct.Struct("=IHH")
_TIME = struct.Struct("=Q")
_TASKS = struct.Struct("=II")
_FORKED = struct.Struct("=IIII")
_MAPPED = struct.Struct("=IIQQQIIQQII")


class Forked(NamedTuple):
    """A process began as a copy of another."""

    pid: int
    parent: int


class Executed(NamedTuple):
    """A process became another program: nothing of before is mapped any more."""

    pid: int


class Mapped(NamedTuple):
    """A process mapped code."""

    pid: int
    mapping: Mapping


Event = Forked | Executed | Mapped


class MappingEvents:
    """The events of all processes from now on. OSError where the kernel gives none."""

    def __init__(self) -> None:
        self._buffers: dict[int, _Buffer] = {}
        """By descriptor."""
        self._events = CpuEvents(self._open)
        self._followed_s = time.monotonic()

    def read(self) -> list[Event]:
        """Return what happened since the last call, in the order that it happened."""
        ended: list[_Buffer] = []
        if time.monotonic() - self._followed_s > _CPUS_S:
            ended = [self._buffers.pop(descriptor) for descriptor in self._events.follow(online_cpus()).ended]
            self._followed_s = time.monotonic()
        timed = [each for buffer in (*ended, *self._buffers.values()) for each in buffer.read()]
        for buffer in ended:
            buffer.close()
        return [event for _, event in sorted(timed, key=lambda each: each[0])]

    def close(self) -> None:
        """Stop recording."""
        while self._buffers:
            self._buffers.popitem()[1].close()

    def _open(self, cpu: int) -> int:
        buffer = _Buffer.open(cpu)
        self._buffers[buffer.descriptor] = buffer
        return buffer.descriptor


class _Buffer:
    """One CPU's event, and the ring that the kernel writes to."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._map = mmap.mmap(descriptor, mmap.PAGESIZE + _DATA_BYTES)
        self._words = memoryview(self._map)[: mmap.PAGESIZE].cast("Q")
        self._data = memoryview(self._map)[mmap.PAGESIZE :]

    @classmethod
    def open(cls, cpu: int) -> Self:
        attr = PerfEventAttr(
            type=PerfType.SOFTWARE,
            config=SOFTWARE_EVENTS["dummy"].config,
            flags=_RECORDED | PerfFlag.SAMPLE_ID_ALL,
            sample_type=PERF_SAMPLE_TIME,
            read_format=PERF_FORMAT_TOTAL_TIME_ENABLED,
        )
        descriptor = perf_event_open(attr, cpu=cpu)
        try:
            return cls(descriptor)
        except OSError:
            os.close(descriptor)
            raise

    def read(self) -> Iterator[tuple[int, Event]]:
        """Yield what is new, each with its time in nanoseconds, which stands after every record."""
        start, end = self._words[_TAIL], self._words[_HEAD]
        first, last = start % _DATA_BYTES, end % _DATA_BYTES
        data = bytes(self._data[first:last]) if first <= last else bytes(self._data[first:]) + bytes(self._data[:last])
        self._words[_TAIL] = end
        at = 0
        while at + _HEADER.size <= len(data):
            kind, misc, size = _HEADER.unpack_from(data, at)
            size = max(size, _HEADER.size + _TIME.size)
            event = _event(kind, misc, data[at + _HEADER.size : at + size - _TIME.size])
            if event is not None:
                yield _TIME.unpack_from(data, at + size - _TIME.size)[0], event
            at += size

    def close(self) -> None:
        self._data.release()
        self._words.release()
        self._map.close()
        os.close(self.descriptor)


def _event(kind: int, misc: int, body: bytes) -> Event | None:
    """Return what a record tells of processes, None for one that tells of threads or losses."""
    if kind == PerfRecord.MMAP2 and len(body) > _MAPPED.size:
        pid, _, start, size, offset, _, _, inode, *_ = _MAPPED.unpack_from(body)
        path = os.fsdecode(body[_MAPPED.size :].split(b"\0", 1)[0])
        return Mapped(pid, Mapping(start, start + size, offset, inode, "" if path == "//anon" else path))
    if kind == PerfRecord.COMM and misc & PERF_RECORD_MISC_COMM_EXEC:
        return Executed(_TASKS.unpack_from(body)[0])
    if kind == PerfRecord.FORK:
        pid, parent, *_ = _FORKED.unpack_from(body)
        return Forked(pid, parent) if pid != parent else None
    return None
