"""Sparklines, bars and heatmaps keep their size and tell nothing from something."""

from hypothesis import given
from hypothesis import strategies as st

from tracetop.model.abi.buckets import log_index
from tracetop.view.blocks import bar, sparkline
from tracetop.view.histogram import HISTORY, LEVELS, History, bars, heatmap, merge

numbers = st.lists(st.none() | st.floats(0, 1e12), max_size=50)
log_buckets = st.dictionaries(st.integers(0, 488), st.integers(0, 1000), max_size=20)


@given(numbers, st.integers(0, 30))
def test_a_sparkline_has_its_width_and_only_zero_is_the_lowest_block(values: list[float | None], width: int) -> None:
    line = sparkline(values, width)
    assert len(line) == width
    shown = values[-width:] if width else []
    for value, char in zip(shown, line[width - len(shown) :], strict=True):
        assert (char == " ") == (value is None)
        assert (char == "▁") == (value == 0)


def test_a_sparkline_is_scaled_to_its_peak_and_ends_with_the_newest() -> None:
    assert sparkline([None, 0, 1, 100], 5) == "  ▁▂█"
    assert sparkline([50], 1, peak=100) == "▅"


@given(st.floats(0, 1e9), st.floats(0, 1e9), st.integers(1, 60))
def test_a_bar_has_its_width_and_is_empty_only_for_nothing(value: float, peak: float, width: int) -> None:
    drawn = bar(value, peak, width)
    assert len(drawn) == width
    assert bool(drawn.strip()) == (value > 0 and peak > 0)


def test_a_bar_grows_by_eighths_of_a_cell() -> None:
    assert bar(1, 1, 3) == "███"
    assert bar(3, 16, 2) == "▍ "


@given(st.lists(log_buckets, max_size=20), st.integers(0, 30), st.integers(3, 12))
def test_a_heatmap_fits_and_is_blank_only_where_nothing_fell(
    ticks: list[dict[int, int]], width: int, height: int
) -> None:
    history = History()
    for tick in ticks:
        history = history.pushed(tick)
    found = heatmap(history, width, height)
    bounds = bars(merge(ticks[-width:] if width else []), rows=height, finest=8)[::-1]
    assert len(bounds) == len(found) <= height
    assert all(len(row) == width and set(row) <= set(range(LEVELS + 1)) for row in found)
    for bound, row in zip(bounds, found, strict=True):
        assert (bound.count > 0) == any(row)


def test_a_heatmap_has_the_slowest_on_top_the_newest_at_the_right_and_the_most_at_full_intensity() -> None:
    fast, slow = log_index(100), log_index(10_000_000)
    history = History().pushed({fast: 1000}).pushed({fast: 1000, slow: 1})
    found = heatmap(history, 3, 8)
    assert found[0] == (0, 0, 1)
    assert found[-1] == (0, LEVELS, LEVELS)


def test_history_forgets_the_oldest_ticks() -> None:
    history = History()
    for tick in range(HISTORY + 5):
        history = history.pushed({0: tick})
    assert len(history.ticks) == HISTORY
    assert history.ticks[0] == {0: 5}
