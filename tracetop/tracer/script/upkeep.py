"""What keeps a script's maps from filling up: entries that nothing will use again are freed as it runs.

Owns: when. Refuses to own: which starts of a scratch map are stale (`kept`), which processes are gone
(`process_table`), which stacks are not sampled any more (`stacks`). Tracer.
"""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tracetop.bpf.loaded_program import Loaded
from tracetop.bpf.maps.cpu_merge import Bytes, MapSample, is_array
from tracetop.model.abi.control import Filter
from tracetop.model.program import Format, KeyPart, KeyRole, MapAction, MapSpec, PrintValue, Program
from tracetop.model.value import Shape, ValueType
from tracetop.tracer.aggregate.aggregates import Aggregates
from tracetop.tracer.aggregate.counters import as_keys, as_rows
from tracetop.tracer.aggregate.key_cells import decode_text, integers

_EVERY_S = 2.0


class Upkeep:
    """The upkeep of one loaded script."""

    def __init__(self, loaded: Loaded, aggregates: Aggregates, now_s: float) -> None:
        self._loaded = loaded
        self._aggregates = aggregates
        self._done_s = now_s

    def tick(self, now_s: float, *, is_full: bool) -> None:
        """Free what can be freed; `is_full`: a map had no room since the last time."""
        self._retire_processes()
        if is_full or now_s - self._done_s > _EVERY_S:
            self._done_s = now_s
            for spec in self._loaded.program.maps:
                if spec.scratch and spec.keys:
                    reclaim(self._loaded, spec)
            self._retire_stacks()

    def _retire_processes(self) -> None:
        """Free the map entries of processes that are long gone."""
        for table in self._aggregates.process_tables():
            for name, keys in table.held(table.retire()).items():
                if len(keys):
                    self._loaded.delete_keys(name, as_rows(keys))

    def _retire_stacks(self) -> None:
        """Free stacks that are not sampled any more: in hours they would leave no slot for new ones."""
        trees = self._aggregates.trees
        unused: dict[str, set[int]] = {}
        for tree in trees:
            keys, stacks = tree.retire()
            if len(keys):
                self._loaded.delete_keys(tree.spec.name, as_rows(keys))
            for map_, id_ in stacks:
                unused.setdefault(map_, set()).add(id_)
        for map_, id_ in (stack for tree in trees for stack in tree.held()):
            unused.get(map_, set()).discard(id_)
        for map_, ids in unused.items():
            self._loaded.delete_stacks(ids, map_)


_PID_AT = {Shape.USTACK: 4, Shape.USYM: 8}
"""Where in a value of that shape the process's number is."""
_SLOTS_S = _MAPS_S = 2.0
_PROCESS_S = 0.1


class Chores:
    """The chores of one script."""

    def __init__(self, loaded: Loaded, remember: Callable[[int], None], *processes: int) -> None:
        """`processes`: those whose functions will need names, for whatever reason; 0 for none."""
        self._loaded = loaded
        self._remember = remember
        self._processes = [pid for pid in processes if pid]
        self._keyed = [(spec, at) for spec in loaded.program.maps if not is_array(spec.layout) for at in _places(spec)]
        self._due: list[tuple[float, float, Callable[[], None]]] = [(_SLOTS_S, 0.0, self._free_slots)]
        if takes_user_addresses(loaded.program):
            self._due += [(_PROCESS_S, 0.0, self._look_at_processes), (_MAPS_S, 0.0, self._look_at_maps)]
        self.every_s = min(each for each, _, _ in self._due)
        """How often `do` is to be called."""

    def do(self) -> None:
        """Do what is due."""
        now_s = time.monotonic()
        for i, (every_s, due_s, chore) in enumerate(self._due):
            if now_s >= due_s:
                chore()
                self._due[i] = (every_s, now_s + every_s, chore)

    def _free_slots(self) -> None:
        free_empty(self._loaded)

    def _look_at_processes(self) -> None:
        for pid in self._processes:
            self._remember(pid)

    def _look_at_maps(self) -> None:
        for spec, at in self._keyed:
            for pid in _numbers(self._loaded.read(spec.name).keys, at):
                self._remember(pid)


def takes_user_addresses(program: Program) -> bool:
    """Say whether anything that the script prints has a name only in a process."""
    types = [part.type for spec in program.maps for part in spec.keys] + [spec.value for spec in program.maps]
    for action in program.actions:
        if isinstance(action, Format):
            types += [part.type for part in action.arguments]
        elif isinstance(action, PrintValue):
            types.append(action.value)
    return any(_mentions(type_) for type_ in types)


def _mentions(type_: ValueType) -> bool:
    return type_.shape in _PID_AT or any(_mentions(part.type) for part in type_.parts)


def _places(spec: MapSpec) -> Iterator[int]:
    for part in spec.keys:
        if part.type.shape in _PID_AT:
            yield part.offset + _PID_AT[part.type.shape]


def _numbers(keys: Bytes, at: int) -> list[int]:
    column = np.ascontiguousarray(keys[:, at : at + 4]).view(np.uint32)
    numbers: list[int] = np.unique(column).tolist()
    return numbers


_FULL = 0.5
"""The share of slots in use from which empty and old ones are given back."""
_LONG_NS = 600 * 1_000_000_000
"""The age of a start that nobody waits for any more, where its key does not say who would end it."""


def change_map(loaded: Loaded, action: MapAction) -> None:
    """Clear or zero a map, as the script asked."""
    (loaded.clear if action.verb == "clear" else loaded.zero)(action.map_name)


def reclaim(loaded: Loaded, spec: MapSpec) -> int:
    """Free the slots that nothing will use again; return how many.

    A thread that exits never returns from its last call: its start is taken out soon, before another thread of its
    number ends a call that it never began. Other slots are freed once half of them are taken: those that are empty, and
    starts of a very long time ago.
    """
    sample = loaded.read(spec.name)
    started = sample.values[:, 0] != 0
    crowded = len(sample.keys) >= spec.max_entries * _FULL
    part = _thread_part(spec)
    if part is not None:
        asked = np.full(len(started), True) if crowded else started
        done = asked.copy()
        done[asked] = [not os.access(f"/proc/{tid}", os.F_OK) for tid in _threads(spec, part, sample, asked)]
    elif crowded:
        done = ~started if spec.kept_slots else sample.values[:, 0] < time.monotonic_ns() - _LONG_NS
    else:
        return 0
    loaded.delete_keys(spec.name, sample.keys[done])
    return int(done.sum())


def free_empty(loaded: Loaded) -> None:
    """Free the slots of deleted starts once they crowd a map, and nothing else: what a script keeps, it prints."""
    for spec in loaded.program.maps:
        if spec.kept_slots:
            sample = loaded.read(spec.name)
            if len(sample.keys) >= spec.max_entries * _FULL:
                loaded.delete_keys(spec.name, sample.keys[sample.values[:, 0] == 0])


def drop_unfiltered_starts(loaded: Loaded, spec: MapSpec, filter_: Filter) -> None:
    """Before a filter is lifted or changed, take out the starts of threads that it did not let through.

    Their ends went by unseen while it was in force, so the next end would seem to come a long time after the start.
    Threads that the filter lets through are not touched: they lose nothing.
    """
    part = _thread_part(spec)
    if not filter_ or part is None:
        return
    sample = loaded.read(spec.name)
    stale = sample.values[:, 0] != 0
    stale[stale] = [not _admitted(tid, filter_) for tid in _threads(spec, part, sample, stale)]
    loaded.delete_keys(spec.name, sample.keys[stale])


def _thread_part(spec: MapSpec) -> KeyPart | None:
    """Return the part of the key that says whose slot it is, None where none does."""
    roles = {part.role: part for part in spec.keys}
    return roles.get(KeyRole.TID) or roles.get(KeyRole.PID)


def _threads(spec: MapSpec, part: KeyPart, sample: MapSample, rows: NDArray[np.bool_]) -> list[int]:
    tids: list[int] = integers(spec, part, as_keys(sample.keys[rows])).tolist()
    return tids


def _admitted(tid: int, filter_: Filter) -> bool:
    """Say whether the filter lets a live thread through, as the kernel would."""
    thread = Path(f"/proc/{tid}")
    try:
        comm = decode_text(thread.joinpath("comm").read_bytes().removesuffix(b"\n"))
        status = thread.joinpath("status").read_bytes()
    except OSError:
        return False
    tgid = int(status.split(b"\nTgid:", 1)[1].split(None, 1)[0])
    return filter_.matches(tgid, comm)
