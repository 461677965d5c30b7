"""Stack ids to addresses, from a script's stack-trace map.

Owns: the layout of that map. Refuses to own: names (`symbols`), and a cache: ids are used again after a delete. The
tracer's one thread.
"""

import struct
from collections.abc import Iterable

import numpy as np

from tracetop.bpf.maps import KernelMap

_ID = struct.Struct("=I")


def read_stacks(stack_map: KernelMap, ids: Iterable[int]) -> dict[int, tuple[int, ...]]:
    """Return the addresses of each stack, innermost first; ids that are negative or gone are left out."""
    stacks = {}
    for stack_id in ids:
        raw = stack_map.lookup(_ID.pack(stack_id)) if stack_id >= 0 else None
        if raw is not None:
            addresses = np.frombuffer(raw, np.uint64)
            stacks[stack_id] = tuple(addresses[addresses != 0].tolist())
    return stacks


def delete_stacks(stack_map: KernelMap, ids: Iterable[int]) -> None:
    """Free the slots of these stacks, for new ones to take."""
    keys = np.array([stack_id for stack_id in ids if stack_id >= 0], np.uint32)
    stack_map.delete(keys.view(np.uint8).reshape(-1, _ID.size))
