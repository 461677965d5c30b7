"""CPUs are merged by the kind of value: vectorised code against the plainest Python."""

from collections.abc import Callable, Iterable

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tracetop.bpf.maps.cpu_merge import merge
from tracetop.model.program import KeyPart, KeyRole, Layout, MapSpec, TimeSeries
from tracetop.model.value_kinds import ValueKind

CPUS = 3
PAIRS = {ValueKind.AVG, ValueKind.STATS, ValueKind.MIN, ValueKind.MAX}


def spec(kind: ValueKind, layout: Layout = Layout.PERCPU_HASH) -> MapSpec:
    value_size = 24 if kind is ValueKind.TSERIES else 16 if kind in PAIRS else 8
    return MapSpec(name="@", c_name="m", kind=kind, layout=layout, key_size=4, value_size=value_size, max_entries=64)


def raw(values: list[list[list[int]]]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return keys 0, 1, … and the bytes of rows of CPUs of fields."""
    keys = np.arange(len(values), dtype=np.uint32).view(np.uint8).reshape(-1, 4)
    return keys, np.array(values, np.int64).view(np.uint8).reshape(len(values), -1)


small = st.integers(-(2**40), 2**40)
rows_of_one = st.lists(st.lists(st.tuples(small).map(list), min_size=CPUS, max_size=CPUS), min_size=1, max_size=8)
rows_of_pairs = st.lists(
    st.lists(st.tuples(small, st.sampled_from([0, 1])).map(list), min_size=CPUS, max_size=CPUS), min_size=1, max_size=8
)


@given(rows_of_one)
@pytest.mark.parametrize("kind", [ValueKind.COUNT, ValueKind.SUM, ValueKind.HIST, ValueKind.LHIST])
def test_counts_and_sums_add_up(kind: ValueKind, rows: list[list[list[int]]]) -> None:
    sample = merge(spec(kind), *raw(rows))
    assert sample.values.tolist() == [[sum(cpu[0] for cpu in row)] for row in rows]
    assert sample.keys.view(np.uint32).ravel().tolist() == list(range(len(rows)))


@given(rows_of_pairs)
@pytest.mark.parametrize("kind", [ValueKind.AVG, ValueKind.STATS])
def test_averages_keep_total_and_count(kind: ValueKind, rows: list[list[list[int]]]) -> None:
    sample = merge(spec(kind), *raw(rows))
    assert sample.values.tolist() == [[sum(cpu[0] for cpu in row), sum(cpu[1] for cpu in row)] for row in rows]


@given(rows_of_pairs)
@pytest.mark.parametrize(("kind", "best"), [(ValueKind.MIN, min), (ValueKind.MAX, max)])
def test_extremes_look_only_at_cpus_that_have_one(
    kind: ValueKind, best: Callable[[Iterable[int]], int], rows: list[list[list[int]]]
) -> None:
    sample = merge(spec(kind), *raw(rows))
    expected = [(i, best([value for value, is_set in row if is_set] or [0])) for i, row in enumerate(rows)]
    assert [(int(k), v) for k, v in zip(sample.keys[:, 0], sample.values[:, 0].tolist(), strict=True)] == expected


def test_an_array_leaves_out_what_counts_nothing() -> None:
    part = KeyPart(role=KeyRole.INTEGER, offset=0, size=4)
    keyed = msgspec.structs.replace(spec(ValueKind.COUNT, Layout.PERCPU_ARRAY), keys=(part,))
    sample = merge(keyed, *raw([[[0]] * 3, [[0], [5], [1]], [[0]] * 3]))
    assert sample.keys.tolist() == [[1, 0, 0, 0]]
    assert sample.values.tolist() == [[6]]


def test_a_count_without_a_key_begins_at_zero() -> None:
    assert merge(spec(ValueKind.COUNT, Layout.PERCPU_ARRAY), *raw([[[0]] * 3])).values.tolist() == [[0]]


@pytest.mark.parametrize("kind", [ValueKind.SUM, ValueKind.SCALAR])
def test_a_sum_of_zero_is_a_value(kind: ValueKind) -> None:
    assert merge(spec(kind, Layout.PERCPU_ARRAY), *raw([[[5], [-5], [0]]])).values.tolist() == [[0]]


@pytest.mark.parametrize("kind", list(ValueKind))
def test_no_rows_stay_no_rows(kind: ValueKind) -> None:
    width = spec(kind).value_size * CPUS
    sample = merge(spec(kind), np.empty((0, 4), np.uint8), np.empty((0, width), np.uint8))
    assert len(sample.keys) == len(sample.values) == 0


@pytest.mark.parametrize(
    ("kind", "number"),
    [(ValueKind.SUM, 7), (ValueKind.AVG, 7), (ValueKind.MIN, -2), (ValueKind.MAX, 9), (ValueKind.SCALAR, 7)],
)
def test_a_slot_of_time_takes_only_the_cpus_that_are_in_its_newest_epoch(kind: ValueKind, number: int) -> None:
    series = msgspec.structs.replace(spec(ValueKind.TSERIES), series=TimeSeries(slot_ns=1, slots=4, kind=kind))
    cpus = [[[12, 9, 1], [8, 100, 5], [12, -2, 3]], [[0, 0, 0]] * 3]
    sample = merge(series, *raw(cpus))
    assert sample.values.tolist() == [[12, number, 4]], "what nothing was counted in is left out"


@pytest.mark.parametrize("kind", [ValueKind.STRING, ValueKind.VALUE])
def test_what_is_written_whole_stays_bytes(kind: ValueKind) -> None:
    text = MapSpec(name="@", c_name="m", kind=kind, layout=Layout.HASH, key_size=4, value_size=8, max_entries=4)
    keys = np.zeros((1, 4), np.uint8)
    sample = merge(text, keys, np.frombuffer(b"\x1b[1m\xff\0\0\0", np.uint8).reshape(1, 8))
    assert sample.values.tobytes() == b"\x1b[1m\xff\0\0\0"


def test_a_sample_does_not_share_the_read_buffers() -> None:
    keys, values = raw([[[1], [2], [3]]])
    sample = merge(spec(ValueKind.COUNT), keys, values)
    keys[:] = 9
    values[:] = 9
    assert sample.keys.tolist() == [[0, 0, 0, 0]]
    assert sample.values.tolist() == [[6]]
