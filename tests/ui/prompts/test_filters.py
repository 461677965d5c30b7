"""What is asked for by a prompt or a key: pending until a frame carries it, with a trail of filters to walk back."""

from tests.ui.driving import dashboard
from tests.ui.fake import SlowKernel
from tracetop.errors import Diagnostic
from tracetop.model.filter import Filter
from tracetop.model.wire.messages import Refused, SelectVariant, SetEnabled, SetFilter, SetParams
from tracetop.source.source import Ended


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


async def test_a_refused_command_is_told_and_no_longer_pending() -> None:
    async with dashboard(source=SlowKernel()) as on:
        await on.press("tab", "tab", "enter")
        on.source.emit(Refused(Diagnostic(what="no such process 800", hint="choose another")))
        await on.pilot.pause()
        assert "no such process 800: choose another" in on.lines[-1]
        assert "pending" not in on.text
        assert "all processes" in on.lines[0]


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


async def test_a_process_named_like_markup_can_be_drilled_into_and_searched() -> None:
    async with dashboard() as on:
        await on.press("tab", "tab", "/")
        await on.type("[/]")
        await on.press("enter", "enter")
        assert "pid 1170 [/]" in on.lines[0]
