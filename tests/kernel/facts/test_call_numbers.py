"""System calls by numbers that are not of the machine's own table: of 32-bit programs, and of none at all."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.kernel.batch import Tick, batch, go, waiting
from tests.kernel.tracer import tracer
from tracetop.model.filter import Filter
from tracetop.model.frame import Histogram, PaneFrame, PaneState
from tracetop.model.wire.messages import PaneRequest, SetFilter, SetParams

pytestmark = pytest.mark.kernel
CALLS = 4000


def totals(tick: Tick, pane: str, column: str = "total") -> dict[str, int]:
    return {row["syscall"]: row[column] for row in tick["panes"][pane]["rows"]}


def measured(pane: PaneFrame) -> int:
    view = pane.views[0] if pane.views else None
    return sum(sum(row.total.values()) for row in view.rows) if isinstance(view, Histogram) else 0


def test_32_bit_calls_have_their_own_names(loads: Mapping[str, Path]) -> None:
    """64 and 5 are semget and fstat by the other table; of these the program makes a call or two as it starts."""
    with (
        waiting(loads["compat"], str(CALLS), "-w") as load,
        batch("syscalls", "errors", "-p", str(load.pid), "-i", "0.5") as running,
    ):
        running.tick()
        go(load)
        running.ticks_until(lambda tick: totals(tick, "syscalls").get("unknown (600)") == CALLS // 4)
        tick = running.tick()
    assert all(tick["panes"][pane]["complete"] for pane in ("syscalls", "errors"))
    counted = totals(tick, "syscalls")
    wanted = {"getppid (32-bit)": CALLS, "open (32-bit)": CALLS // 2}
    wanted |= {"unknown (-5)": CALLS // 4, "unknown (600)": CALLS // 4}
    assert {name: counted[name] for name in wanted} == wanted
    assert counted.get("semget", 0) + counted.get("fstat", 0) == 0
    failed = {"open (32-bit)": CALLS // 2, "unknown (-5)": CALLS // 4, "unknown (600)": CALLS // 4}
    errors = totals(tick, "syscalls", "errors_total")
    assert {name: errors[name] for name in failed} == failed
    by_name = {(row["syscall"], row["name"]): row["total"] for row in tick["panes"]["errors"]["rows"]}
    assert by_name["open (32-bit)", "ENOENT"] == CALLS // 2
    assert by_name["unknown (-5)", "ENOSYS"] == by_name["unknown (600)", "ENOSYS"] == CALLS // 4


def test_a_32_bit_call_can_be_chosen(loads: Mapping[str, Path]) -> None:
    """Its number differs from that of the same call by the other table."""
    with waiting(loads["compat"], str(CALLS), "-w") as load, tracer(PaneRequest("latency")) as running:
        running.send(SetFilter(Filter(load.pid)), SetParams("latency", ("open (32-bit)",)))
        running.pane("latency", lambda pane: pane.state is PaneState.ON and pane.params != ())
        go(load)
        pane = running.pane("latency", lambda pane: measured(pane) >= CALLS // 2)
        assert measured(pane) == CALLS // 2


def test_more_numbers_of_no_table_than_can_be_told_apart_lose_nothing() -> None:
    code = "import ctypes, time\nlibc = ctypes.CDLL(None)\nfor i in range(1, 301): libc.syscall(-i)\ntime.sleep(60)"
    with batch("syscalls", "-i", "0.5") as running:
        running.tick()
        with subprocess.Popen([sys.executable, "-S", "-c", code]) as load:

            def unknown(tick: Tick) -> int:
                return sum(total for name, total in totals(tick, "syscalls").items() if name.startswith("unknown ("))

            tick = running.ticks_until(lambda tick: unknown(tick) >= 300)
            load.kill()
    assert (unknown(tick), tick["panes"]["syscalls"]["complete"]) == (300, True)
    assert totals(tick, "syscalls")["unknown (others)"] > 0


def test_run_prints_the_kernel_s_own_numbers(loads: Mapping[str, Path]) -> None:
    script = "tracepoint:raw_syscalls:sys_enter /pid == cpid/ { @[args.id] = count(); }"
    words = [sys.executable, "-m", "tracetop", "run", "-c", f"{loads['compat']} 8", "-e", script]
    printed = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    assert {"@[-5]: 2", "@[600]: 2", "@[64]: 8"} <= set(printed.splitlines())
