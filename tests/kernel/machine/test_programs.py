"""What is loaded on the machine, by the kernel's lists: programs and maps of ours among them."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.kernel.batch import batch
from tests.kernel.conftest import LoadProgram, StartCaller
from tests.kernel.programs.handmade import SYSCALLS
from tracetop.bpf import RunningKernel, RunTimeStats
from tracetop.model.frame import Sort, Table
from tracetop.tracer.inspect.bpf_objects import OURS, ProgramTables

pytestmark = pytest.mark.kernel
CALLS = 20_000


def rows(table: Table) -> dict[Any, dict[str, Any]]:
    """Return a table's rows by id."""
    names = [column.id for column in table.columns]
    return {row.cells[0]: dict(zip(names, row.cells, strict=True)) for row in table.rows}


def test_a_program_of_ours_is_listed_with_owner_hook_cost_and_maps(load: LoadProgram, caller: StartCaller) -> None:
    """Its runs are at least the calls that were made between the two reads."""
    loaded, calls = load(SYSCALLS), caller(CALLS)
    loaded.attach()
    number = loaded.stats()[0].prog_id
    tables = ProgramTables(RunningKernel(), limit=1000)
    with RunTimeStats():
        tables.read(measured=False)
        calls.run()
        tables.read(measured=True)
    row = rows(tables.programs.table())[number]
    assert row["pid"] == os.getpid()
    assert row["owner"] == OURS
    assert row["name"] == "on_enter"
    assert row["type"] == "raw_tracepoint"
    assert row["hook"] == "rawtracepoint:sys_enter"
    assert row["memory_bytes"] > 0
    assert loaded.stats()[0].run_cnt >= CALLS
    assert row["ns_per_run"] * row["runs_per_s"] == pytest.approx(row["cpu_percent"] * 1e7, rel=0.05)
    maps = [each for each in rows(tables.maps.table()).values() if str(number) in (each["programs"] or "").split(", ")]
    calls_map = next(each for each in maps if each["name"] == "calls")
    assert (calls_map["type"], calls_map["entries"]) == ("percpu_array", 512)
    assert (calls_map["key_bytes"], calls_map["value_bytes"]) == (4, 8)


def test_without_statistics_there_are_no_rates(load: LoadProgram) -> None:
    number = load(SYSCALLS).stats()[0].prog_id
    tables = ProgramTables(RunningKernel(), limit=1000)
    tables.read(measured=False)
    row = rows(tables.programs.table())[number]
    assert (row["cpu_percent"], row["runs_per_s"], row["ns_per_run"]) == (None, None, None)
    assert row["hook"] is None


def test_rows_are_sorted_and_cut_with_missing_values_last(load: LoadProgram) -> None:
    load(SYSCALLS)
    load(SYSCALLS)
    tables = ProgramTables(RunningKernel(), limit=1)
    tables.read(measured=False)
    table = tables.maps.table()
    assert len(table.rows) == 1
    assert table.rows_total >= 2
    tables.maps.sort = Sort("id", descending=False)
    assert tables.maps.table().rows[0].cells[0] == min(rows_of_all(tables))


def rows_of_all(tables: ProgramTables) -> set[Any]:
    tables.maps.limit = 1000
    found = set(rows(tables.maps.table()))
    tables.maps.limit = 1
    return found


def test_the_command_says_what_the_kernel_says_of_a_descriptor(load: LoadProgram) -> None:
    """As a process of its own."""
    loaded = load(SYSCALLS)
    loaded.attach()
    descriptor = loaded._functions[0][1]
    lines = Path(f"/proc/self/fdinfo/{descriptor}").read_text().splitlines()
    truth = dict(line.split(":", 1) for line in lines)
    command = [sys.executable, "-m", "tracetop", "programs", "--json", "-s", "0.25"]
    printed = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    ours = next(each for each in printed["programs"] if each["id"] == int(truth["prog_id"]))
    assert printed["measured"]
    assert ours["pid"] == os.getpid()
    assert ours["runs_per_s"] > 0
    assert ours["memory_bytes"] == int(truth["memlock"])


def test_the_text_has_a_line_a_program_and_a_map(load: LoadProgram) -> None:
    number = load(SYSCALLS).stats()[0].prog_id
    command = [sys.executable, "-m", "tracetop", "programs", "-s", "0.25"]
    lines = subprocess.run(command, capture_output=True, check=True, text=True).stdout.splitlines()
    assert any(line.split()[0] == str(number) and "on_enter" in line.split() for line in lines if line)
    assert any("calls" in line.split() and line.split()[-1] == str(number) for line in lines)


def test_as_a_pane_they_come_with_every_tick_and_follow_the_filter() -> None:
    """The tracer's own programs are among them, by its number; those of no other process are under its filter."""
    with batch("programs", "syscalls", "-i", "0.5") as running:
        tick = running.tick()
        ours = [row for row in tick["panes"]["programs"]["rows"] if row["name"].startswith("tt_sys_enter")]
        assert any(row["owner"] == OURS and row["runs_per_s"] > 0 and row["cpu_percent"] > 0 for row in ours)
        assert tick["panes"]["programs"]["sort"]["column"] == "cpu_percent"
        (maps,) = tick["panes"]["programs"]["views"]
        assert any(row["name"] == "tt_control" for row in maps["rows"])
        with batch("programs", "syscalls", "-p", str(ours[0]["pid"]), "-i", "0.5") as filtered:
            rows = filtered.tick()["panes"]["programs"]["rows"]
    assert {row["pid"] for row in rows} == {ours[0]["pid"]}
