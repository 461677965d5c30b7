"""From counters that only grow to what was new since the last read: one `CounterMap` per map of a script.

Owns: the last sample of a map and the values at the last reset. Refuses to own: reading the map (`bpf`) and what the
numbers mean (`joined_table`, `distributions`, `call_tree`). Keys are rows of uint8, values columns of int64;
vectorised, for maps of 100,000 keys. Runs in the tracer's one thread.
"""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from tracetop.bpf import MapSample

Keys = NDArray[np.void]
"""(n,) distinct and sorted (in one order for all keys of a size), each one void of key_size bytes."""
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
    """Return (n, key_size) bytes as (n,) voids, in the order they came."""
    rows = np.ascontiguousarray(rows)
    return rows.view(np.dtype((np.void, rows.shape[1]))).reshape(len(rows))


def as_rows(keys: Keys) -> NDArray[np.uint8]:
    """Return keys as (n, key_size) bytes again."""
    return keys.view(np.uint8).reshape(len(keys), keys.dtype.itemsize)


def align(keys: Keys, wanted: Keys, values: NDArray[Number], missing: float = 0) -> NDArray[Number]:
    """Return the rows of `values` (of sorted `keys`) in the order of `wanted`, `missing` where `keys` has it not."""
    out = np.full((len(wanted), *values.shape[1:]), missing, dtype=values.dtype)
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

    def __init__(self, grows: int | None = 0) -> None:
        """`grows`: the field that never shrinks while its key lives, as a count does; None where every one may."""
        self._grows = grows
        self._keys: Keys | None = None
        self._last: Values = np.empty((0, 1), dtype=np.int64)
        self._base: Values = self._last
        """The values at the last reset, by the keys of the last sample."""

    def update(self, sample: MapSample) -> Counted:
        """Take a new sample in any order and say what it adds.

        A key that is new, or that was deleted and made again (it is missing in a sample, or it shrank), counts from
        zero.
        """
        keys, values = as_keys(sample.keys), np.asarray(sample.values, dtype=np.int64)
        order = np.argsort(_comparable(keys), kind="stable")
        keys, values = keys[order], values[order]
        last, base = np.zeros_like(values), np.zeros_like(values)
        if self._keys is not None and len(self._keys):
            last, base = align(self._keys, keys, self._last), align(self._keys, keys, self._base)
        if self._grows is not None:
            anew = values[:, self._grows] < last[:, self._grows]
            last[anew] = base[anew] = 0
        self._keys, self._last, self._base = keys, values, base
        return Counted(keys, new=values - last, total=values - base, last=values)

    def reset(self) -> None:
        """Count totals from the last sample on."""
        self._base = self._last

    def rebase(self, wanted: Keys) -> None:
        """Count these keys' totals from the last sample on: their number now names another thing."""
        if self._keys is not None and len(self._keys) and len(wanted):
            place, found = find(self._keys, wanted)
            self._base = self._base.copy()
            self._base[place[found]] = self._last[place[found]]

    def end(self, wanted: Keys, values: Values) -> tuple[Values, Values]:
        """Return what sorted keys gained since the last sample and since the last reset, up to their last values.

        The keys were deleted then: from here on they count from zero.
        """
        last, base = np.zeros_like(values), np.zeros_like(values)
        if self._keys is not None and len(self._keys):
            last, base = align(self._keys, wanted, self._last), align(self._keys, wanted, self._base)
            place, found = find(self._keys, wanted)
            self._last, self._base = self._last.copy(), self._base.copy()
            self._last[place[found]] = self._base[place[found]] = 0
        return values - last, values - base

    def among(self, wanted: Keys) -> Keys:
        """Return those of the wanted keys that the last sample had."""
        if self._keys is None or not len(self._keys):
            return wanted[:0]
        return wanted[find(self._keys, wanted)[1]]


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
