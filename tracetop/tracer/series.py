"""``tseries()`` maps in a pane: of every key the value of its newest slot of time, as a plain number. Pure. Tracer."""

import numpy as np

from tracetop.bpf.maps.cpu_merge import MapSample
from tracetop.model.program import MapSpec, ValueKind
from tracetop.tracer.counters import as_keys

_SLOT_BYTES = 4


def newest(spec: MapSpec, sample: MapSample) -> MapSample:
    """Return the rows of a time series as a map of numbers would have them: one for each key, without its slot."""
    end = max((part.offset + part.size for part in spec.keys), default=0)
    place = -(-end // _SLOT_BYTES) * _SLOT_BYTES
    keys = sample.keys.copy()
    keys[:, place : place + _SLOT_BYTES] = 0
    epochs, numbers, counts = np.asarray(sample.values, dtype=np.int64).T
    if spec.series and spec.series.kind is ValueKind.AVG:
        numbers = numbers // np.maximum(counts, 1)
    latest: dict[bytes, int] = {}
    for row in np.argsort(epochs, kind="stable").tolist():
        latest[as_keys(keys[row : row + 1])[0].tobytes()] = row
    rows = list(latest.values())
    return MapSample(keys[rows], numbers[rows].reshape(-1, 1))
