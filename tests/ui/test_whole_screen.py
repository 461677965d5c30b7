"""The dashboard as a whole: what frames, commands and ends of the stream do to the screen."""

import msgspec
import pytest
from textual import events

from tests.ui.driving import Driven, dashboard
from tests.ui.fake import FakeSource, failed, lossy
from tracetop.errors import Diagnostic, ExitCode
from tracetop.model.filter import Filter
from tracetop.model.frame import Number, PaneFrame, PaneState, Row, Table
from tracetop.model.wire.messages import Command, Fatal, Refused, SelectVariant, SetEnabled, SetFilter, SetParams
from tracetop.source.source import Ended
from tracetop.ui.actions import GROUPS
from tracetop.ui.draw.theme import DARK, for_terminal, palette
from tracetop.ui.palette import DashboardCommands
from tracetop.ui.prompts.help import HelpText
from tracetop.ui.views.base import RowsView
from tracetop.ui.views.histogram import HistogramView
from tracetop.ui.views.number import NumberView

SIZES = [(250, 60), (160, 50), (100, 30), (80, 24), (60, 20), (40, 12), (20, 5), (5, 2), (1, 1)]


class SlowKernel(FakeSource):
    """Takes commands and never carries them out."""

    def send(self, command: Command) -> None:
        self.sent.append(command)


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


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_every_size_is_drawn_to_its_edges_and_survives_keys(size: tuple[int, int]) -> None:
    async with dashboard(size) as on:
        await on.press("tab", "tab", "down", "G", "z", "z", "tab", "i", "down", "i", "shift+tab")
        await on.tick()
        assert [len(on.lines), *{len(line) for line in on.lines}] == [size[1], size[0]]


async def test_a_resize_to_almost_nothing_and_back_brings_the_screen_back() -> None:
    async with dashboard() as on:
        before = on.lines
        await on.pilot.resize_terminal(20, 5)
        await on.tick(0)
        assert "System calls" in on.text
        await on.pilot.resize_terminal(160, 50)
        await on.pilot.pause()
        assert on.lines == before


async def test_only_the_current_pane_is_shown_on_a_tiny_screen_and_tab_changes_it() -> None:
    async with dashboard((30, 8)) as on:
        assert ("System calls" in on.text, "Processes" in on.text) == (True, False)
        await on.press("tab", "tab")
        assert ("System calls" in on.text, "Processes" in on.text) == (False, True)


async def test_a_filter_is_pending_until_a_frame_carries_it() -> None:
    async with dashboard(source=SlowKernel()) as on:
        await on.press("tab", "tab", "enter")
        assert "all › pid 800 postgres" in on.lines[0]  # noqa: RUF001
        assert "pending" in on.lines[0]
        on.source.filter = Filter(pid=800)
        await on.tick()
        assert "pending" not in on.lines[0]


async def test_drilling_builds_a_trail_that_escape_walks_back_and_never_quits() -> None:
    async with dashboard() as on:
        await on.press("tab", "tab", "c")
        await on.tick()
        await on.press("down", "enter")
        await on.tick()
        assert "all › comm postgres › pid 837 nginx" in on.lines[0]  # noqa: RUF001
        await on.press("escape", "escape", "escape", "backspace")
        await on.tick()
        assert "all processes" in on.lines[0]
        assert [c.filter for c in on.source.sent if isinstance(c, SetFilter)] == [
            Filter(comm="postgres"),
            Filter(pid=837),
            Filter(comm="postgres"),
            Filter(),
        ]
        assert not on.has_quit


async def test_a_filter_given_at_the_start_is_on_the_trail_but_not_sent_again() -> None:
    async with dashboard(filter_=Filter(pid=42)) as on:
        assert "all › pid 42" in on.lines[0]  # noqa: RUF001
        assert on.source.sent == []


async def test_the_filter_prompt_says_what_is_wrong_and_takes_the_corrected_text() -> None:
    async with dashboard() as on:
        await on.press("f")
        await on.type("a=b")
        await on.press("enter")
        assert "not a filter: a=b" in on.lines[-1]
        assert on.source.sent == []
        await on.press("ctrl+u")
        await on.type("ngin*")
        await on.press("enter")
        assert on.source.sent == [SetFilter(Filter(comm="ngin*"))]
        assert not on.app.prompt.has_class("open")


async def test_a_notice_goes_with_the_next_key() -> None:
    async with dashboard() as on:
        await on.press("9")
        assert "there is no pane 9" in on.lines[-1]
        await on.press("down")
        assert "help" in on.lines[-1]


async def test_an_ended_process_is_not_followed() -> None:
    async with dashboard() as on:
        await on.press("tab", "tab", "/")
        await on.type("1651")
        await on.press("enter", "enter")
        assert "this process has ended" in on.lines[-1]
        assert on.source.sent == []


async def test_tab_does_not_leave_a_prompt_and_a_click_on_a_pane_closes_it() -> None:
    async with dashboard() as on:
        await on.press("f", "tab")
        assert on.app.prompt.has_focus_within
        await on.pilot.click(on.app.grid.panes[3].view, offset=(5, 5))
        await on.pilot.pause()
        assert (on.app.prompt.has_class("open"), on.app.grid.current) == (False, 4)


@pytest.mark.parametrize(("paper", "dark"), [("15;0", True), ("0;15", False), ("0;default;7", False), ("", True)])
def test_the_theme_suits_the_terminal_s_background(paper: str, dark: bool) -> None:
    assert for_terminal(paper).dark is dark


async def test_escape_closes_the_prompt_and_gives_the_focus_back() -> None:
    async with dashboard() as on:
        await on.press("tab", "f", "escape")
        assert not on.app.prompt.has_class("open")
        assert on.app.grid.panes[1].has_focus_within


async def test_a_prompt_takes_the_place_of_the_key_bar_and_moves_nothing_else() -> None:
    async with dashboard() as on:
        before = on.lines[25:-1]
        await on.press("f")
        assert on.lines[25:-1] == before
        assert "help" not in on.text


async def test_a_narrow_histogram_gives_up_a_percentile_with_its_name() -> None:
    async with dashboard((100, 30)) as on:
        at = on.lines[2][50:]
        assert [word for word in at.split() if word in ("p50", "p90", "p99", "max")] == ["p50", "p99", "max"]


async def test_letters_typed_into_a_prompt_are_no_commands() -> None:
    async with dashboard() as on:
        await on.press("f")
        await on.type("qpzr1")
        assert (on.has_quit, on.app.frames.paused, on.app.grid.zoomed, on.source.sent) == (False, False, False, [])


async def test_one_syscall_s_latency_is_asked_for_by_name() -> None:
    async with dashboard() as on:
        await on.press("v")
        await on.tick()
        await on.press("t")
        await on.type("openat")
        await on.press("enter")
        assert on.source.sent[-2:] == [SelectVariant("latency", "syscall_latency"), SetParams("latency", ("openat",))]
        await on.tick()
        assert "openat" in on.lines[1]


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


async def test_a_refused_command_is_told_and_no_longer_pending() -> None:
    async with dashboard(source=SlowKernel()) as on:
        await on.press("tab", "tab", "enter")
        on.source.emit(Refused(Diagnostic(what="no such process 800", hint="choose another")))
        await on.pilot.pause()
        assert "no such process 800: choose another" in on.lines[-1]
        assert "pending" not in on.text
        assert "all processes" in on.lines[0]


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


async def test_what_is_asked_after_the_end_is_pending_until_a_tracer_started_anew_has_it() -> None:
    async with dashboard() as on:
        on.source.emit(Ended(None))
        await on.press("f")
        await on.type("nginx")
        await on.press("enter", "4")
        assert "all › comm nginx  pending…" in on.lines[0]  # noqa: RUF001
        assert on.source.sent == [SetFilter(Filter(comm="nginx")), SetEnabled("stacks", False)]
        await on.press("R")
        await on.tick()
        assert "pending" not in on.text


async def test_toggling_twice_before_any_frame_asks_for_on_again() -> None:
    async with dashboard(source=SlowKernel()) as on:
        await on.press("4", "4")
        assert on.source.sent == [SetEnabled("stacks", False), SetEnabled("stacks", True)]


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


async def test_a_long_script_line_is_shown_where_its_error_is() -> None:
    source = FakeSource()
    line = "tracepoint:a:b { @ = count(); } " * 9 + "HERE" + " } " * 30
    diagnostic = Diagnostic(what="no", hint="write", excerpt=f"{line}\n{' ' * line.index('HERE')}^")
    source.changes["latency"] = lambda pane: msgspec.structs.replace(failed(pane), diagnostic=diagnostic)
    async with dashboard(source=source) as on:
        above = next(place for place, text in enumerate(on.lines) if "HERE" in text)
        assert on.lines[above + 1].index("^") == on.lines[above].index("HERE")


async def test_hostile_names_are_drawn_as_text() -> None:
    evil = "\x1b]0;pwn\x07[red]\u202e\x9b"

    def spoil(pane: PaneFrame) -> PaneFrame:
        table = pane.views[0]
        assert isinstance(table, Table)
        cells = (7, evil, evil, *table.rows[0].cells[3:-1], evil)
        row = Row("7:7", cells, pid=7, comm=evil)
        spoilt = msgspec.structs.replace(table, rows=(row, *table.rows), name=evil)
        diagnostic = Diagnostic(what=evil, hint=evil)
        return msgspec.structs.replace(pane, title=evil, views=(spoilt,), notes=(evil,), diagnostic=diagnostic)

    source = FakeSource()
    source.changes["processes"] = spoil
    async with dashboard((250, 60), source=source) as on:
        await on.press("tab", "tab", "g", "enter")
        on.source.emit(Refused(Diagnostic(what=evil, hint=evil)))
        await on.pilot.pause()
        assert r"\x1b]0;pwn\x07[red]\u202e\x9b" in on.text
        assert all(char.isprintable() for line in on.lines for char in line)


async def test_a_process_named_like_markup_can_be_drilled_into_and_searched() -> None:
    async with dashboard() as on:
        await on.press("tab", "tab", "/")
        await on.type("[/]")
        await on.press("enter", "enter")
        assert "pid 1170 [/]" in on.lines[0]


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


@pytest.mark.parametrize("width", [68, 110, 140])
def test_no_line_of_the_help_is_cut_at_80_columns_or_more(width: int) -> None:
    lines = HelpText(GROUPS).draw(width, 200, palette(DARK))
    text = "\n".join("".join(segment.text for segment in line) for line in lines)
    assert "What the screen says" in text
    assert "…" not in text.replace("1 … 9", "")


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


async def test_themes_change_every_colour_and_no_text() -> None:
    async with dashboard() as on:
        dark, text = on.picture(), on.text
        on.app.theme = "tracetop-light"
        await on.pilot.pause()
        await on.pilot.pause()
        assert on.text == text
        assert on.picture() != dark
        assert "#14161e" not in on.picture()


async def test_without_colour_everything_is_grey(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with dashboard() as on:
        colours = {segment.style.color for strip in on.strips for segment in strip if segment.style}
        triplets = [colour.get_truecolor() for colour in colours if colour]
        assert triplets
        assert all(max(one) - min(one) <= 2 for one in triplets)
