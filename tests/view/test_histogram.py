"""Percentiles keep their bounds, bars lose no count, and open buckets give bounds instead of values."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracetop.model.abi.buckets import linear_count, log_index
from tracetop.model.program import LinearScale, Unit
from tracetop.view.histogram import Bar, Estimate, bars, bucket_bar, maximum, merge, percentile, summary

SCALE = LinearScale(0, 100, 7)
samples = st.lists(st.integers(0, 1 << 62) | st.integers(0, 5000), min_size=1, max_size=200)
shares = st.floats(0, 1)
log_buckets = st.dictionaries(st.integers(0, 488), st.integers(0, 1000), max_size=60)
linear_buckets = st.dictionaries(st.integers(0, linear_count(SCALE) - 1), st.integers(0, 1000))


def counted(values: list[int]) -> dict[int, int]:
    return merge({log_index(value): 1} for value in values)


@given(samples, shares)
def test_a_percentile_is_never_above_the_true_one_and_less_than_an_eighth_below(values: list[int], q: float) -> None:
    exact = sorted(values)[max(1, math.ceil(q * len(values))) - 1]
    estimate = percentile(counted(values), q)
    assert estimate is not None
    assert estimate.value <= exact <= estimate.value * 1.125
    assert not estimate.sign


def test_values_that_are_all_the_same_give_no_percentile_above_them() -> None:
    found = summary(counted([65_536] * 100))
    assert (found.p50, found.p90, found.p99) == (Estimate(65_536),) * 3
    assert found.max == Estimate(65_536, "≥")
    assert found.text(Unit.NONE) == "n 100  p50 65.5k  p90 65.5k  p99 65.5k  max ≥65.5k"


@pytest.mark.parametrize("q", [0.5, 0.9, 0.99])
def test_a_percentile_of_a_uniform_load_is_the_start_of_the_bucket_that_has_the_true_one(q: float) -> None:
    values = list(range(10_001))
    estimate = percentile(counted(values), q)
    assert estimate is not None
    bar = bucket_bar(log_index(math.ceil(q * len(values)) - 1), 1)
    assert estimate.value == bar.low


@given(samples)
def test_no_percentile_is_above_the_greatest_value(values: list[int]) -> None:
    found = summary(counted(values))
    assert all(one is not None and one.value <= max(values) for one in (found.p50, found.p90, found.p99, found.max))


@given(samples)
def test_the_maximum_is_a_bound_of_the_true_one_unless_its_bucket_has_one_value(values: list[int]) -> None:
    estimate = maximum(counted(values))
    assert estimate is not None
    assert estimate.value <= max(values) <= estimate.value * 1.125
    assert estimate.sign == ("≥" if max(values) >= 16 else "")


@given(log_buckets)
def test_a_summary_rises_from_median_to_maximum(buckets: dict[int, int]) -> None:
    found = summary(buckets)
    estimates = [found.p50, found.p90, found.p99, found.max]
    if found.count:
        numbers = [estimate.value for estimate in estimates if estimate]
        assert len(numbers) == 4
        assert numbers == sorted(numbers)
    else:
        assert estimates == [None] * 4


def test_values_in_open_buckets_are_bounds() -> None:
    assert percentile({0: 9, log_index(5): 1}, 0.5) == Estimate(0, "<")
    last = linear_count(SCALE) - 1
    assert percentile({0: 1}, 0.5, SCALE) == Estimate(0, "<")
    assert percentile({last: 1}, 0.5, SCALE) == Estimate(100, "≥")
    assert maximum({1: 5, last: 1}, SCALE) == Estimate(100, "≥")
    assert Estimate(5_000_000, "≥").text(Unit.NS) == "≥5.0 ms"


def test_a_percentile_of_a_linear_scale_lies_in_the_right_step() -> None:
    buckets = dict.fromkeys(range(1, 15), 1)
    median = percentile(buckets, 0.5, SCALE)
    assert median is not None
    assert median == Estimate(42, "≥")
    assert percentile(buckets, 0.9, SCALE) == Estimate(84)
    assert maximum(buckets, SCALE) == Estimate(91, "≥")


def contiguous(found: tuple[Bar, ...]) -> bool:
    return all(left.high == right.low for left, right in pairwise(found))


@given(log_buckets, st.integers(3, 40), st.sampled_from([1, 2, 4, 8]))
def test_bars_fit_are_contiguous_and_hold_every_count(buckets: dict[int, int], rows: int, finest: int) -> None:
    found = bars(buckets, rows=rows, finest=finest)
    assert len(found) <= rows
    assert contiguous(found)
    assert sum(bar.count for bar in found) == sum(buckets.values())


@given(linear_buckets, st.integers(3, 40))
def test_linear_bars_fit_are_contiguous_and_hold_every_count(buckets: dict[int, int], rows: int) -> None:
    found = bars(buckets, SCALE, rows=rows)
    assert len(found) <= rows
    assert contiguous(found)
    assert sum(bar.count for bar in found) == sum(buckets.values())


@given(samples)
def test_each_value_is_counted_in_the_bar_whose_range_holds_it(values: list[int]) -> None:
    for bar in bars(counted(values), rows=500):
        low, high = bar.low, bar.high
        assert low is not None
        assert high is not None
        assert bar.count == sum(low <= value < high for value in values)


def test_bars_are_powers_of_two_unless_finer_ones_are_asked_for_and_fit() -> None:
    buckets = counted([1024, 1500, 2000, 4000])
    assert [(bar.low, bar.high) for bar in bars(buckets)] == [(1024, 2048), (2048, 4096)]
    finer = bars(buckets, rows=4, finest=8)
    assert [(bar.low, bar.high) for bar in finer] == [(1024, 1536), (1536, 2048), (2048, 3072), (3072, 4096)]


def test_bars_of_an_interval_stand_on_the_rows_of_the_whole_run() -> None:
    recent, total = {log_index(5000): 1}, counted([3, 5000, 1 << 20])
    assert [bar.low for bar in bars(recent, within=total)] == [bar.low for bar in bars(total)]


@pytest.mark.parametrize(
    ("bar", "unit", "label"),
    [
        (Bar(4_194_304, 8_388_608, 1), Unit.NS, "4.2 ms - 8.4 ms"),
        (Bar(3, 4, 1), Unit.NONE, "3"),
        (Bar(None, 0, 1), Unit.NONE, "< 0"),
        (Bar(100, None, 1), Unit.BYTES, "≥ 100B"),
    ],
)
def test_a_bar_is_labelled_with_its_range(bar: Bar, unit: Unit, label: str) -> None:
    assert bar.label(unit) == label


@given(st.integers(0, 488), st.sampled_from(Unit))
def test_no_label_is_wider_than_its_17_cells(index: int, unit: Unit) -> None:
    assert len(bucket_bar(index, 1).label(unit)) <= 17
