"""Every key of every binding does what the help says; a binding without a case here fails."""

from collections.abc import Callable
from contextlib import nullcontext

import pytest
from textual.binding import Binding
from textual.command import CommandPalette

from tests.ui.driving import Driven, dashboard
from tracetop.errors import Diagnostic
from tracetop.model.filter import Filter
from tracetop.model.frame import Sort
from tracetop.model.wire.messages import (
    AddPane,
    PaneRequest,
    Proceed,
    RemovePane,
    Reset,
    SelectVariant,
    SetEnabled,
    SetFilter,
    SetInterval,
    SetOffsets,
    SetParams,
    SetSort,
)
from tracetop.source.source import Ended
from tracetop.ui import actions
from tracetop.ui.dialogue import keys
from tracetop.ui.prompts.help import HelpScreen
from tracetop.ui.views.base import RowsView
from tracetop.ui.views.flame import FlameView
from tracetop.ui.views.table import TableView
from tracetop.ui.views.tree import TreeView

Check = Callable[[Driven], object]
Case = tuple[tuple[str, ...], Check]
"""Keys before, and what holds after the binding's key."""


def sent(command: object) -> Check:
    return lambda on: on.source.sent[-1] == command


def cursor(place: Callable[[int], bool]) -> Check:
    return lambda on: place(rows(on).cursor)


def rows(on: Driven) -> RowsView:
    view = on.app.grid.pane.view
    assert isinstance(view, RowsView)
    return view


def tree(on: Driven) -> TreeView:
    view = on.app.grid.panes[3].view
    assert isinstance(view, TreeView)
    return view


def first_frame(on: Driven) -> str:
    assert tree(on) is on.app.grid.pane.view
    return on.view_lines[1].rstrip()


def prompt_text(on: Driven) -> str:
    assert on.app.script_prompt.is_open
    return on.app.script_prompt.area.text


def flame_line(text: str) -> Check:
    return lambda on: any(text in line and "with callees" in line for line in on.lines)


PROCESSES = ("tab", "tab")
STACKS = ("shift+tab",)
FLAME = (*STACKS, "i")
PRINTS = (":", *"a { printf(1); }", "enter")
PRINTS_LONG = (":", *"a { printf(long); }", "enter")
HOT = (":", *"hot { @a = count(); }", "enter")
TYPED = (":", *"one two")
DEEP = 8
CASES: dict[str, Case] = {
    "help": ((), lambda on: isinstance(on.app.screen, HelpScreen)),
    "quit": ((), lambda on: on.has_quit),
    "quit.now": (("f",), lambda on: on.has_quit),
    "palette": ((), lambda on: isinstance(on.app.screen, CommandPalette)),
    "toggle.1": ((), sent(SetEnabled("syscalls", False))),
    "toggle.2": ((), sent(SetEnabled("latency", False))),
    "toggle.3": ((), sent(SetEnabled("processes", False))),
    "toggle.4": (("4",), sent(SetEnabled("stacks", True))),
    **{f"toggle.{n}": ((), lambda on, n=n: f"there is no pane {n}" in on.lines[-1]) for n in range(5, 10)},  # type: ignore[misc]
    "filter": ((), lambda on: on.app.prompt.has_class("open") and "812, nginx" in on.lines[-1]),
    "back": ((*PROCESSES, "enter"), sent(SetFilter(Filter()))),
    "search": ((), lambda on: on.app.prompt.has_class("open") and "search" in on.lines[-1]),
    "search.next": (("/", "r", "e", "enter"), cursor(lambda at: at > 1)),
    "search.previous": (("/", "r", "e", "enter"), cursor(lambda at: at > 5)),
    "pause": ((), lambda on: on.app.frames.paused and "PAUSED" in on.lines[0]),
    "faster": ((), sent(SetInterval(0.5))),
    "slower": ((), sent(SetInterval(2.0))),
    "zoom": ((), lambda on: [pane.display for pane in on.app.grid.panes] == [True, False, False, False]),
    "variant": ((), sent(SelectVariant("latency", "runqueue"))),
    "parameter": ((), lambda on: on.app.prompt.has_class("open") and "openat" in on.lines[-1]),
    "reset": ((), sent(Reset())),
    "restart": ((), lambda on: on.source.restarts == 1),
    "focus.next": ((), lambda on: on.app.grid.current == 2),
    "focus.previous": ((), lambda on: on.app.grid.current == 4),
    "suspend": ((), lambda on: on.app.title == "suspended"),
    "pane.toggle": (PROCESSES, sent(SetEnabled("processes", False))),
    "pane.view": (STACKS, lambda on: isinstance(on.app.grid.panes[3].view, FlameView)),
    "pane.offsets": (STACKS, sent(SetOffsets("stacks", True))),
    "move.up": (("down", "down", "down"), cursor(lambda at: at == 2)),
    "move.down": ((), cursor(lambda at: at == 1)),
    "move.page_up": (("G",), cursor(lambda at: 0 < at < 39 - DEEP)),
    "move.page_down": ((), cursor(lambda at: at > DEEP)),
    "move.first": (("down", "down"), cursor(lambda at: at == 0)),
    "move.last": ((), cursor(lambda at: at == 39)),
    "table.enter": (PROCESSES, sent(SetFilter(Filter(pid=800)))),
    "table.comm": (PROCESSES, sent(SetFilter(Filter(comm="postgres")))),
    "table.latency": ((), sent(SetParams("latency", ("futex",)))),
    "table.sort_left": ((), sent(SetSort("syscalls", "@calls", Sort("syscall", descending=False)))),
    "table.sort_right": ((), sent(SetSort("syscalls", "@calls", Sort("errors_per_s")))),
    "table.invert": ((), sent(SetSort("syscalls", "@calls", Sort("per_s", descending=False)))),
    "tree.fold": (STACKS, lambda on: "▸ entry_SYSCALL" in first_frame(on)),
    "tree.unfold": ((*STACKS, "left"), lambda on: "▾ entry_SYSCALL" in first_frame(on)),
    "tree.flip": (STACKS, lambda on: "▸ entry_SYSCALL" in first_frame(on)),
    "tree.all": (STACKS, lambda on: len(tree(on).rows) > 40 and not any("▸" in line for line in on.view_lines)),
    "script": ((), lambda on: on.app.script_prompt.is_open),
    "pane.edit": (PRINTS, lambda on: prompt_text(on) == "a { printf(1); }"),
    "pane.editor": (PRINTS, lambda on: "did not edit the script" in on.text),
    "pane.shipped": (STACKS, lambda on: "this pane runs the script that tracetop ships" in on.lines[-1]),
    "pane.close": (STACKS, sent(RemovePane("stacks"))),
    "question.run": (HOT, sent(Proceed("script", 1))),
    "question.sample": (HOT, sent(Proceed("script", 64))),
    "question.cancel": (HOT, sent(RemovePane("script"))),
    "log.left": ((*PRINTS, "right"), lambda on: on.view_lines[0].startswith("  10000")),
    "log.right": (PRINTS, lambda on: on.view_lines[0].startswith("…")),
    "log.wrap": (PRINTS_LONG, lambda on: not any("…" in line for line in on.view_lines)),
    "script.run": ((":", "x"), sent(AddPane(PaneRequest("script", "x")))),
    "script.newline": (TYPED, lambda on: prompt_text(on) == "one two\n"),
    "script.complete": ((":", "c", "o", "u"), lambda on: prompt_text(on) == "count"),
    "script.complete_back": (
        (":", *"tracepoint:sched:", "tab"),
        lambda on: prompt_text(on) == "tracepoint:sched:sched_migrate_task",
    ),
    "script.older": ((":", "x", "escape", ":"), lambda on: prompt_text(on) == "x"),
    "script.newer": ((":", "x", "escape", ":", "up"), lambda on: prompt_text(on) == ""),
    "script.search": ((":", "x", "y", "escape", ":", "y"), lambda on: prompt_text(on) == "xy"),
    "script.editor": (TYPED, lambda on: prompt_text(on) == "one two" and "did not edit the script" in on.text),
    "script.leave": ((":",), lambda on: not on.app.script_prompt.is_open),
    "edit.start": (TYPED, lambda on: on.app.script_prompt.area.at == 0),
    "edit.end": ((*TYPED, "home"), lambda on: on.app.script_prompt.area.at == 7),
    "edit.kill": ((*TYPED, "home"), lambda on: prompt_text(on) == ""),
    "edit.kill_back": (TYPED, lambda on: prompt_text(on) == ""),
    "edit.kill_word": (TYPED, lambda on: prompt_text(on) == "one "),
    "edit.undo": ((*TYPED, "ctrl+u"), lambda on: prompt_text(on) == "one two"),
    "flame.left": ((*FLAME, "down", "right"), flame_line("entry_SYSCALL")),
    "flame.right": ((*FLAME, "down"), flame_line("asm_exc_page_fault")),
    "flame.zoom": ((*FLAME, "down"), lambda on: "zoomed: entry_SYSCALL_64_after_hwframe" in on.text),
    "flame.out": ((*FLAME, "down", "enter"), lambda on: "zoomed" not in on.text),
}
BINDINGS: list[Binding] = [binding for _, group in actions.GROUPS for binding in group]


@pytest.mark.parametrize(
    ("binding", "key"),
    [pytest.param(one, key, id=f"{one.id}-{key}") for one in BINDINGS for key in one.key.split(",")],
)
async def test_key_does_what_its_binding_says(binding: Binding, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before, holds = CASES[str(binding.id)]
    async with dashboard((160, 36), ticks=1) as on:
        monkeypatch.setenv("VISUAL", "false")
        monkeypatch.setattr(on.app, "suspend", nullcontext)
        monkeypatch.setattr(on.app, "action_suspend_process", lambda: setattr(on.app, "title", "suspended"))
        await on.press(*before)
        await on.tick()
        if binding.id == "restart":
            on.source.emit(Ended(Diagnostic(what="the tracer died", hint="press R")))
            await on.pilot.pause()
        await on.press(key)
        await on.app.workers.wait_for_complete()
        await on.pilot.pause()
        assert holds(on)


def test_every_binding_has_a_case_and_every_case_a_binding() -> None:
    assert {str(binding.id) for binding in BINDINGS} == set(CASES)


def test_ids_of_bindings_are_unique_so_that_a_key_map_can_name_them() -> None:
    ids = [binding.id for binding in BINDINGS]
    assert len(ids) == len(set(ids))


def test_help_lists_every_binding() -> None:
    listed = {help_ for _, group in actions.GROUPS for _, help_ in keys.lines(group)}
    assert listed == {binding.description for binding in BINDINGS}


def test_keys_of_the_bar_are_bound() -> None:
    bound = {key for binding in BINDINGS for key in binding.key.split(",")}
    assert {pressed for _, _, pressed in keys.BAR if pressed} <= bound


async def test_moving_in_a_flame_goes_to_callers_and_callees() -> None:
    async with dashboard() as on:
        await on.press(*FLAME, "G")
        assert flame_line("loopback_xmit")(on) or flame_line("_copy_to_iter")(on)
        await on.press("g")
        assert flame_line("all")(on)


async def test_table_view_of_a_clicked_pane_gets_the_keys() -> None:
    async with dashboard() as on:
        await on.pilot.click(on.app.grid.panes[2].view, offset=(10, 4))
        await on.pilot.pause()
        view = on.app.grid.pane.view
        assert (on.app.grid.current, isinstance(view, TableView), rows(on).cursor) == (3, True, 3)
