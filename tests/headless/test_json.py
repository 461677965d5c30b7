"""The schema of `batch --json`: what docs/json.md shows is what comes out, and it stays so."""

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.headless import frames
from tracetop.headless.digest import json_line
from tracetop.model.filter import Filter
from tracetop.model.frame import PaneFrame, PaneState, StackTree, Table, View

DOCUMENT = Path(__file__).parents[2] / "docs" / "json.md"
FRAME = {"time", "seq", "interval_s", "elapsed_s", "filter", "tracer", "panes"}
PANE = {
    *("title", "state", "complete", "dropped", "missed", "lost_recently", "cost_percent"),
    *("cost_ns_per_event", "events_per_s"),
    *("error", "limits", "notes", "variant", "params", "sample", "view", "views"),
}
SUMMARY = {"count", "p50", "p90", "p99", "max", "bounds"}
VIEWS: dict[str, set[str]] = {
    "table": {"name", "sort", "rows", "rows_total", "sums"},
    "histogram": {"name", "unit", "since_reset", "buckets", "rows", "rows_total"} | SUMMARY,
    "stacks": {"name", "samples", "samples_recent", "window_s", "lost", "lost_by_reason", "unit", "rows", "rows_total"},
    "number": {"name", "values"},
    "log": {"name", "first", "lines", "lost"},
}


def printed(*panes: PaneFrame) -> Any:
    return json.loads(json_line(frames.frame(*panes)))


def printed_pane(*views: View) -> Any:
    return printed(frames.pane("mine", *views))["panes"]["mine"]


def view_of(view: View) -> Any:
    found = printed_pane(view)
    return {name: value for name, value in found.items() if name == "view" or name not in PANE}


def documented() -> list[Any]:
    return [json.loads(block) for block in re.findall(r"```json\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)]


def examples() -> list[Any]:
    """What docs/json.md shows, in its order."""
    return [
        printed(frames.pane("syscalls", frames.syscalls_table())),
        printed(frames.failed())["panes"]["stacks"],
        view_of(frames.processes_table()),
        view_of(frames.latency_histogram()),
        view_of(frames.sizes_histogram()),
        view_of(frames.stack_tree()),
        view_of(frames.big_number()),
        printed_pane(frames.big_number(), frames.big_number())["views"],
        view_of(frames.log()),
    ]


def test_the_documented_examples_are_what_is_printed() -> None:
    assert documented() == examples()


def test_a_frame_has_the_documented_fields() -> None:
    assert printed().keys() == FRAME


@pytest.mark.parametrize(
    ("kind", "view"),
    [
        ("table", frames.syscalls_table()),
        ("histogram", frames.latency_histogram()),
        ("histogram", frames.sizes_histogram()),
        ("stacks", frames.stack_tree()),
        ("number", frames.big_number()),
    ],
)
def test_a_view_has_the_documented_fields_first_in_its_pane_or_further_down(kind: str, view: View) -> None:
    pane = printed_pane(view, view)
    assert pane.keys() == PANE | VIEWS[kind]
    assert pane["view"] == kind
    (second,) = pane["views"]
    assert second.keys() == {"view"} | VIEWS[kind]


def test_a_tick_is_one_line_whatever_names_hold() -> None:
    line = json_line(frames.frame(frames.pane(frames.HOSTILE, frames.processes_table(frames.HOSTILE))))
    assert line.isprintable()
    assert "\n" not in line
    (row, _) = json.loads(line)["panes"][frames.HARMLESS]["rows"]
    assert row["name"] == frames.HARMLESS


def test_hostile_symbols_stand_escaped_in_stacks() -> None:
    rows = printed_pane(frames.stack_tree(frames.HOSTILE))["rows"]
    assert rows[0]["stack"] == ["do_syscall_64", frames.HARMLESS]


def test_lost_stacks_make_a_pane_incomplete_and_so_does_not_running() -> None:
    assert printed_pane(frames.syscalls_table())["complete"] is True
    assert printed_pane(frames.stack_tree())["complete"] is False
    assert printed(frames.failed())["panes"]["stacks"]["complete"] is False
    off = frames.pane("mine", state=PaneState.OFF)
    assert printed(off)["panes"]["mine"]["complete"] is False


def test_totals_are_exact_however_large() -> None:
    table = frames.syscalls_table()
    huge = (1 << 63) - 1
    row = msgspec.structs.replace(table.rows[0], cells=("read", 0.0, huge, 0.0, 0))
    assert printed_pane(msgspec.structs.replace(table, rows=(row,)))["rows"][0]["total"] == huge


def test_the_filter_in_force_is_printed_and_null_where_there_is_none() -> None:
    frame = frames.frame()
    assert json.loads(json_line(frame))["filter"] == {"pid": None, "comm": None}
    filtered = msgspec.structs.replace(frame, filter=Filter(pid=812, comm="ngin*"))
    assert json.loads(json_line(filtered))["filter"] == {"pid": 812, "comm": "ngin*"}


def test_empty_views_have_their_fields_too() -> None:
    empty = StackTree(
        name="@",
        symbols=(),
        parent=(),
        symbol=(),
        self_total=(),
        total=(),
        self_recent=(),
        recent=(),
        window_s=1,
        lost={},
    )
    assert printed_pane(empty)["samples"] == 0
    no_rows = printed_pane(msgspec.structs.replace(frames.latency_histogram(), rows=(), rows_total=0))
    assert (no_rows["count"], no_rows["p50"], no_rows["buckets"]) == (0, None, [])
    table: Table = msgspec.structs.replace(frames.syscalls_table(), rows=())
    assert printed_pane(table)["rows"] == []
