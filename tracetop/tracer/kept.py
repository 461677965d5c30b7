"""Upkeep of maps whose slots are kept: `delete` only writes zero there, which is cheap but never frees a slot.

Owns: giving back the slots of the dead, and taking out starts that a filter cut off from their ends. Tracer.
"""

from pathlib import Path

import numpy as np

from tracetop.bpf.session import Loaded
from tracetop.model.control import Filter
from tracetop.model.program import KeyRole, MapSpec
from tracetop.tracer.counters import as_keys
from tracetop.tracer.keys import decode_text, integers

_FULL = 0.5
"""The share of slots in use from which they are given back."""


def reclaim(loaded: Loaded, spec: MapSpec) -> int:
    """Free the slots that nothing will use again, once half are taken; return how many.

    A slot keyed by a thread is freed when the thread has ended, whatever is in it: a thread that exits never returns
    from its last call. Any other slot is freed when it is empty.
    """
    sample = loaded.read(spec.name)
    if len(sample.keys) < spec.max_entries * _FULL:
        return 0
    if _keyed_by_thread(spec):
        tids = integers(spec, spec.keys[0], as_keys(sample.keys)).tolist()
        dead = np.array([not Path(f"/proc/{tid}").exists() for tid in tids], dtype=bool)
    else:
        dead = sample.values[:, 0] == 0
    loaded.delete_keys(spec.name, sample.keys[dead])
    return int(dead.sum())


def drop_unfiltered_starts(loaded: Loaded, spec: MapSpec, filter_: Filter) -> None:
    """Before a filter is lifted or changed, take out the starts of threads that it did not let through.

    Their ends went by unseen while it was in force, so the next end would seem to come a long time after the start.
    Threads that the filter lets through are not touched: they lose nothing.
    """
    if not filter_ or not _keyed_by_thread(spec):
        return
    sample = loaded.read(spec.name)
    running = sample.values[:, 0] != 0
    keys = sample.keys[running]
    tids = integers(spec, spec.keys[0], as_keys(keys)).tolist()
    stale = np.array([not _admitted(tid, filter_) for tid in tids], dtype=bool)
    loaded.delete_keys(spec.name, keys[stale])


def _keyed_by_thread(spec: MapSpec) -> bool:
    return len(spec.keys) == 1 and spec.keys[0].role is KeyRole.TID


def _admitted(tid: int, filter_: Filter) -> bool:
    """Say whether the filter lets a live thread through, as the kernel would."""
    thread = Path(f"/proc/{tid}")
    try:
        comm = decode_text(thread.joinpath("comm").read_bytes().rstrip(b"\n"))
        status = thread.joinpath("status").read_bytes()
    except OSError:
        return False
    tgid = int(status.split(b"\nTgid:", 1)[1].split(None, 1)[0])
    return filter_.matches(tgid, comm)
