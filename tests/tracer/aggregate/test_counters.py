"""`CounterMap` and its helpers against the obvious: a dictionary, one key at a time."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tracetop.bpf import MapSample
from tracetop.tracer.aggregate.counters import CounterMap, Keys, align, as_keys, as_rows, find, union

SIZES = st.sampled_from([1, 2, 3, 4, 7, 8, 12, 16, 17, 20, 40])


@st.composite
def key_sets(draw: st.DrawFn, count: int) -> list[list[bytes]]:
    """Return `count` lists of distinct keys of one size, drawn from few so that they overlap; zeros and 0xff abound."""
    size = draw(SIZES)
    byte = st.sampled_from([0, 1, 0x7F, 0x80, 0xFF])
    key = st.lists(byte, min_size=size, max_size=size).map(bytes)
    pool = draw(st.lists(key, min_size=1, max_size=12, unique=True))
    subset = st.lists(st.sampled_from(pool), unique=True)
    return [draw(subset) for _ in range(count)] + [[bytes(size)]]


def keys_of(rows: list[bytes], size: int) -> Keys:
    return as_keys(np.frombuffer(b"".join(rows), dtype=np.uint8).reshape(-1, size))


def sample_of(rows: dict[bytes, int], size: int) -> MapSample:
    keys = np.frombuffer(b"".join(rows), dtype=np.uint8).reshape(-1, size)
    return MapSample(keys, np.array(list(rows.values()), dtype=np.int64).reshape(-1, 1))


def as_dict(keys: Keys, values: np.ndarray[tuple[int, ...], np.dtype[np.int64]]) -> dict[bytes, int]:
    first = values if values.ndim == 1 else values[:, 0]
    return dict(zip(map(bytes, keys), first.tolist(), strict=True))


class Truth:
    """What a counter map should say, by dictionary."""

    def __init__(self, *, grows: bool) -> None:
        self.grows = grows
        self.last: dict[bytes, int] = {}
        self.base: dict[bytes, int] = {}

    def update(self, rows: dict[bytes, int]) -> tuple[dict[bytes, int], dict[bytes, int]]:
        self.base = {key: base for key, base in self.base.items() if key in rows}
        new = {}
        for key, value in rows.items():
            before = self.last.get(key, 0)
            if self.grows and value < before:
                before = 0
                self.base[key] = 0
            new[key] = value - before
        self.last = dict(rows)
        return new, {key: value - self.base.get(key, 0) for key, value in rows.items()}

    def reset(self) -> None:
        self.base = dict(self.last)

    def rebase(self, keys: list[bytes]) -> None:
        self.base |= {key: self.last[key] for key in keys if key in self.last}


STEPS = 6


@given(key_sets(2 * STEPS), st.data(), st.booleans())
def test_a_counter_map_agrees_with_a_dictionary(sets: list[list[bytes]], data: st.DataObject, grows: bool) -> None:
    """Over reads in any order, keys that vanish and return, values that shrink, resets and new owners of a key."""
    size = len(sets[-1][0])
    counter, truth = CounterMap(0 if grows else None), Truth(grows=grows)
    values = st.integers(-50 if not grows else 0, 50)
    for step in range(STEPS):
        rows = {key: data.draw(values) for key in sets[step]}
        counted = counter.update(sample_of(rows, size))
        new, total = truth.update(rows)
        assert as_dict(counted.keys, counted.new) == new
        assert as_dict(counted.keys, counted.total) == total
        assert as_dict(counted.keys, counted.last) == rows
        match data.draw(st.sampled_from(["nothing", "reset", "rebase"])):
            case "reset":
                counter.reset()
                truth.reset()
            case "rebase":
                counter.rebase(union([keys_of(sets[STEPS + step], size)]))
                truth.rebase(sets[STEPS + step])


@given(key_sets(2))
def test_align_puts_values_where_their_keys_are(sets: list[list[bytes]]) -> None:
    have, wanted, size = sets[0], sets[1], len(sets[-1][0])
    keys, targets = union([keys_of(have, size)]), keys_of(wanted, size)
    values = np.arange(1, len(keys) + 1, dtype=np.int64)
    by_key = as_dict(keys, values)
    assert align(keys, targets, values).tolist() == [by_key.get(key, 0) for key in wanted]
    holes = align(keys, targets, values.astype(np.float64), missing=np.nan)
    assert np.isnan(holes).tolist() == [key not in have for key in wanted]


@given(key_sets(2))
def test_find_says_where_a_key_is_and_whether(sets: list[list[bytes]]) -> None:
    wanted, size = sets[1], len(sets[-1][0])
    keys = union([keys_of(sets[0] or [bytes(size)], size)])
    place, found = find(keys, keys_of(wanted, size))
    have = [bytes(key) for key in keys]
    assert found.tolist() == [key in have for key in wanted]
    assert all(have[at] == key for at, key, there in zip(place, wanted, found, strict=True) if there)


@given(key_sets(3))
def test_union_has_every_key_once_in_one_order(sets: list[list[bytes]]) -> None:
    size = len(sets[-1][0])
    joined = union([keys_of(rows, size) for rows in sets[:3]])
    assert sorted(map(bytes, joined)) == sorted({key for rows in sets[:3] for key in rows})
    assert union([joined, joined]).tobytes() == joined.tobytes()


@given(key_sets(1))
def test_keys_become_rows_again(sets: list[list[bytes]]) -> None:
    size = len(sets[-1][0])
    assert [row.tobytes() for row in as_rows(keys_of(sets[0], size))] == sets[0]


def count(counter: CounterMap, *rows: tuple[int, int]) -> tuple[list[list[int]], list[list[int]]]:
    """Feed one key's fields; return (new, total)."""
    keys = np.zeros((1, 4), dtype=np.uint8)
    counted = counter.update(MapSample(keys[: len(rows)], np.array(rows, dtype=np.int64).reshape(-1, 2)))
    return counted.new.tolist(), counted.total.tolist()


def test_a_sum_that_shrinks_is_no_new_key() -> None:
    """The first field of an average is a sum of maybe negative numbers; only its count tells that it began anew."""
    counter = CounterMap(1)
    count(counter, (100, 1))
    assert count(counter, (40, 2)) == ([[-60, 1]], [[40, 2]])
    assert count(counter, (30, 1)) == ([[30, 1]], [[30, 1]])


def test_a_key_deleted_and_made_again_counts_from_zero_ever_after() -> None:
    """Also once it has grown beyond what it had at the reset before it was deleted."""
    counter = CounterMap(1)
    count(counter, (0, 1000))
    counter.reset()
    count(counter)
    assert count(counter, (0, 10)) == ([[0, 10]], [[0, 10]])
    assert count(counter, (0, 2000)) == ([[0, 1990]], [[0, 2000]])


def test_a_sample_of_100_000_keys_is_joined_by_key() -> None:
    """The join is by key at any size, whatever order the kernel returns keys in."""
    numbers = np.random.default_rng(7).permutation(100_000).astype(np.uint32)
    counter = CounterMap()
    for factor in (1, 3):
        keys = np.roll(numbers, factor)
        sample = MapSample(keys.view(np.uint8).reshape(-1, 4), (keys.astype(np.int64) * factor).reshape(-1, 1))
        counted = counter.update(sample)
    found = as_rows(counted.keys).view(np.uint32).reshape(-1).astype(np.int64)
    assert (counted.new[:, 0] == 2 * found).all()
