"""Lines: what is repainted is what changed."""

from hypothesis import given
from hypothesis import strategies as st
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tests.ui.driving import dashboard
from tracetop.ui.draw.line_view import LineView, changed_spans, finished

RED, BLUE, PAPER = Style(color="red"), Style(color="blue"), Style(bgcolor="black")
SEGMENTS = st.lists(
    st.builds(Segment, st.text("ab日 ", min_size=1, max_size=5), st.sampled_from([RED, BLUE])), max_size=6
)


def cells(line: list[Segment]) -> list[tuple[str, Style | None]]:
    """Each cell as (character, style); the second cell of a wide character is empty."""
    return [
        (part, segment.style)
        for segment in line
        for char in segment.text
        for part in ((char, "") if char == "日" else (char,))
    ]


@given(SEGMENTS, SEGMENTS)
def test_every_cell_that_differs_is_in_a_changed_span(one: list[Segment], other: list[Segment]) -> None:
    old, new = finished(one, 20, PAPER), finished(other, 20, PAPER)
    covered = {x for start, end in changed_spans(old, new) for x in range(start, end)}
    differing = {x for x, pair in enumerate(zip(cells(old), cells(new), strict=True)) if pair[0] != pair[1]}
    assert differing <= covered


@given(SEGMENTS, st.integers(0, 30))
def test_a_finished_line_has_exactly_its_width_and_the_paper_below_everything(line: list[Segment], width: int) -> None:
    done = finished(line, width, PAPER)
    assert sum(segment.cell_length for segment in done) == width
    assert all(segment.style and segment.style.bgcolor == PAPER.bgcolor for segment in done if segment.text)


def test_one_changed_digit_is_one_changed_cell() -> None:
    old, new = [Segment("calls  1.23M  12", RED)], [Segment("calls  1.24M  12", RED)]
    assert changed_spans(old, new) == [(10, 11)]


def test_near_changes_are_one_span_and_far_ones_two() -> None:
    old = [Segment("a" * 40, RED)]
    assert changed_spans(old, [Segment("b" + "a" * 3 + "b" + "a" * 35, RED)]) == [(0, 5)]
    assert changed_spans(old, [Segment("b" + "a" * 20 + "b" + "a" * 18, RED)]) == [(0, 1), (21, 22)]


def drawn(views: list[LineView]) -> list[Strip]:
    """All lines of the views: an object is another one where a line was drawn again."""
    return [view.render_line(y) for view in views for y in range(view.size.height) if view.size.width]


async def test_a_frame_like_the_one_before_repaints_nothing() -> None:
    async with dashboard() as on:
        frame = on.app.session.frame
        assert frame is not None
        views = list(on.app.query(LineView))
        before = drawn(views)
        on.source.emit(frame)
        await on.pilot.pause()
        assert all(old is new for old, new in zip(before, drawn(views), strict=True))
