"""A process's number that is used again: two rows, two names, right counts, however soon the second is born."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.kernel.batch import Tick, batch

pytestmark = pytest.mark.kernel
FIRST, SECOND = 1000, 333
AROUND = 5
"""Most calls that each makes beside its loop: it names itself, and ends or waits."""


def free_number() -> int:
    """Return a number that no process or thread has, far from those that are given out next."""
    number = int(Path("/proc/sys/kernel/pid_max").read_text()) - 9
    while Path(f"/proc/{number}").exists():
        number -= 1
    return number


def rows(tick: Tick, pid: int) -> list[dict[str, Any]]:
    found = [row for row in tick["panes"]["processes"]["rows"] if row["pid"] == pid]
    return sorted(found, key=lambda row: str(row["name"]))


@pytest.mark.parametrize("gap_ms", [10, 700, 1500, 3000])
@pytest.mark.parametrize("lives", [False, True])
def test_each_has_its_own_row(loads: Mapping[str, Path], gap_ms: int, lives: bool) -> None:
    number = free_number()
    command = [str(loads["reborn"]), str(number), str(gap_ms), str(FIRST), str(SECOND), *["-w"] * lives]
    with batch("processes", "-i", "0.5") as running:
        running.tick()
        subprocess.run(command, check=True)
        try:
            running.ticks_until(lambda tick: len(rows(tick, number)) == 2)
            tick = running.tick()
        finally:
            if lives:
                os.kill(number, 9)
        first, second = rows(tick, number)
        assert (first["name"], second["name"]) == ("first", "second")
        assert FIRST <= first["syscalls_total"] <= FIRST + AROUND
        assert SECOND <= second["syscalls_total"] <= SECOND + AROUND
        assert first["_id"] != second["_id"]
        assert tick["panes"]["processes"]["complete"]


def test_three_of_one_number_within_a_tick_are_three_rows(loads: Mapping[str, Path]) -> None:
    number = free_number()
    with batch("processes", "-i", "2") as running:
        running.tick()
        subprocess.run([loads["reborn"], str(number), "0", "10", "20"], check=True)
        subprocess.run([loads["reborn"], str(number), "0", "30", "40"], check=True)
        tick = running.ticks_until(lambda tick: len(rows(tick, number)) == 4)
    named = sorted((row["name"], row["syscalls_total"] // 10 * 10) for row in rows(tick, number))
    assert named == [("first", 10), ("first", 30), ("second", 20), ("second", 40)]
