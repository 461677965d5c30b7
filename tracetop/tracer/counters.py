"""From counters that only grow to what was new since the last read: one `CounterMap` per map of a script.

Owns: the last sample of a map and the values at the last reset. Refuses to own: reading the map (`bpf`) and what
the numbers mean (`tables`, `distributions`, `stacks`). Keys are rows of uint8, values columns of int64; vectorised,
for maps of 100,000 keys. Runs in the tracer's one thread.
"""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from tracetop.bpf.merge import MapSample

Keys = NDArray[np.void]
"""(n,) sorted, each one void of key_size bytes."""
Values = NDArray[np.int64]
"""(n, fields)."""
Number = TypeVar("Number", np.int64, np.float64)


@dataclass(frozen=True, eq=False)
class Counted:
    """One read of a map: for every key what it gained since the read before, and since the last reset."""

    keys: Keys
    new: Values
    total: Values
    last: Values
    """The values as they stand in the kernel."""

    def __len__(self) -> int:
        return len(self.keys)


def as_keys(rows: NDArray[np.uint8]) -> Keys:
    """Return (n, key_size) bytes as (n,) voids, which compare and sort bytewise."""
    rows = np.ascontiguousarray(rows)
    return rows.view(np.dtype((np.void, rows.shape[1]))).reshape(len(rows))


def as_rows(keys: Keys) -> NDArray[np.uint8]:
    """Return keys as (n, key_size) bytes again."""
    return keys.view(np.uint8).reshape(len(keys), keys.dtype.itemsize)


def align(keys: Keys, wanted: Keys, values: NDArray[Number]) -> NDArray[Number]:
    """Return the rows of `values` (of sorted `keys`) in the order of `wanted`, zeros where a wanted key is missing."""
    out = np.zeros((len(wanted), *values.shape[1:]), dtype=values.dtype)
    if len(keys) and len(wanted):
        place, found = find(keys, wanted)
        out[found] = values[place[found]]
    return out


def find(keys: Keys, wanted: Keys) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Return for each wanted key its index in sorted `keys` (not empty), and whether it is really there."""
    order = _comparable(keys)
    place = np.minimum(np.searchsorted(order, _comparable(wanted)), len(keys) - 1)
    return place, keys[place] == wanted


class CounterMap:
    """Remembers a map's last sample, so that rates are differences and no event is lost between two reads."""

    def __init__(self, *, grows: bool = True) -> None:
        """`grows`: the first field never shrinks while its key lives, as a count does and a sum need not."""
        self._grows = grows
        self._keys: Keys | None = None
        self._last: Values | None = None
        self._base_keys: Keys | None = None
        self._base: Values | None = None

    def update(self, sample: MapSample) -> Counted:
        """Take a new sample in any order and say what it adds. A value that shrank was deleted and counts from zero."""
        keys, values = as_keys(sample.keys), np.asarray(sample.values, dtype=np.int64)
        order = np.argsort(_comparable(keys), kind="stable")
        keys, values = keys[order], values[order]
        new = self._since(keys, values, self._keys, self._last)
        total = self._since(keys, values, self._base_keys, self._base)
        self._keys, self._last = keys, values
        return Counted(keys, new, total, values)

    def reset(self) -> None:
        """Count totals from the last sample on."""
        self._base_keys, self._base = self._keys, self._last

    def rebase(self, wanted: Keys) -> None:
        """Count these keys' totals and rates from the last sample on: their number now names another thing."""
        if self._keys is None or self._last is None or not len(self._keys):
            return
        place, found = find(self._keys, wanted)
        old_keys, old = self._base_keys, self._base
        base = np.zeros_like(self._last) if old_keys is None or old is None else align(old_keys, self._keys, old)
        base[place[found]] = self._last[place[found]]
        self._base_keys, self._base = self._keys, base

    def _since(self, keys: Keys, values: Values, old_keys: Keys | None, old: Values | None) -> Values:
        if old_keys is None or old is None or not len(old_keys):
            return values
        before = align(old_keys, keys, old)
        # A key that the script deleted and made again counts from zero.
        if self._grows:
            before[values[:, 0] < before[:, 0]] = 0
        difference: Values = values - before
        return difference


def _comparable(keys: Keys) -> NDArray[np.generic]:
    """Return an array that numpy can order (it cannot order voids): integers, or byte strings of one fixed length."""
    size = keys.dtype.itemsize
    return keys.view(f"u{size}") if size in (4, 8) else keys.view(f"S{size}")


def union(samples: list[Keys]) -> Keys:
    """Return every key that is in one of the sorted arrays, once, sorted."""
    joined = np.concatenate(samples)
    order = _comparable(joined)
    _, first = np.unique(order, return_index=True)
    return joined[first]
