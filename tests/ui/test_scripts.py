"""Scripts as panes: typed, checked, run, refused, edited, closed; nothing that was typed is ever lost."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import msgspec
import pytest
from rich.color import Color

from tests.ui.driving import Driven, dashboard
from tests.ui.fake import FakeSource
from tracetop.library import Library
from tracetop.model.frame import PaneFrame, PaneState
from tracetop.model.wire.messages import (
    AddPane,
    Checked,
    CheckScript,
    Command,
    Complete,
    PaneRequest,
    Proceed,
    RemovePane,
    ReplaceScript,
    Reset,
    SetFilter,
)
from tracetop.source.script_files import Offer
from tracetop.ui.palette import DashboardCommands
from tracetop.ui.prompts.script_prompt import ScriptPrompt
from tracetop.ui.views.log import LogView
from tracetop.ui.views.number import NumberView
from tracetop.ui.views.table import TableView

COUNT = "tracepoint:sched:sched_switch { @[comm] = count(); }"


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ScriptPrompt, "check_after_s", 0.001)
    monkeypatch.setattr(ScriptPrompt, "complete_after_s", 0.002)


Kind = TypeVar("Kind", bound=Command)


@asynccontextmanager
async def typed(text: str, *keys: str, size: tuple[int, int] = (160, 50)) -> AsyncIterator[Driven]:
    """Run a dashboard whose script prompt has this text, after these keys."""
    async with dashboard(size) as on:
        await on.press(":")
        await on.put(text)
        await on.press(*keys)
        yield on


def text_of(on: Driven) -> str:
    return on.app.script_prompt.area.text


def sent(on: Driven, kind: type[Kind]) -> list[Kind]:
    return [command for command in on.source.sent if isinstance(command, kind)]


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


async def test_a_new_line_makes_the_prompt_grow_and_moves_no_pane() -> None:
    async with dashboard() as on:
        before = on.lines[2:24]
        await on.press(":", "a", "ctrl+j", "b", "alt+enter", "c", "shift+enter", "d")
        assert text_of(on) == "a\nb\nc\nd"
        assert on.lines[2:24] == before
        assert [line[:5].strip() for line in on.lines[-4:]] == [": a", "b", "c", "d"]


async def test_an_error_stands_under_its_place_and_running_it_is_refused_without_asking_the_tracer() -> None:
    async with typed("a { bad(); } b", "enter") as on:
        above = next(place for place, line in enumerate(on.lines) if "bad();" in line)
        assert on.lines[above + 1].index("^ unknown function bad") == on.lines[above].index("bad();")
        assert "did you mean bswap?" in on.text
        assert sent(on, AddPane) == []
        assert text_of(on) == "a { bad(); } b"


async def test_an_error_in_a_text_of_several_lines_says_line_and_column() -> None:
    async with typed("a {\n  bad(); } b") as on:
        assert "2:3 unknown function bad" in on.text


async def test_only_the_newest_answer_counts() -> None:
    async with typed("a { bad(); } b") as on:
        newest = sent(on, CheckScript)[-1].serial
        on.source.emit(Checked(newest - 1, None))
        await on.pilot.pause()
        assert "unknown function bad" in on.text
        on.source.emit(Checked(newest, None))
        await on.pilot.pause()
        assert "unknown function" not in on.text


def colour_of_error(on: Driven) -> Color | None:
    style = on.style_of("unknown function bad")
    return style.color if style else None


async def test_what_may_become_right_while_it_is_typed_is_dim() -> None:
    async with typed("a { bad") as on:
        assert colour_of_error(on) == on.app.palette.dim.color
        await on.put(" ")
        assert colour_of_error(on) == on.app.palette.bad.color


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


async def test_text_that_was_left_can_be_had_back() -> None:
    async with typed("a draft", "escape", ":") as on:
        assert text_of(on) == ""
        await on.press("up")
        assert text_of(on) == "a draft"
        await on.press("down")
        assert text_of(on) == ""


async def test_history_is_searched_back_by_what_was_typed(tmp_path: Path) -> None:
    async with dashboard() as on:
        for text in ("one switch", "two", "three switch"):
            await on.press(":")
            await on.put(text)
            await on.press("escape")
        await on.press(":")
        await on.put("switch")
        await on.press("ctrl+r")
        assert text_of(on) == "three switch"
        await on.press("ctrl+r")
        assert text_of(on) == "one switch"
        await on.press("ctrl+r")
        assert "no older script in the history" in on.text
        assert text_of(on) == "one switch"


async def test_words_are_offered_after_a_pause_and_enter_still_runs_the_text() -> None:
    async with typed("tracepoint:syscalls:sys_enter_open") as on:
        assert "sys_enter_openat2" in on.text
        await on.press("enter")
        assert sent(on, AddPane) == [AddPane(PaneRequest("script", "tracepoint:syscalls:sys_enter_open"))]


async def test_tab_first_completes_what_all_words_have_in_common() -> None:
    async with typed("tracepoint:sched:", "tab") as on:
        assert text_of(on) == "tracepoint:sched:sched_"
        assert on.app.script_prompt.completions.is_open


async def test_tab_goes_through_the_words_and_any_other_key_takes_the_one_that_stands_there() -> None:
    async with typed("tracepoint:sched:sched_wak", "tab") as on:
        assert text_of(on) == "tracepoint:sched:sched_wakeup"
        chosen = []
        for key in ("tab", "tab", "tab", "shift+tab", "down", "up"):
            await on.press(key)
            chosen.append(text_of(on).removeprefix("tracepoint:sched:sched_"))
        assert chosen == ["wakeup_new", "waking", "wakeup", "waking", "wakeup", "waking"]
        await on.press("space")
        assert not on.app.script_prompt.completions.is_open


async def test_escape_closes_the_words_first_and_the_prompt_then() -> None:
    async with typed("tracepoint:sched:", "escape") as on:
        assert (on.app.script_prompt.completions.is_open, on.app.script_prompt.is_open) == (False, True)
        await on.press("escape")
        assert not on.app.script_prompt.is_open
        assert on.app.grid.panes[0].has_focus_within


async def test_nothing_is_asked_of_an_empty_text() -> None:
    async with typed("   ") as on:
        assert (sent(on, CheckScript), sent(on, Complete)) == ([], [])


async def test_hostile_text_is_shown_harmless_and_pasted_without_controls() -> None:
    async with typed("a\x1b[31m\u202eb") as on:
        assert "a·[31m·b" in on.text
        assert all(char.isprintable() for line in on.lines for char in line)


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
