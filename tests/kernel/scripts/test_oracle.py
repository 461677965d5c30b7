"""bpftrace runs the very same bundled scripts beside tracetop on the same load: the numbers agree within 2%."""

import re
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

from tests.kernel.batch import Tick, batch, go, waiting

pytestmark = pytest.mark.kernel
PROBES = Path(__file__).parents[3] / "tracetop" / "library"
CALLS = 300_000
GETPPID = 110  # x86-64


class Oracle:
    """bpftrace running one of our scripts; a context manager that leaves none behind."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.kill()
        self.process.communicate()

    def __init__(self, script: str, *params: str) -> None:
        argv = ["bpftrace", str(PROBES / f"{script}.bt"), *params]
        self.process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert self.process.stdout is not None
        said: list[str] = []
        while not (said and said[-1].startswith("Attaching")):  # before it come complaints about limits
            said.append(self.process.stdout.readline())
            assert said[-1], said
        time.sleep(2)  # it says so before it does so, and gives no sign afterwards

    def stop(self) -> str:
        """Interrupt it; return the maps as it prints them."""
        self.process.send_signal(signal.SIGINT)
        return self.process.communicate(timeout=30)[0]


def finished(load: "subprocess.Popen[str]") -> None:
    """Start a waiting load and read until it says that its calls are made."""
    assert load.stdout is not None
    go(load)
    while not re.fullmatch(r"[\d.]+\n", load.stdout.readline()):
        pass


def row(tick: Tick, pane: str, key: str, value: object) -> dict[str, Any]:
    found: dict[str, Any] = next(r for r in tick["panes"][pane]["rows"] if r[key] == value)
    return found


def one(pattern: str, text: str) -> int:
    """Return the number that the pattern's group finds in what bpftrace printed."""
    found = re.search(pattern, text, re.MULTILINE)
    assert found, f"{pattern} is not in:\n{text[-2000:]}"
    return int(found[1])


def test_system_calls_by_name(loads: Mapping[str, Path]) -> None:
    with (
        waiting(loads["calls"], str(CALLS), "-w") as load,
        batch("syscalls", "-i", "1") as running,
        Oracle("syscalls") as oracle,
    ):
        running.tick()
        finished(load)
        tick = running.ticks_until(lambda t: any(r["syscall"] == "getppid" for r in t["panes"]["syscalls"]["rows"]))
        tick = running.tick()
        theirs = one(rf"^@\[{GETPPID}\]: (\d+)$", oracle.stop())
    assert row(tick, "syscalls", "syscall", "getppid")["total"] == pytest.approx(theirs, rel=0.02)


def test_system_calls_by_process(loads: Mapping[str, Path]) -> None:
    with (
        waiting(loads["calls"], str(CALLS), "-w") as load,
        batch("processes", "-i", "1") as running,
        Oracle("processes") as oracle,
    ):
        running.tick()
        finished(load)
        running.tick()
        tick = running.tick()
        theirs = one(rf"^@syscalls\[{load.pid}\]: (\d+)$", oracle.stop())
    assert row(tick, "processes", "pid", load.pid)["syscalls_total"] == pytest.approx(theirs, rel=0.02)


def test_latency_of_one_call(loads: Mapping[str, Path]) -> None:
    """Both time getppid alone: as many values, nearly all of them below 16 µs, however slow the two make the call."""
    chosen = (PROBES / "latency.bt").read_text().replace("$# == 0 || args->id == $1", f"args->id == {GETPPID}")
    with (
        waiting(loads["calls"], str(CALLS), "-w") as load,
        batch("-e", chosen, "-i", "1") as running,
        Oracle("latency", str(GETPPID)) as oracle,
    ):
        running.tick()
        finished(load)
        running.tick()
        tick = running.tick()
        printed = oracle.stop()
    theirs = sum(int(count) for count in re.findall(r"^\[\S+(?:, \S+\))?\s+(\d+) \|", printed, re.MULTILINE))
    (pane,) = tick["panes"].values()
    ours = sum(bucket["total"] for bucket in pane["buckets"])
    assert ours == pytest.approx(theirs, rel=0.02)
    assert ours >= CALLS
    assert sum(bucket["total"] for bucket in pane["buckets"] if bucket["low"] < 16_384) >= 0.98 * ours
