"""Time series in a pane: the newest slot of each key, as a plain number."""

import struct

import msgspec
import numpy as np
import pytest

from tests.tracer.specs import INTEGER, spec
from tracetop.bpf import MapSample
from tracetop.model.program import MapSpec, TimeSeries
from tracetop.model.value_kinds import ValueKind
from tracetop.tracer.aggregate.value_columns import newest


def series(kind: ValueKind, *, keyed: bool = True) -> MapSpec:
    made = spec("@", ValueKind.TSERIES, (INTEGER,) if keyed else (), key_size=8 if keyed else 4)
    return msgspec.structs.replace(made, series=TimeSeries(slot_ns=1_000_000_000, slots=5, kind=kind))


def sample(*rows: tuple[bytes, tuple[int, int, int]]) -> MapSample:
    keys = np.frombuffer(b"".join(key for key, _ in rows), dtype=np.uint8).reshape(len(rows), -1).copy()
    return MapSample(keys, np.array([values for _, values in rows], dtype=np.int64))


def slot(key: int, number: int) -> bytes:
    return struct.pack("=II", key, number)


def found(of: MapSpec, of_sample: MapSample) -> dict[bytes, int]:
    made = newest(of, of_sample)
    return {bytes(key): int(value[0]) for key, value in zip(made.keys, made.values, strict=True)}


def test_each_key_has_the_value_of_its_newest_slot() -> None:
    """Slots are a ring: the newest need not be the one with the greatest number."""
    of = sample((slot(7, 4), (104, 5, 1)), (slot(7, 0), (105, 6, 2)), (slot(8, 3), (103, 9, 1)))
    assert found(series(ValueKind.SUM), of) == {slot(7, 0): 6, slot(8, 0): 9}


@pytest.mark.parametrize(("kind", "value"), [(ValueKind.AVG, 3), (ValueKind.SUM, 10), (ValueKind.MAX, 10)])
def test_an_average_is_divided_by_its_count(kind: ValueKind, value: int) -> None:
    assert found(series(kind, keyed=False), sample((bytes(4), (1, 10, 3)))) == {bytes(4): value}


def test_a_series_without_a_slot_is_empty() -> None:
    empty = MapSample(np.empty((0, 8), dtype=np.uint8), np.empty((0, 3), dtype=np.int64))
    assert found(series(ValueKind.SUM), empty) == {}
