"""`hist()` and `lhist()` maps, from counted buckets to the frame's histograms.

Owns: grouping the buckets of a keyed distribution by key. Refuses to own: percentiles, which readers take. Tracer.
"""

from dataclasses import dataclass, field

import numpy as np

from tracetop.bpf import MapSample
from tracetop.model.abi.buckets import BUCKET_BYTES, bucket_place
from tracetop.model.frame import Histogram, HistRow
from tracetop.model.program import MapSpec
from tracetop.tracer.aggregate.counters import CounterMap, as_keys, as_rows
from tracetop.tracer.aggregate.key_cells import KeyCells, key_columns

ROWS = 20
"""Distributions sent of a keyed map, the busiest of the last interval."""


@dataclass
class _Group:
    """The buckets of one key."""

    recent: dict[int, int] = field(default_factory=dict)
    total: dict[int, int] = field(default_factory=dict)

    def rank(self) -> tuple[int, int]:
        """Busiest first: by the last interval, then by all."""
        return -sum(self.recent.values()), -sum(self.total.values())


class Distribution:
    """One map of distributions, kept from tick to tick."""

    def __init__(self, spec: MapSpec, cells: KeyCells) -> None:
        self.spec = spec
        self._cells = cells
        self._counter = CounterMap()
        self._groups = self._no_groups()
        self._bucket_place = bucket_place(spec.keys)

    def reset(self) -> None:
        """Count anew from the last sample on."""
        self._counter.reset()
        self._groups = self._no_groups()

    def update(self, sample: MapSample) -> None:
        """Take one sample: keys are the key parts, a u32 bucket after them and padding, or the bucket alone."""
        counted = self._counter.update(sample)
        live = (counted.total[:, 0] != 0) | (counted.new[:, 0] != 0)
        rows = as_rows(counted.keys)[live]
        place = self._bucket_place
        buckets = np.ascontiguousarray(rows[:, place : place + BUCKET_BYTES]).view(np.uint32).reshape(-1).tolist()
        self._groups = self._no_groups()
        pairs = zip(rows, buckets, counted.new[live, 0].tolist(), counted.total[live, 0].tolist(), strict=True)
        for row, bucket, new, total in pairs:
            group = self._groups.setdefault(row[:place].tobytes(), _Group())
            group.total[bucket] = total
            if new:
                group.recent[bucket] = new

    def histogram(self) -> Histogram:
        """Return the busiest distributions as the frame has them."""
        ranked = sorted(self._groups.items(), key=lambda item: item[1].rank())[:ROWS]
        return Histogram(
            name=self.spec.name,
            unit=self.spec.unit,
            linear=self.spec.linear,
            key_columns=key_columns(self.spec.keys),
            rows=tuple(HistRow(key.hex(), self._key(key), group.recent, group.total) for key, group in ranked),
            rows_total=len(self._groups),
        )

    def _no_groups(self) -> dict[bytes, _Group]:
        """Return what is there before anything was counted: a map without a key has its one distribution always."""
        return {} if self.spec.keys else {b"": _Group()}

    def _key(self, key: bytes) -> tuple[int | float | str | None, ...]:
        if not self.spec.keys:
            return ()
        return self._cells.whole_cells(self.spec, as_keys(np.frombuffer(key, dtype=np.uint8).reshape(1, -1)))[0]
