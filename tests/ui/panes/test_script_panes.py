"""Scripts as panes: run, refused, edited, closed, and what they show; nothing that was typed is ever lost."""

import msgspec
import pytest

from tests.ui.driving import dashboard, sent, text_of, typed
from tests.ui.fake import FakeSource
from tracetop.library import Library
from tracetop.model.frame import PaneFrame, PaneState
from tracetop.model.wire.messages import (
    AddPane,
    PaneRequest,
    Proceed,
    RemovePane,
    ReplaceScript,
    Reset,
    SetFilter,
)
from tracetop.source.script_files import Offer
from tracetop.ui.palette import DashboardCommands
from tracetop.ui.views.log import LogView
from tracetop.ui.views.number import NumberView
from tracetop.ui.views.table import TableView

COUNT = "tracepoint:sched:sched_switch { @[comm] = count(); }"
pytestmark = pytest.mark.usefixtures("checked_at_once")


async def test_a_script_becomes_a_pane_with_the_focus_and_the_view_of_its_type() -> None:
    async with typed(COUNT, "enter") as on:
        assert on.source.sent[-1] == AddPane(PaneRequest("script", COUNT))
        assert not on.app.script_prompt.is_open
        assert "loading…" in on.text
        await on.tick()
        assert (on.app.grid.current, isinstance(on.app.grid.pane.view, TableView)) == (5, True)
        assert on.app.grid.pane.has_focus_within
        assert f"5 script  {on.app.grid.pane.view.headline}  {COUNT}" in on.text


async def test_scripts_get_names_of_their_own() -> None:
    async with typed("a { @num = count(); }", "enter") as on:
        for _ in range(2):
            await on.press(":")
            await on.put(COUNT)
            await on.press("enter")
        names = [command.pane.name for command in on.source.sent if isinstance(command, AddPane)]
        assert names == ["script", "script-2", "script-3"]


async def test_a_refused_script_comes_back_into_the_prompt_with_its_error() -> None:
    text = "refused { @[comm] = count(); }"
    async with typed(text, "enter") as on:
        await on.tick()
        assert on.app.script_prompt.is_open
        assert text_of(on) == text
        assert "^ unknown function refused" in on.text
        assert sent(on, RemovePane) == [RemovePane("script")]
        assert len(on.app.grid.panes) == 4
        assert on.app.script_prompt.area.has_focus


async def test_a_script_that_is_refused_before_its_pane_was_drawn_leaves_every_key_working() -> None:
    async with typed(COUNT) as on:
        on.app.scripts.open_pane(PaneRequest("gone", COUNT))
        on.app.scripts.close(on.app.grid.panes[-1])
        on.app.focus.write(COUNT)
        await on.tick()
        assert on.app.script_prompt.area.has_focus
        await on.press("escape", "escape", "question_mark")
        assert "this help" in on.text


async def test_a_refusal_does_not_disturb_who_types_something_else_by_then() -> None:
    async with typed("refused { }", "enter") as on:
        await on.press("f", "n", "g")
        await on.tick()
        assert on.app.prompt.has_class("open")
        assert not on.app.script_prompt.is_open
        assert on.app.grid.panes[4].frame is not None
        assert on.app.grid.panes[4].frame.state is PaneState.FAILED


async def test_a_pane_s_script_is_edited_and_the_old_one_runs_until_the_new_one_has_loaded() -> None:
    async with typed(COUNT, "enter") as on:
        await on.tick()
        await on.press("e")
        assert text_of(on) == COUNT
        await on.put(" refused")
        await on.press("enter")
        await on.tick()
        assert on.source.sent[-1] == ReplaceScript("script", COUNT + " refused")
        assert text_of(on) == COUNT + " refused"
        assert "unknown function refused" in on.text
        await on.press("ctrl+w")
        await on.put("// better")
        await on.press("enter")
        await on.tick()
        assert on.app.grid.panes[4].script == COUNT + " // better"
        assert not on.app.script_prompt.is_open


async def test_the_same_refusal_twice_is_told_twice() -> None:
    async with typed(COUNT, "enter") as on:
        await on.tick()
        for _ in range(2):
            await on.press("e", "ctrl+u")
            await on.put("refused")
            await on.press("enter")
            on.source.refusals.clear()  # as the tracer takes the old one back when it takes up a script
            on.source.tick()
            on.source.send(ReplaceScript("script", "refused"))
            await on.tick()
            assert on.app.script_prompt.is_open
            await on.press("escape")


async def test_an_edited_shipped_script_says_so_and_goes_back() -> None:
    shipped = Library().scripts("stacks")[0].text
    async with dashboard() as on:
        await on.press("shift+tab", "e")
        assert text_of(on) == shipped
        await on.put("// mine @a")
        await on.press("enter")
        await on.tick()
        assert "4 Kernel stacks  edited" in on.text
        await on.press("B")
        assert on.source.sent[-1] == ReplaceScript("stacks", shipped)


async def test_a_hot_script_asks_first_and_the_answer_goes_to_the_tracer() -> None:
    async with typed("hot { @num = count(); }", "enter") as on:
        await on.tick()
        assert "410k/s ≈ 8.0% of a core" in on.text
        assert "[r]un · [s]ample 1 in 64 · [c]ancel" in on.text
        assert "asking" in on.text
        await on.press("s")
        assert on.source.sent[-1] == Proceed("script", 64)
        await on.tick()
        assert "≈ sampled 1 in 64, estimates" in on.text
        assert sent(on, Reset) == []


async def test_r_and_c_in_a_question_are_answers_not_reset_or_drill() -> None:
    async with typed("hot { @num = count(); }", "enter") as on:
        await on.tick()
        await on.press("c")
        assert on.source.sent[-1] == RemovePane("script")
        assert len(on.app.grid.panes) == 4


async def test_closing_a_pane_gives_its_number_and_the_focus_to_a_neighbour() -> None:
    async with dashboard() as on:
        await on.press("tab", "x")
        await on.tick()
        assert [pane.pane_name for pane in on.app.grid.panes] == ["syscalls", "processes", "stacks"]
        assert "2 Processes" in on.text
        assert on.app.grid.panes[1].has_focus_within
        await on.press("x", "x", "x")
        assert "this is the last pane" in on.lines[-1]


async def test_filters_pause_and_drill_down_work_in_a_user_s_pane_as_in_ours() -> None:
    async with typed(COUNT, "enter") as on:
        await on.tick()
        await on.press("down", "c")
        assert isinstance(on.source.sent[-1], SetFilter)
        assert on.source.sent[-1].filter.comm == "nginx"
        await on.press("p")
        before = on.lines[1:]
        await on.tick(2)
        assert on.lines[1:] == before


async def test_a_printing_script_has_a_log_that_follows_until_somebody_scrolls() -> None:
    async with typed('a { printf("x"); }', "enter") as on:
        await on.tick(8)
        view = on.app.grid.pane.view
        assert isinstance(view, LogView)
        assert " 10055 " in on.text
        assert "following" in on.text
        await on.press("g")
        await on.tick()
        assert " 10000 " in on.text
        assert " 10062 " not in on.text
        assert "below: G" in on.text
        await on.press("G")
        assert " 10062 " in on.text


async def test_lines_that_came_while_nothing_was_drawn_are_in_the_log() -> None:
    async with typed('a { printf("x"); }', "enter") as on:
        await on.press("p")
        for _ in range(3):
            on.source.tick()
        await on.tick()
        await on.press("p")
        await on.tick()
        await on.press("g")
        assert [f" {number} " in on.text for number in range(10000, 10010)] == [True] * 10
        await on.press("G")
        assert [f" {number} " in on.text for number in range(10025, 10035)] == [True] * 10


async def test_a_search_in_a_log_goes_up_from_the_end_and_marks_what_it_finds() -> None:
    async with typed('a { printf("x"); }', "enter") as on:
        await on.tick(10)
        await on.press("/")
        await on.type("10003")
        await on.press("enter")
        assert " 10003 " in on.text
        await on.press("/")
        await on.type("nowhere")
        await on.press("enter")
        assert "not found: nowhere" in on.lines[-1]


async def test_reset_empties_a_log_and_a_filter_does_not() -> None:
    async with typed('a { printf("x"); }', "enter") as on:
        await on.tick(2)
        await on.press("r")
        assert "nothing printed yet" in on.text


async def test_several_maps_of_a_script_stand_below_one_another_under_their_names() -> None:
    async with typed("a { @a = 1; @num = 2; @hist = 3; printf(1); }", "enter") as on:
        await on.tick()
        headings = [place for place, line in enumerate(on.lines) if any(f" {n} " in line for n in ("@a", "@num"))]
        assert len(headings) >= 2
        await on.press("tab")
        assert isinstance(on.app.grid.pane.view, NumberView)
        await on.press("tab", "tab")
        assert isinstance(on.app.grid.pane.view, LogView)
        assert on.app.grid.pane.view.size.height >= 5


async def test_a_script_that_ended_itself_shows_what_it_came_to() -> None:
    def ended(pane: PaneFrame) -> PaneFrame:
        return msgspec.structs.replace(pane, state=PaneState.OFF, notes=("the script ended itself",))

    async with typed(COUNT, "enter") as on:
        await on.tick()
        on.source.changes["script"] = ended
        await on.tick()
        assert on.app.grid.panes[4].view.headline in on.text
        assert "the script ended itself" in on.text


async def test_a_script_that_may_lose_updates_is_not_called_complete() -> None:
    def limited(pane: PaneFrame) -> PaneFrame:
        return msgspec.structs.replace(pane, limits=("@seen evicts old entries",))

    async with typed(COUNT, "enter") as on:
        await on.tick()
        complete = on.text.count("complete")
        on.source.changes["script"] = limited
        await on.tick()
        assert "≈ @seen evicts old entries" in on.text
        assert on.text.count("complete") == complete - 1


async def test_the_palette_opens_shipped_panes_and_scripts_in_the_folders_for_them() -> None:
    async with dashboard() as on:
        on.app.scripts.offers = lambda: (
            Offer("mine", "My [own]", "/home/me/mine.bt", COUNT),
            Offer("theirs", "Theirs", "/tmp/theirs.bt", "", refusal="another user can change it"),
        )
        entries = {str(hit.text): hit async for hit in DashboardCommands(on.app.screen).discover()}
        assert "open: Programs started (execs)" in entries
        entries["open: My [own] (mine)"].command()
        await on.tick()
        assert on.source.sent[-1] == AddPane(PaneRequest("mine", COUNT))
        entries["open: Theirs"].command()
        await on.pilot.pause()
        assert "another user can change it" in on.lines[-1]


@pytest.mark.parametrize("size", [(250, 60), (100, 24), (80, 24), (60, 20), (40, 12), (20, 5), (5, 2)], ids=str)
async def test_a_dozen_panes_and_a_prompt_are_drawn_to_the_edges_of_every_screen(size: tuple[int, int]) -> None:
    async with dashboard(size) as on:
        for number in range(8):
            on.app.scripts.open_pane(PaneRequest(f"mine-{number}", "a { @a = 1; @num = 2; printf(1); }"))
        await on.tick(2)
        assert on.app.grid.panes[11].has_focus_within
        assert [len(on.lines), *{len(line) for line in on.lines}] == [size[1], size[0]]
        await on.press("tab", "tab", "tab", "tab", "shift+tab", "z", "tab", "z", ":", "b", "a", "d", "ctrl+j")
        assert [len(on.lines), *{len(line) for line in on.lines}] == [size[1], size[0]]


async def test_tabs_name_the_panes_where_not_all_fit_and_a_click_goes_to_one() -> None:
    source = FakeSource()
    async with dashboard((100, 24), source=source) as on:
        for number in range(3):
            on.app.scripts.open_pane(PaneRequest(f"mine-{number}", COUNT))
        await on.tick()
        assert " 7 mine-2 " in on.lines[1]
        assert "1 System calls  378k" not in on.text
        await on.pilot.click(on.app.tabs, offset=(4, 0))
        await on.tick()
        assert on.app.grid.current == 1
        assert "1 System calls  " in on.lines[2]
