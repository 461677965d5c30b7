"""Upkeep of scratch maps, where a start waits for its end: starts whose end never comes would stay for ever.

Owns: giving back the slots of the dead, and taking out starts that a filter cut off from their ends. Where slots are
kept, `delete` only writes zero, which is cheap but never frees a slot. Tracer.
"""

import os
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tracetop.bpf.loaded_program import Loaded
from tracetop.bpf.maps.cpu_merge import MapSample
from tracetop.model.abi.control import Filter
from tracetop.model.program import KeyPart, KeyRole, MapAction, MapSpec
from tracetop.tracer.aggregate.counters import as_keys
from tracetop.tracer.aggregate.key_cells import decode_text, integers

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
