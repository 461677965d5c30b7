"""The script prompt: what is typed is checked, completed, kept, and found again."""

from pathlib import Path

import pytest
from rich.color import Color

from tests.ui.driving import Driven, dashboard, sent, text_of, typed
from tracetop.model.wire.messages import (
    AddPane,
    Checked,
    CheckScript,
    Complete,
    PaneRequest,
)

pytestmark = pytest.mark.usefixtures("checked_at_once")


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
