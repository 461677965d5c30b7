"""The numbers on screen against a known truth, end to end: script, compiler, kernel, tracer, frames, batch."""

import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.kernel.batch import Tick, batch, go, waiting

pytestmark = pytest.mark.kernel
CALLS = 123_457


def rows(tick: Tick, pane: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tick["panes"][pane]["rows"]
    return found


def row(tick: Tick, pane: str, key: str, value: object) -> dict[str, Any] | None:
    return next((r for r in rows(tick, pane) if r[key] == value), None)


def test_exactly_n_calls_are_counted_by_name_and_by_process(loads: Mapping[str, Path]) -> None:
    """Under a filter by name, which two processes on this machine do not share: others make the same call."""
    words = ("syscalls", "processes", "-c", "exactly-n", "-i", "0.5")
    with waiting(loads["calls"], str(CALLS), "-w", "-n", "exactly-n") as load, batch(*words) as running:
        running.tick()
        go(load)

        def counted(tick: Tick) -> bool:
            found = row(tick, "syscalls", "syscall", "getppid")
            return found is not None and found["total"] >= CALLS

        running.ticks_until(counted)
        tick = running.tick()

        found = row(tick, "syscalls", "syscall", "getppid")
        assert found is not None
        assert found["total"] == CALLS
        mine = row(tick, "processes", "pid", load.pid)
        assert mine is not None
        # Around its loop the program reads the line, asks the time and prints: a handful of calls.
        assert CALLS <= mine["syscalls_total"] <= CALLS + 12
        assert all(tick["panes"][pane]["complete"] for pane in ("syscalls", "processes"))


def test_a_pid_filter_counts_one_process_only(loads: Mapping[str, Path]) -> None:
    with (
        waiting(loads["calls"], str(CALLS), "-w") as load,
        waiting(loads["calls"], str(CALLS), "-w") as other,
        batch("syscalls", "-p", str(load.pid), "-i", "0.5") as running,
    ):
        running.tick()
        go(other)
        go(load)
        tick = running.ticks_until(lambda t: row(t, "syscalls", "syscall", "getppid") is not None)
        for _ in range(3):
            tick = running.tick()
        found = row(tick, "syscalls", "syscall", "getppid")
        assert found is not None
        assert found["total"] == CALLS


@pytest.mark.parametrize(("wanted", "counts"), [("counted", True), ("count*", True), ("count", False)])
def test_a_comm_filter_matches_exactly_or_by_prefix(loads: Mapping[str, Path], wanted: str, counts: bool) -> None:
    calls = loads["calls"]
    with (
        waiting(calls, "1000", "-w", "-n", "counted") as load,
        batch("syscalls", "-c", wanted, "-i", "0.25") as running,
    ):
        running.tick()
        go(load)
        ticks = [running.tick() for _ in range(4)]
        found = row(ticks[-1], "syscalls", "syscall", "getppid")
        assert (found["total"] if found else 0) == (1000 if counts else 0)


def test_a_5_ms_sleep_is_in_its_bucket(loads: Mapping[str, Path]) -> None:
    with (
        subprocess.Popen([loads["sleeper"], "2000", "5"], stdout=subprocess.DEVNULL) as load,
        batch("latency", "-p", str(load.pid), "-i", "1") as running,
    ):
        tick = running.tick()
        load.kill()
    latency = tick["panes"]["latency"]
    slow = [bucket for bucket in latency["buckets"] if bucket["high"] > 5_000_000]
    assert latency["unit"] == "ns"
    assert sum(bucket["total"] for bucket in slow) >= 50
    # Timers never fire early, so nothing sleeps for less than it asked.
    assert all(bucket["low"] < 1_000_000 or bucket["high"] > 5_000_000 for bucket in latency["buckets"])


def test_a_busy_system_call_tops_the_kernel_stacks(loads: Mapping[str, Path]) -> None:
    with subprocess.Popen([loads["busy"], "8"]) as load, batch("stacks", "-p", str(load.pid), "-i", "2") as running:
        tick = running.tick()
        load.kill()
    stacks = tick["panes"]["stacks"]
    by_function: Counter[str] = Counter()
    for found in stacks["rows"]:
        by_function[found["stack"][-1]] += found["self"]
    assert stacks["samples"] >= 50
    assert by_function.most_common(1)[0][0] in ("read_zero", "read_iter_zero")


def test_errors_are_counted_beside_the_calls() -> None:
    program = (
        "import os, time\nfor _ in range(500):\n  try: os.rmdir('/nonexistent')\n  except OSError: pass\ntime.sleep(9)"
    )
    with batch("syscalls", "-i", "0.5") as running:
        running.tick()
        with subprocess.Popen([sys.executable, "-S", "-c", program]) as load:
            tick = running.ticks_until(
                lambda t: (row(t, "syscalls", "syscall", "rmdir") or {"total": 0})["total"] >= 500
            )
            load.kill()
    found = row(tick, "syscalls", "syscall", "rmdir")
    assert found is not None
    assert (found["total"], found["errors_total"]) == (500, 500)


def test_a_full_map_is_said_and_the_pane_goes_on(loads: Mapping[str, Path]) -> None:
    script = "//! entries: 8\ntracepoint:raw_syscalls:sys_enter { @[pid, args->id] = count(); }"
    with batch("-e", script, "-i", "0.25") as running:
        tick = running.ticks_until(lambda t: t["panes"]["script"]["dropped"] > 0)
    pane = tick["panes"]["script"]
    assert (pane["state"], pane["complete"], len(pane["rows"])) == ("on", False, 8)


def test_what_is_too_large_for_a_program_leaves_the_other_pane_running() -> None:
    variables = " ".join(f"$s{i} = comm;" for i in range(3000))
    script = f"tracepoint:raw_syscalls:sys_enter {{ {variables} @[$s39] = count(); }}"
    with batch("syscalls", "-e", script, "-i", "0.25") as running:
        tick = running.tick()
    assert tick["panes"]["syscalls"]["state"] == "on"
    assert tick["panes"]["script"]["state"] == "failed"
    assert tick["panes"]["script"]["error"]["what"]
    assert tick["panes"]["script"]["error"]["hint"]
