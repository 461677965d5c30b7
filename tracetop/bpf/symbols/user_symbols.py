"""Names for addresses in processes, from what they have mapped and the symbols of those files.

Owns: whose address space an address is of, and bounded memories of mappings, for processes end before their stacks are
shown. Refuses to own: how a frame is printed. The privileged tracer process; its one thread.
"""

import os
import time
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from tracetop.bpf.symbols.binaries import Binaries, Binary
from tracetop.bpf.symbols.elf import Elf
from tracetop.bpf.symbols.mmap_events import Executed, Forked, Mapped, MappingEvents
from tracetop.bpf.symbols.perf_map import PerfMap, read_perf_map
from tracetop.bpf.symbols.process_maps import NOBODY, VDSO, Mapping, Maps, identity, parse_maps, read_maps, sorted_maps
from tracetop.bpf.symbols.symbol_table import demangle
from tracetop.bpf.sys.lively_threads import lively_thread
from tracetop.bpf.sys.safe_open import opened, rooted
from tracetop.errors import KernelError

_MAX_PROCESSES = 1024
_MAX_NAMES = 65536
_MAX_MAPPINGS = 4096
"""Of one process that the kernel told of: one that maps code for ever costs no more than this."""
_REREAD_S = 1.0
"""A process's mappings are read anew no more often than this, so that odd addresses do not cost much."""


class UserFrame(NamedTuple):
    """What is known of an address; `name` is it in hex where no function is known."""

    name: str
    offset: int = 0
    """Bytes into the function."""
    module: str = ""
    """The file or ``[vdso]``, as the process sees it; empty where nothing is mapped."""


class _Process:
    """What is remembered of one process."""

    def __init__(self, maps: Maps) -> None:
        self.maps = maps
        self.read_at = time.monotonic()
        self.perf_map: PerfMap | None = None
        self.perf_map_read_at = 0.0
        self.frames: dict[int, UserFrame] = {}

    def add(self, mapping: Mapping) -> None:
        """Take in what the process mapped after it was looked at."""
        if mapping not in self.maps.mappings and len(self.maps.mappings) < _MAX_MAPPINGS:
            self.maps = sorted_maps(self.maps.identity, (*self.maps.mappings, mapping))
            self.frames.clear()


class UserSymbols:
    """Looks names up; what it has seen of a process it knows after the process's end."""

    def __init__(self, binaries: Binaries | None = None) -> None:
        self._binaries = binaries or Binaries()
        self._processes: OrderedDict[int, _Process] = OrderedDict()
        self._events: MappingEvents | None = None
        self._told: OrderedDict[int, tuple[Mapping, ...]] = OrderedDict()
        """By process, what the kernel told of its mappings since `watch`."""
        self._build_ids: dict[int, str] = {}
        """By inode."""

    def watch(self) -> None:
        """From now on learn from the kernel what processes map, for those too short-lived to be looked at."""
        if self._events is None:
            with suppress(OSError):  # without, only processes that are looked at while they live have names
                self._events = MappingEvents()

    def remember(self, pid: int) -> None:
        """Look at a process while it lives, for addresses that come after its end."""
        self._process(pid)

    def frames(self, pid: int, addresses: Sequence[int]) -> list[UserFrame]:
        """Return what is known of each address, innermost first as they came."""
        process = self._process(pid)
        return [self._frame(pid, process, address) for address in addresses]

    def frame(self, pid: int, address: int) -> UserFrame:
        """Return what is known of one address."""
        return self._frame(pid, self._process(pid), address)

    def build_place(self, pid: int, address: int) -> tuple[str, int] | None:
        """Return the build id of the file that is mapped at an address, and how far into it; None for none."""
        process = self._process(pid)
        mapping = process.maps.find(address) if process else None
        if mapping is None or not mapping.is_file:
            return None
        if mapping.inode not in self._build_ids:
            self._build_ids[mapping.inode] = self._build_id(pid, mapping)
        build_id = self._build_ids[mapping.inode]
        return (build_id, address - mapping.start + mapping.offset) if build_id else None

    def _build_id(self, pid: int, mapping: Mapping) -> str:
        for path in (_map_file(pid, mapping), rooted(mapping.path, pid)):
            with suppress(OSError, KernelError), opened(path) as descriptor:
                if os.fstat(descriptor).st_ino == mapping.inode:
                    return Elf.open(descriptor, mapping.path).build_id
        return ""

    def _process(self, pid: int) -> _Process | None:
        """Return what is mapped in a process, or was when it was last seen; None for one that never was."""
        self._learn()
        known = self._look(pid)
        if known is None and pid in self._told:
            known = self._processes[pid] = _Process(sorted_maps(NOBODY, self._told[pid]))
        if known:
            self._processes.move_to_end(pid)
        while len(self._processes) > _MAX_PROCESSES:
            self._processes.popitem(last=False)
        return known

    def _look(self, pid: int) -> _Process | None:
        """Return what /proc says of a process, or said when it was last looked at; None for one that is gone."""
        known = self._processes.get(pid)
        who = identity(pid)
        if who is not None and (known is None or known.maps.identity != who):
            maps = read_maps(pid, who)
            known = _Process(maps) if maps else None
            self._processes.pop(pid, None)
            if known:
                self._processes[pid] = known
        return known

    def _learn(self) -> None:
        """Take in what the kernel told since the last time."""
        for event in self._events.read() if self._events else ():
            match event:
                case Forked(pid, parent):
                    self._processes.pop(pid, None)  # it was another of that number
                    known = None if self._told.get(parent) else self._look(parent)
                    self._told[pid] = known.maps.mappings if known else self._told.get(parent, ())
                case Executed(pid):
                    self._processes.pop(pid, None)
                    self._told[pid] = ()
                case Mapped(pid, mapping):
                    if pid in self._told and len(self._told[pid]) < _MAX_MAPPINGS:
                        self._told[pid] += (mapping,)
                    if pid in self._processes:
                        self._processes[pid].add(mapping)
            if len(self._told) > _MAX_PROCESSES:
                self._told.popitem(last=False)

    def _frame(self, pid: int, process: _Process | None, address: int) -> UserFrame:
        if process is None:
            return UserFrame(f"0x{address:x}")
        if address in process.frames:
            return process.frames[address]
        frame = self._find(pid, process, address)
        if frame.module and not frame.name.startswith("0x"):
            if len(process.frames) > _MAX_NAMES:
                process.frames.clear()
            process.frames[address] = frame
        return frame

    def _find(self, pid: int, process: _Process, address: int) -> UserFrame:
        mapping = process.maps.find(address)
        if mapping is None and time.monotonic() - process.read_at > _REREAD_S:
            process.read_at = time.monotonic()
            process.maps = read_maps(pid, process.maps.identity) or process.maps
            process.frames.clear()
            mapping = process.maps.find(address)
        if mapping is None:
            return UserFrame(f"0x{address:x}")
        if mapping.is_file:
            binary = self._open(pid, mapping)
            place = binary.elf.address(address - mapping.start + mapping.offset) if binary else None
            found = binary.symbols.find(place) if binary and place is not None else None
        else:
            found = self._elsewhere(pid, process, mapping, address)
        if found is None:
            return UserFrame(f"0x{address:x}", 0, mapping.path)
        return UserFrame(demangle(found[0]), found[1], mapping.path or f"/tmp/perf-{pid}.map")

    def _open(self, pid: int, mapping: Mapping) -> Binary | None:
        """Read the file that is mapped: the very one, though it be deleted or replaced, while the process lives."""
        for path in (_map_file(pid, mapping), rooted(mapping.path, pid)):
            with suppress(OSError, KernelError), opened(path) as descriptor:
                if os.fstat(descriptor).st_ino == mapping.inode:
                    return self._binaries.read_open(descriptor, mapping.path)
        return None

    def _elsewhere(self, pid: int, process: _Process, mapping: Mapping, address: int) -> tuple[str, int] | None:
        """Return what is in memory without a file: the kernel's own library, or code made while the process runs."""
        if mapping.path == VDSO:
            return self._vdso.symbols.find(address - mapping.start) if self._vdso else None
        if mapping.path:
            return None
        found = process.perf_map.find(address) if process.perf_map else None
        if found is None and time.monotonic() - process.perf_map_read_at > _REREAD_S:
            process.perf_map_read_at = time.monotonic()
            if identity(pid) == process.maps.identity:
                process.perf_map = read_perf_map(pid, process.perf_map)
            found = process.perf_map.find(address) if process.perf_map else None
        return found

    @cached_property
    def _vdso(self) -> Elf | None:
        """The library that the kernel maps into every process; ours is everybody's."""
        with suppress(OSError, KernelError):
            for mapping in parse_maps(Path("/proc/self/maps").read_bytes()):
                if mapping.path == VDSO:
                    with Path("/proc/self/mem").open("rb", buffering=0) as memory:
                        memory.seek(mapping.start)
                        return Elf.of(memory.read(mapping.end - mapping.start), VDSO)
        return None


def _map_file(pid: int, mapping: Mapping) -> str:
    """Return the kernel's link to the very file that is mapped."""
    return f"/proc/{lively_thread(pid)}/map_files/{mapping.start:x}-{mapping.end:x}"
