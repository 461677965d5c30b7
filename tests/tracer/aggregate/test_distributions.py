"""Distributions: buckets by key, what is recent and what is total, and the busiest first."""

import struct
from collections.abc import Mapping

import pytest

from tests.tracer.specs import Value, part, sample, spec, text_key
from tracetop.model.frame import Histogram
from tracetop.model.program import KeyPart, KeyRole, MapSpec
from tracetop.model.value_kinds import ValueKind
from tracetop.tracer.aggregate.distributions import ROWS, Distribution
from tracetop.tracer.aggregate.key_cells import KeyCells

PLAIN = spec("@", ValueKind.HIST, ())
COMM = part(KeyRole.COMM, 0, 16)
BY_COMM = spec("@", ValueKind.HIST, (COMM,), key_size=20)


def feed(distribution: Distribution, rows: Mapping[bytes, Value] | Mapping[int, Value]) -> Histogram:
    distribution.update(sample(rows, distribution.spec))
    return distribution.histogram()


def by_comm(comm: bytes, bucket: int) -> bytes:
    return text_key(comm) + struct.pack("=I", bucket)


def test_a_map_without_a_key_is_one_distribution(cells: KeyCells) -> None:
    (row,) = feed(Distribution(PLAIN, cells), {3: 5, 40: 1}).rows
    assert (row.key, row.recent, row.total) == ((), {3: 5, 40: 1}, {3: 5, 40: 1})


def test_a_map_without_a_key_has_its_row_before_anything_was_counted(cells: KeyCells) -> None:
    empty = Distribution(PLAIN, cells).histogram()
    assert [(row.recent, row.total) for row in empty.rows] == [({}, {})]
    assert empty.rows_total == 1
    assert Distribution(BY_COMM, cells).histogram().rows == ()


def test_recent_is_the_last_interval_and_total_since_the_reset(cells: KeyCells) -> None:
    distribution = Distribution(PLAIN, cells)
    feed(distribution, {3: 5, 40: 1})
    (row,) = feed(distribution, {3: 7, 40: 1}).rows
    assert (row.recent, row.total) == ({3: 2}, {3: 7, 40: 1})
    distribution.reset()
    assert [row.total for row in distribution.histogram().rows] == [{}]
    (row,) = feed(distribution, {3: 7, 40: 4}).rows
    assert (row.recent, row.total) == ({40: 3}, {40: 3})


def test_a_map_that_the_script_cleared_counts_from_zero(cells: KeyCells) -> None:
    distribution = Distribution(PLAIN, cells)
    feed(distribution, {3: 5})
    feed(distribution, {})
    (row,) = feed(distribution, {3: 2}).rows
    assert (row.recent, row.total) == ({3: 2}, {3: 2})


def test_keys_have_a_distribution_each_the_busiest_of_the_interval_first(cells: KeyCells) -> None:
    distribution = Distribution(BY_COMM, cells)
    feed(distribution, {by_comm(b"sh", 3): 100, by_comm(b"dd", 3): 1})
    histogram = feed(distribution, {by_comm(b"sh", 3): 101, by_comm(b"dd", 3): 3, by_comm(b"dd", 9): 4})
    assert [(row.key, row.recent, row.total) for row in histogram.rows] == [
        (("dd",), {3: 2, 9: 4}, {3: 3, 9: 4}),
        (("sh",), {3: 1}, {3: 101}),
    ]
    assert [column.role for column in histogram.key_columns] == [KeyRole.COMM]


def test_only_the_busiest_keys_are_sent_and_all_are_counted(cells: KeyCells) -> None:
    rows: dict[bytes, Value] = {by_comm(b"c%d" % n, 1): n for n in range(1, 3 * ROWS)}
    histogram = feed(Distribution(BY_COMM, cells), rows)
    assert (len(histogram.rows), histogram.rows_total) == (ROWS, 3 * ROWS - 1)
    assert histogram.rows[0].key == (f"c{3 * ROWS - 1}",)


@pytest.mark.parametrize(
    ("keys", "layout", "size", "cells_of_key"),
    [
        ((part(KeyRole.INTEGER, 0, 8, label="dev"),), "=QI4x", 16, (7,)),
        ((part(KeyRole.PID, 0, 4), part(KeyRole.CPU, 4, 4)), "=III", 12, (7, 9)),
        ((part(KeyRole.INTEGER, 0, 8, signed=True, label="a"), part(KeyRole.CPU, 8, 4)), "=qII", 16, (-7, 9)),
        ((part(KeyRole.INTEGER, 0, 1, label="b"),), "=B3xI", 8, (7,)),
        ((part(KeyRole.SYSCALL, 0, 8), part(KeyRole.CPU, 8, 4)), "=QII", 16, ("fstat", 9)),
    ],
)
def test_the_bucket_is_found_behind_any_key_parts(
    cells: KeyCells, keys: tuple[KeyPart, ...], layout: str, size: int, cells_of_key: tuple[object, ...]
) -> None:
    """The u32 bucket stands at the next multiple of 4 after the parts; padding may follow it."""
    one: MapSpec = spec("@", ValueKind.HIST, keys, key_size=size)
    numbers = [5 if cell == "fstat" else cell for cell in cells_of_key]
    rows: dict[bytes, Value] = {struct.pack(layout, *numbers, bucket): bucket for bucket in (3, 400)}
    (row,) = feed(Distribution(one, cells), rows).rows
    assert (row.key, row.total) == (cells_of_key, {3: 3, 400: 400})
