"""The pure parts of the dashboard: rows that keep their place, pending wishes, the trail, the dialogue."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from tests.ui.fake import FakeSource
from tracetop.model.filter import Filter
from tracetop.model.frame import Row, Sort
from tracetop.model.wire.messages import Message, SetEnabled, SetInterval, SetSort
from tracetop.source.source import Ended
from tracetop.ui.dialogue.session import INTERVALS_S, Session
from tracetop.ui.dialogue.wishes import Pending, Step, Trail
from tracetop.ui.views.table_rows import HISTORY_TICKS, RateHistory, steady_order


def ranked(**rates: float) -> list[Row]:
    return [Row(name, (name, rate)) for name, rate in sorted(rates.items(), key=lambda pair: -pair[1])]


def order(before: Sequence[str], rows: list[Row]) -> str:
    return "".join(row.id for row in steady_order(before, rows, 1, descending=True))


def test_a_row_that_is_hardly_ahead_does_not_overtake() -> None:
    assert order("abc", ranked(a=100, b=105, c=50)) == "abc"


def test_a_row_that_is_well_ahead_overtakes() -> None:
    assert order("abc", ranked(a=100, b=120, c=50)) == "bac"


def test_new_rows_take_their_rank_and_rows_that_left_leave_no_gap() -> None:
    assert order("axb", ranked(a=100, b=50, n=80)) == "anb"


def test_rows_far_from_their_rank_bring_the_exact_order_back() -> None:
    before = "abcdefgh"
    rates = {name: 100 * 1.05**place for place, name in enumerate(before)}
    assert order(before, ranked(**rates)) == before[::-1]


def test_a_sort_by_text_is_exact() -> None:
    rows = [Row("b", ("b",)), Row("a", ("a",))]
    assert steady_order("ab", rows, 0, descending=True) == rows


@given(st.dictionaries(st.sampled_from("abcdefghij"), st.floats(0, 1e6)), st.permutations("abcdefghij"))
def test_a_steady_order_has_every_row_once(rates: dict[str, float], before: list[str]) -> None:
    rows = ranked(**rates)
    assert sorted(order(before, rows)) == sorted(row.id for row in rows)


def test_history_keeps_the_last_ticks_and_forgets_rows_that_left() -> None:
    history = RateHistory()
    for tick in range(HISTORY_TICKS + 5):
        history.add([("a", float(tick)), *([("gone", 1.0)] if tick < 2 else [])])
    assert (len(history.of("a")), history.of("a")[-1], history.of("gone")) == (HISTORY_TICKS, HISTORY_TICKS + 4.0, ())


def test_a_row_that_is_not_there_has_a_rate_of_zero() -> None:
    history = RateHistory()
    history.add([("a", 5.0)])
    history.add([])
    assert history.of("a") == (5.0, 0.0)


def test_a_trail_leads_in_and_back_and_the_empty_filter_to_the_start() -> None:
    trail = Trail().into(Step(Filter(comm="nginx"))).into(Step(Filter(pid=7), "ng\x1binx"))
    assert trail.text() == r"all › comm nginx › pid 7 ng\x1binx"  # noqa: RUF001
    assert trail.into(Step(Filter(pid=7))) == trail
    assert trail.back().filter == Filter(comm="nginx")
    assert trail.into(Step(Filter())) == Trail() == Trail().back()


def session() -> tuple[Session, FakeSource]:
    source = FakeSource()
    made = Session(source, Filter())

    def listen(content: Message | Ended) -> None:
        made.receive(content)

    source.start(listen)
    source.tick()
    return made, source


def test_the_interval_goes_through_its_steps_and_stops_at_both_ends() -> None:
    made, source = session()
    for _ in range(8):
        made.change_interval(1)
    for _ in range(8):
        made.change_interval(-1)
    asked = [command.interval_s for command in source.sent if isinstance(command, SetInterval)]
    assert asked == [*INTERVALS_S[3:], *INTERVALS_S[-2::-1]]


def test_wishes_stay_pending_until_the_frame_that_carries_them() -> None:
    made, source = session()
    before = source.next_frame()
    made.ask(SetEnabled("stacks", False))
    made.ask(SetSort("syscalls", "@calls", Sort("total")))
    assert made.pending.settled(before) == made.pending
    after = source.next_frame()
    assert made.pending.settled(after) == Pending()
