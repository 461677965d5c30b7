"""Stack ids to addresses, from a script's stack-trace map.

Owns: the layout of that map. Refuses to own: names (`symbols`), and a cache: ids are used again after a delete. The
tracer's one thread.
"""

import struct
from collections.abc import Iterable

import numpy as np

from tracetop.bpf.maps import KernelMap

_ID = struct.Struct("=I")


def read_stack(stack_map: KernelMap, stack_id: int) -> tuple[int, ...]:
    """Return a stack's addresses, innermost first; empty for a negative id, which is a loss, or one that is gone."""
    raw = stack_map.lookup(_ID.pack(stack_id)) if stack_id >= 0 else None
    if raw is None:
        return ()
    addresses = np.frombuffer(raw, np.uint64)
    return tuple(addresses[addresses != 0].tolist())


def delete_stacks(stack_map: KernelMap, ids: Iterable[int]) -> None:
    """Free the slots of these stacks, for new ones to take."""
    keys = np.array([stack_id for stack_id in ids if stack_id >= 0], np.uint32)
    stack_map.delete(keys.view(np.uint8).reshape(-1, _ID.size))
