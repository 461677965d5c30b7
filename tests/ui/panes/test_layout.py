"""Places of panes and lines of views: everything gets a place, and the current one always room."""

from hypothesis import given
from hypothesis import strategies as st

from tracetop.ui.panes.layout import Arrangement, arrange, share


@given(st.integers(1, 40), st.data(), st.integers(1, 300), st.integers(1, 120))
def test_the_current_pane_is_on_the_screen_and_what_is_shown_fits(
    count: int, data: st.DataObject, width: int, height: int
) -> None:
    current = data.draw(st.integers(0, count - 1))
    made = arrange(count, current, width, height)
    assert current in made.shown
    assert made.shown[-1] < count
    rows = -(-len(made.shown) // made.columns)
    assert made.lines * (rows - 1) + 1 <= max(1, height - 2)
    assert made.tabs or height < 12 or len(made.shown) == count


@given(st.integers(1, 40), st.integers(100, 300), st.integers(12, 120))
def test_pages_of_a_wide_screen_hold_every_pane_once(count: int, width: int, height: int) -> None:
    pages = {arrange(count, current, width, height).shown for current in range(count)}
    assert sorted(pane for page in pages for pane in page) == list(range(count))


def test_four_panes_stand_as_they_always_did() -> None:
    assert arrange(4, 0, 160, 50) == Arrangement(range(4), 2)
    assert arrange(4, 1, 80, 24) == Arrangement(range(4), lines=4)
    assert arrange(4, 1, 60, 20) == Arrangement(range(4), lines=1)
    assert arrange(4, 2, 20, 5) == Arrangement(range(2, 3))


def test_a_fifth_pane_on_80_by_24_leaves_the_others_their_titles_and_a_twentieth_leaves_tabs() -> None:
    assert arrange(5, 4, 80, 24) == Arrangement(range(5), lines=1)
    assert arrange(20, 4, 80, 24) == Arrangement(range(4, 5), tabs=True)


@given(st.lists(st.booleans(), min_size=1, max_size=9), st.data(), st.integers(0, 80))
def test_views_share_all_lines_and_the_chosen_one_has_some(small: list[bool], data: st.DataObject, room: int) -> None:
    chosen = data.draw(st.integers(0, len(small) - 1))
    lines = share(small, chosen, room)
    headings = len(small) if len(small) > 1 else 0
    assert lines[chosen] >= 1
    assert sum(lines) == max(1, room - headings)


def test_small_views_get_two_lines_and_large_ones_the_rest() -> None:
    assert share([False, True, False], 0, 25) == (10, 2, 10)


def test_views_without_room_are_folded_and_the_chosen_one_is_not() -> None:
    assert share([False, False, False], 2, 11) == (0, 0, 8)
