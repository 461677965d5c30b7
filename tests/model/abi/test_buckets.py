"""Buckets: index and bounds are one another's inverse, every value has one, and none is wider than promised."""

import ctypes
import itertools
import subprocess
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracetop.model.abi.buckets import BUCKET_C, LOG_BUCKETS, linear_bounds, linear_count, log_bounds, log_index
from tracetop.model.program import LinearScale

INT64 = st.integers(-(1 << 63), (1 << 63) - 1)
POWERS = st.tuples(st.integers(0, 62), st.integers(-2, 2)).map(lambda pair: max((1 << pair[0]) + pair[1], 0))


@st.composite
def scales(draw: st.DrawFn) -> LinearScale:
    low = draw(st.integers(-1000, 1000))
    return LinearScale(low, low + draw(st.integers(1, 2000)), draw(st.integers(1, 300)))


def linear_index(scale: LinearScale, value: int) -> int:
    """The bucket that `lhist` counts a value under."""
    if value < scale.low:
        return 0
    return linear_count(scale) - 1 if value >= scale.high else 1 + (value - scale.low) // scale.step


@given(st.one_of(INT64, POWERS))
def test_every_value_is_within_the_bounds_of_its_bucket(value: int) -> None:
    index = log_index(value)
    low, high = log_bounds(index)
    assert 0 <= index < LOG_BUCKETS
    assert low <= value < high


@pytest.fixture(scope="module")
def in_c(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], int]:
    """The C that the kernel's programs use, compiled for this process."""
    folder = tmp_path_factory.mktemp("buckets")
    types = "typedef long long s64; typedef unsigned long long u64; typedef unsigned int u32;"
    function = "u32 bucket(s64 value) { return tt_log_bucket(value, 3); }"
    source = f"#define __always_inline inline\n{types}\n{BUCKET_C}\n{function}\n"
    (folder / "bucket.c").write_text(source)
    subprocess.run(["cc", "-O1", "-shared", "-fPIC", "-o", "bucket.so", "bucket.c"], cwd=folder, check=True)
    compiled = ctypes.CDLL(str(folder / "bucket.so")).bucket
    compiled.argtypes, compiled.restype = [ctypes.c_longlong], ctypes.c_uint
    return compiled


@given(value=st.one_of(INT64, POWERS))
def test_the_kernels_c_counts_under_the_same_index(in_c: Callable[[int], int], value: int) -> None:
    assert in_c(value) == log_index(value)


def test_buckets_stand_side_by_side_from_end_to_end() -> None:
    bounds = [log_bounds(index) for index in range(LOG_BUCKETS)]
    assert (bounds[0][0], bounds[-1][1]) == (-(1 << 63), 1 << 63)
    assert all(left[1] == right[0] for left, right in itertools.pairwise(bounds))


def test_the_bounds_of_a_bucket_fall_into_it() -> None:
    for index in range(LOG_BUCKETS):
        low, high = log_bounds(index)
        assert log_index(low) == log_index(high - 1) == index


def test_no_bucket_above_zero_is_wider_than_an_eighth_of_its_values() -> None:
    for index in range(1, LOG_BUCKETS):
        low, high = log_bounds(index)
        assert high - low == 1 or (high - low) * 8 <= low


@given(scales(), st.integers(-1500, 4000))
def test_linear_buckets_hold_what_lhist_counts_there(scale: LinearScale, value: int) -> None:
    low, high = linear_bounds(scale, linear_index(scale, value))
    assert low <= value < high


@given(scales())
def test_linear_buckets_stand_side_by_side_and_end_at_the_scale(scale: LinearScale) -> None:
    bounds = [linear_bounds(scale, index) for index in range(linear_count(scale))]
    assert (bounds[0], bounds[-1]) == ((-(1 << 63), scale.low), (scale.high, 1 << 63))
    assert all(left[1] == right[0] for left, right in itertools.pairwise(bounds))
    assert all(high - low <= scale.step for low, high in bounds[1:-1])
