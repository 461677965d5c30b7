"""From the bytes that a map read returns to one value a key: CPUs merged, by the kind of value.

Owns: the layout of values in the kernel and how CPUs add up. Refuses to own: how the bytes were read, and rates.
Pure: arrays in, arrays out.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tracetop.model.program import MapSpec
from tracetop.model.value_kinds import Merge, ValueKind

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]

_INT64 = np.iinfo(np.int64)


class MapSample(NamedTuple):
    """A map's rows, all CPUs merged, in the kernel's order.

    `keys` is uint8 (rows, key_size): the bytes as the kernel holds them, for arrays the index. `values` is int64
    (rows, fields): one field for count, sum, scalar, hist, lhist; total and count for avg and stats; value and set
    for min and max; epoch, number and count for tseries. For strings and values it is uint8 (rows, value_size).
    """

    keys: Bytes
    values: Ints | Bytes


def merge(spec: MapSpec, keys: Bytes, values: Bytes) -> MapSample:
    """Return the rows of `spec` from its raw keys (rows, key_size) and values (rows, bytes of all CPUs).

    Slots of a series that no CPU has set, and array rows that nothing was written to, are left out.
    """
    facts = spec.kind.facts
    if not facts.fields:
        return MapSample(keys.copy(), values[:, : spec.value_size].copy())
    cells = values.view(np.int64).reshape(len(values), values.shape[1] // (8 * facts.fields), facts.fields)
    match facts.merge:
        case Merge.LEAST | Merge.MOST:
            merged = _extreme(cells, facts.merge)
        case Merge.NEWEST:
            merged = _newest(cells, spec.series.kind.facts.merge if spec.series else Merge.SUM)
        case Merge.SUM:
            merged = _add(cells)
    present = merged[:, -1] != 0
    # In a hash map a tally's key is there because it was written, and stays where the count is zero; a count without a
    # key is a number that begins at zero; a sum or a scalar of zero is a value.
    is_number = spec.kind is ValueKind.COUNT and not spec.keys
    is_absent = spec.layout.is_array and facts.never_shrinks and not is_number
    # So does an extreme's key, where `zero` made it one of nothing.
    is_unset = facts.merge is Merge.NEWEST or (facts.is_extreme and spec.layout.is_array)
    if (is_absent or is_unset) and not present.all():
        return MapSample(keys[present], merged[present])
    return MapSample(keys.copy(), merged)


def _add(cells: Ints) -> Ints:
    """Return the sum over CPUs of (rows, cpus, fields); one CPU after the other, the fast direction for few of them."""
    total = cells[:, 0].copy()
    for cpu in range(1, cells.shape[1]):
        total += cells[:, cpu]
    return total


def _extreme(cells: Ints, merge: Merge) -> Ints:
    """Return (value, set) over those CPUs whose `set` is not zero, of (rows, cpus, 2)."""
    smallest = merge is Merge.LEAST
    neutral = _INT64.max if smallest else _INT64.min
    is_set = cells[:, :, 1] != 0
    values = np.where(is_set, cells[:, :, 0], neutral)
    best = values.min(axis=1) if smallest else values.max(axis=1)
    any_set = is_set.any(axis=1)
    return np.stack([np.where(any_set, best, 0), any_set.astype(np.int64)], axis=1)


def _newest(cells: Ints, merge: Merge) -> Ints:
    """Return (epoch, number, count) of those CPUs whose slot is of the newest epoch, of (rows, cpus, 3)."""
    is_set = cells[:, :, 2] != 0
    epoch = np.where(is_set, cells[:, :, 0], 0).max(axis=1)
    is_newest = is_set & (cells[:, :, 0] == epoch[:, np.newaxis])
    if merge in (Merge.LEAST, Merge.MOST):
        number = _extreme(np.stack([cells[:, :, 1], is_newest], axis=2), merge)[:, 0]
    else:
        number = np.where(is_newest, cells[:, :, 1], 0).sum(axis=1)
    return np.stack([epoch, number, np.where(is_newest, cells[:, :, 2], 0).sum(axis=1)], axis=1)
