"""A log's lines: each once, in order, within bounds, and where some are missing that is said in their place."""

from hypothesis import given
from hypothesis import strategies as st

from tracetop.model.frame import Log
from tracetop.view.scrollback import KEPT_LINES, Entry, Scrollback


def log(first: int, *lines: str, lost: int = 0) -> Log:
    return Log(name="printf", first=first, lines=lines, lost=lost)


def entries(kept: Scrollback) -> list[Entry]:
    return [entry for _, entry in kept.since(0)]


def test_a_line_that_came_before_is_dropped() -> None:
    kept = Scrollback()
    kept.add(log(0, "a", "b"))
    kept.add(log(1, "b", "c"))
    kept.add(log(0, "a"))
    assert entries(kept) == ["a", "b", "c"]


def test_lines_that_never_came_are_counted_where_they_are_missing() -> None:
    kept = Scrollback()
    kept.add(log(0, "a"))
    kept.add(log(6, "g"))
    kept.add(log(7, "h", lost=3))
    assert entries(kept) == ["a", 5, "g", 3, "h"]


def test_a_log_that_was_joined_late_has_lost_nothing() -> None:
    kept = Scrollback()
    kept.add(log(100, "a"))
    assert entries(kept) == ["a"]


def test_the_oldest_lines_go_and_numbers_stay() -> None:
    kept = Scrollback()
    kept.add(log(0, *map(str, range(KEPT_LINES + 10))))
    assert (kept.first, kept.end) == (10, KEPT_LINES + 10)
    assert next(kept.since(0)) == (10, "10")
    assert next(kept.before(kept.end)) == (KEPT_LINES + 9, str(KEPT_LINES + 9))


def test_after_a_restart_of_the_script_its_lines_count_from_zero() -> None:
    kept = Scrollback()
    kept.add(log(0, "a", "b"))
    kept.restart()
    kept.add(log(0, "new"))
    assert entries(kept) == ["new"]


def test_what_was_cleared_does_not_come_back() -> None:
    kept = Scrollback()
    kept.add(log(0, "a", "b"))
    kept.clear()
    kept.add(log(1, "b", "c"))
    assert entries(kept) == ["c"]


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=20))
def test_frames_in_any_overlap_give_each_line_once_and_in_order(frames: list[tuple[int, int]]) -> None:
    kept = Scrollback()
    for first, count in sorted(frames):
        kept.add(log(first, *map(str, range(first, first + count))))
    lines = [int(entry) for entry in entries(kept) if isinstance(entry, str)]
    assert lines == sorted(set(lines))
    assert [n for n, _ in kept.before(kept.end)] == [n for n, _ in kept.since(0)][::-1]
