"""The dashboard as a whole: what frames, commands and ends of the stream do to the screen."""

import msgspec
import pytest
from textual import events

from tests.ui.driving import Driven, dashboard
from tests.ui.fake import FakeSource, failed, lossy
from tracetop.errors import Diagnostic, ExitCode
from tracetop.model.frame import Number, PaneFrame, PaneState, Table
from tracetop.model.wire.messages import Fatal, SelectVariant
from tracetop.source.source import Ended
from tracetop.ui.palette import DashboardCommands
from tracetop.ui.views.base import RowsView
from tracetop.ui.views.histogram import HistogramView
from tracetop.ui.views.number import NumberView


def rows(on: Driven) -> RowsView:
    view = on.app.grid.pane.view
    assert isinstance(view, RowsView)
    return view


async def test_before_the_first_frame_panes_say_that_they_load() -> None:
    async with dashboard(ticks=0) as on:
        assert on.text.count("loading…") == 8  # in the title and in the pane


async def test_all_four_panes_show_their_data() -> None:
    async with dashboard() as on:
        for text in ("futex", "p99", "postgres", "entry_SYSCALL_64_after_hwframe", "57 ns × 410k/s = 2.3%", "complete"):  # noqa: RUF001
            assert text in on.text
        assert "db-primary-1" in on.lines[0]
        assert "every 1 s" in on.lines[0]


async def test_only_the_current_pane_is_shown_on_a_tiny_screen_and_tab_changes_it() -> None:
    async with dashboard((30, 8)) as on:
        assert ("System calls" in on.text, "Processes" in on.text) == (True, False)
        await on.press("tab", "tab")
        assert ("System calls" in on.text, "Processes" in on.text) == (False, True)


async def test_a_paused_view_stands_still_while_counting_goes_on() -> None:
    async with dashboard() as on:
        await on.press("p")
        before = on.lines[1:]
        await on.tick(4)
        on.app.frames.show_age()
        await on.pilot.pause()
        assert on.lines[1:] == before
        assert "PAUSED 4 s old" in on.lines[0]
        await on.press("p")
        await on.tick()
        assert on.lines[1:] != before


async def test_old_numbers_are_called_stale() -> None:
    async with dashboard() as on:
        on.now_s = 9.0
        on.app.frames.show_age()
        await on.pilot.pause()
        assert "stale: 9 s old" in on.lines[0]


async def test_a_pane_switched_off_says_so_and_how_to_switch_it_on() -> None:
    async with dashboard() as on:
        await on.press("1")
        assert "pending: off" in on.lines[1]
        await on.tick()
        assert "its probes are detached and cost nothing" in on.text
        assert "pending" not in on.text
        await on.press("1")
        await on.tick()
        assert "futex" in on.text


async def test_a_failed_pane_shows_what_why_and_hint_and_the_others_go_on() -> None:
    source = FakeSource()
    source.changes["latency"] = failed
    async with dashboard(source=source) as on:
        for text in ("unknown tracepoint", "why: this kernel has no event", "hint: did you mean", "failed"):
            assert text in on.text
        assert "futex" in on.text


async def test_lost_updates_make_totals_lower_bounds() -> None:
    source = FakeSource()
    source.changes["syscalls"] = lossy
    async with dashboard(source=source) as on:
        assert "≥ incomplete: at least 12.4k updates dropped" in on.text
        assert "System calls  ≥" in on.lines[1]


async def test_the_end_of_the_tracer_is_a_banner_with_the_cause_and_restart_takes_it_away() -> None:
    async with dashboard() as on:
        on.source.emit(Fatal(Diagnostic(what="the tracer was killed", hint="press R", code=ExitCode.TRACER)))
        on.source.emit(Ended(None))
        await on.pilot.pause()
        assert on.lines[1].startswith(" the tracer was killed ")
        assert "R restart" in on.text
        assert "ENDED" in on.lines[0]
        await on.press("R")
        await on.tick()
        assert "the tracer was killed" not in on.text


def ticks_in_heat_map(on: Driven) -> int:
    """How many columns of the heat map, shown alone, have a mark."""
    assert isinstance(on.app.grid.pane.view, HistogramView)
    rows = [line[19:] for line in on.view_lines[2:]]
    return sum(any(mark in "·░▒▓█" for mark in column) for column in zip(*rows, strict=True))


async def test_frames_with_the_same_seq_are_drawn_but_not_counted_twice_in_histories() -> None:
    async with dashboard(ticks=1) as on:
        again = on.app.session.frame
        assert again is not None
        for _ in range(3):
            on.source.emit(again)
        await on.press("tab", "i")
        assert ticks_in_heat_map(on) == 1


async def test_reset_empties_the_heat_map() -> None:
    async with dashboard(ticks=5) as on:
        await on.press("tab", "i")
        assert ticks_in_heat_map(on) == 5
        await on.press("r")
        await on.tick()
        assert ticks_in_heat_map(on) == 1


@pytest.mark.parametrize("keys", [("tab", "tab", "enter"), ("l",)], ids=["filter", "system call"])
async def test_history_of_other_events_is_not_mixed_with_that_of_a_new_choice(keys: tuple[str, ...]) -> None:
    async with dashboard(ticks=5) as on:
        await on.press(*keys)
        await on.tick()
        on.app.grid.go_to(on.app.grid.panes[1])
        await on.press("i")
        assert ticks_in_heat_map(on) == 1


async def test_the_cursor_stays_on_its_row_when_the_order_changes() -> None:
    async with dashboard() as on:
        await on.press("tab", "tab", "down", "down")
        pid = rows(on).rows.text(2).split()[0]
        await on.press("I")
        await on.tick()
        at = rows(on).cursor
        assert at > 10
        assert rows(on).rows.text(at).split()[0] == pid


async def test_a_click_on_a_heading_sorts_and_a_second_click_turns_the_order_around() -> None:
    async with dashboard() as on:
        x = on.lines[2].index("total")
        for _ in range(2):
            await on.pilot.click(on.app.grid.panes[0].view, offset=(x - 1, 0))
            await on.tick()
        assert [(c.sort.column, c.sort.descending) for c in on.source.sent] == [("total", True), ("total", False)]  # type: ignore[union-attr]
        assert "total▲" in on.lines[2]


async def test_the_wheel_moves_the_cursor() -> None:
    async with dashboard() as on:
        for wheel in (events.MouseScrollDown, events.MouseScrollDown, events.MouseScrollUp):
            rows(on).post_message(wheel(rows(on), 5, 5, 0, 0, 0, False, False, False))
        await on.pilot.pause()
        assert rows(on).cursor == 3


async def test_a_search_in_a_folded_tree_unfolds_to_the_match() -> None:
    async with dashboard() as on:
        await on.press("shift+tab", "left", "/")
        await on.type("loopback_xmit")
        await on.press("enter")
        assert "loopback_xmit" in on.text


async def test_a_zoomed_pane_has_the_screen_and_zoom_follows_the_focus() -> None:
    async with dashboard() as on:
        await on.press("z", "tab")
        assert "Latency" in on.lines[1]
        assert "System calls" not in on.text
        await on.press("z")
        assert "System calls" in on.text


async def test_several_views_of_one_script_stand_in_one_pane_and_tab_goes_through_them() -> None:
    def two(pane: PaneFrame) -> PaneFrame:
        table = pane.views[0]
        assert isinstance(table, Table)
        number = Number(name="@hits", columns=table.columns[1:2], cells=(41.0,))
        return msgspec.structs.replace(pane, views=(table, number))

    source = FakeSource()
    source.changes["syscalls"] = two
    async with dashboard(source=source) as on:
        await on.press("tab")
        assert isinstance(on.app.grid.pane.view, NumberView)
        assert "@hits" in on.text
        await on.press("tab")
        assert on.app.grid.current == 2


async def test_a_pane_that_goes_off_keeps_the_focus() -> None:
    async with dashboard() as on:
        await on.press("tab", "space")
        await on.tick()
        assert on.app.grid.panes[1].frame is not None
        assert on.app.grid.panes[1].frame.state is PaneState.OFF
        assert on.app.grid.panes[1].has_focus_within


async def test_the_palette_offers_sources_panes_and_themes() -> None:
    async with dashboard() as on:
        await on.press("ctrl+p")
        await on.type("run queue")
        await on.pilot.app.workers.wait_for_complete()
        await on.pilot.pause()
        await on.press("enter")
        await on.pilot.pause()
        assert on.source.sent == [SelectVariant("latency", "runqueue")]


async def test_the_palette_offers_nothing_that_writes_a_file() -> None:
    async with dashboard() as on:
        offered = [str(hit.text) async for hit in DashboardCommands(on.app.screen).discover()]
        assert "pane 2 shows: run queue wait" in offered
        assert not [name for name in offered if "screenshot" in name.lower()]
        assert {DashboardCommands} == on.app.COMMANDS
