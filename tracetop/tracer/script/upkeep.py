"""What keeps a script's maps from filling up, and its names from going with their processes, while it runs.

Owns: when what is due, and which starts of a scratch map are stale. Refuses to own: which processes are gone
(`process_table`), which stacks are not sampled any more (`call_tree`). Tracer.
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tracetop.bpf import MapSample
from tracetop.model.filter import Filter
from tracetop.model.program import ENDED_MAP, Format, KeyPart, KeyRole, MapSpec, PrintValue, Program
from tracetop.model.value import Shape, ValueType
from tracetop.tracer.aggregate.aggregates import Aggregates
from tracetop.tracer.aggregate.counters import as_keys, as_rows
from tracetop.tracer.aggregate.key_cells import integers
from tracetop.tracer.aggregate.processes import comm_of
from tracetop.tracer.loaded_script import LoadedScript

_MAPS_S = 2.0
_CPUS_S = 1.0
_PROCESSES_S = 0.1
_FULL = 0.5
"""The share of slots in use from which empty and old ones are given back."""
_LONG_NS = 600 * 1_000_000_000
"""The age of a start that nobody waits for any more, where its key does not say who would end it."""
_PID_AT = {Shape.USTACK: 4, Shape.USYM: 8}
"""Where in a value of that shape the process's number is."""

Chore = Callable[[], None]


class Upkeep:
    """The chores of one loaded script, each at its own pace."""

    def __init__(self, *chores: tuple[float, Chore]) -> None:
        """Take chores with the seconds between two times, 0: whenever `do` is called."""
        self._due = [(every_s, 0.0, chore) for every_s, chore in chores]
        self.every_s = min(every_s for every_s, _ in chores)
        """How often `do` is to be called."""

    def do(self, *, now: bool = False) -> None:
        """Do what is due, or all of it `now`: a map had no room."""
        now_s = time.monotonic()
        for i, (every_s, due_s, chore) in enumerate(self._due):
            if now or now_s >= due_s:
                chore()
                self._due[i] = (every_s, now_s + every_s, chore)


def upkeep_in_pane(loaded: LoadedScript, aggregates: Aggregates) -> Upkeep:
    """Return the upkeep of a script whose maps are read at every tick, with `do` after each."""

    def free() -> None:
        for spec in loaded.program.maps:
            if spec.scratch and spec.keys:
                reclaim(loaded, spec)
        _retire_stacks(loaded, aggregates)

    return Upkeep((0.0, lambda: _retire_processes(loaded, aggregates)), (_MAPS_S, free))


def upkeep_in_run(loaded: LoadedScript, remember: Callable[[int], None], *processes: int) -> Upkeep:
    """Return the upkeep of a script whose maps are read at its end.

    `remember` takes a process whose functions will need names: `processes` (0 for none) and those in the maps' keys.
    """
    chores: list[tuple[float, Chore]] = [(_MAPS_S, lambda: free_empty(loaded)), (_CPUS_S, loaded.follow_cpus)]
    if takes_user_addresses(loaded.program):
        fixed = [pid for pid in processes if pid]
        chores.append((_PROCESSES_S, lambda: _each(remember, fixed)))
        chores.append((_MAPS_S, lambda: _each(remember, _processes_in_keys(loaded))))
    return Upkeep(*chores)


def _each(remember: Callable[[int], None], processes: Iterable[int]) -> None:
    for pid in processes:
        remember(pid)


def _retire_processes(loaded: LoadedScript, aggregates: Aggregates) -> None:
    """Free the map entries of processes that are long gone."""
    for table in aggregates.process_tables():
        freed = table.held(table.retire())
        if table.ended:
            freed[ENDED_MAP] = table.ended.read_keys()
        for name, keys in freed.items():
            if len(keys):
                loaded.delete_keys(name, as_rows(keys))


def _retire_stacks(loaded: LoadedScript, aggregates: Aggregates) -> None:
    """Free stacks that are not sampled any more: in hours they would leave no slot for new ones."""
    unused: dict[str, set[int]] = {}
    for tree in aggregates.trees:
        keys, stacks = tree.retire()
        if len(keys):
            loaded.delete_keys(tree.spec.name, as_rows(keys))
        for map_, id_ in stacks:
            unused.setdefault(map_, set()).add(id_)
    for map_, id_ in (stack for tree in aggregates.trees for stack in tree.held()):
        unused.get(map_, set()).discard(id_)
    for map_, ids in unused.items():
        loaded.delete_stacks(ids, map_)


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


def _processes_in_keys(loaded: LoadedScript) -> Iterator[int]:
    """Yield the processes whose addresses the maps' keys hold."""
    for spec in loaded.program.maps:
        for part in spec.keys:
            if part.type.shape in _PID_AT and not spec.layout.is_array:
                at = part.offset + _PID_AT[part.type.shape]
                column = np.ascontiguousarray(loaded.read(spec.name).keys[:, at : at + 4]).view(np.uint32)
                yield from np.unique(column).tolist()


def reclaim(loaded: LoadedScript, spec: MapSpec) -> int:
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


def free_empty(loaded: LoadedScript) -> None:
    """Free the slots of deleted starts once they crowd a map, and nothing else: what a script keeps, it prints."""
    for spec in loaded.program.maps:
        if spec.kept_slots:
            sample = loaded.read(spec.name)
            if len(sample.keys) >= spec.max_entries * _FULL:
                loaded.delete_keys(spec.name, sample.keys[sample.values[:, 0] == 0])


def drop_unfiltered_starts(loaded: LoadedScript, spec: MapSpec, filter_: Filter) -> None:
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
    try:
        status = Path(f"/proc/{tid}/status").read_bytes()
    except OSError:
        return False
    tgid = int(status.split(b"\nTgid:", 1)[1].split(None, 1)[0])
    return filter_.matches(tgid, comm_of(tid))
