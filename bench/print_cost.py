"""What a printed line costs in user space: `tracetop run` beside bpftrace, for the same script and load.

    python -m bench.print_cost [--rounds N]          as root; half a minute

One loop of system calls runs as fast as it can, and each call prints a line to a file: more than either can keep up
with. How many of the lines arrived, how many a second until the last of them, and the CPU time of each one, of all the
peer's processes together.
"""

import argparse
import statistics
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from bench.peers import TRACETOP, bpftrace_version, end, wait_until_steady
from bench.programs import tree
from bench.table import format_table
from tests.load.build import build_loads

CALLS = 500_000
SCRIPT = """tracepoint:raw_syscalls:sys_exit /comm == "calls"/ {
    printf("%-16s %6d %4d %d\\n", comm, pid, args->id, args->ret);
}"""
PEERS = {"tracetop": (*TRACETOP, "run", "-e", SCRIPT), "bpftrace": ("bpftrace", "-e", SCRIPT)}
_QUIET_S = 0.3


class Printed(NamedTuple):
    """What one peer printed of one load."""

    arrived_percent: float
    lines_per_s: float
    us_per_line: float
    """Of CPU time."""


def measure(command: Sequence[str], load: Path) -> Printed:
    """Run the load once under `command`."""
    with (
        tempfile.NamedTemporaryFile() as printed,
        subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=printed, stderr=subprocess.PIPE) as peer,
    ):
        try:
            wait_until_steady(peer)
            cpu_s, start = _cpu_s(peer.pid), time.monotonic()
            subprocess.run([load, str(CALLS)], stdout=subprocess.DEVNULL, check=True)
            done = _when_quiet(Path(printed.name))
            used_s = _cpu_s(peer.pid) - cpu_s
        finally:
            end(peer.pid)
        lines = sum(line.startswith(b"calls ") for line in Path(printed.name).read_bytes().splitlines())
    return Printed(100 * lines / CALLS, lines / (done - start), 1e6 * used_s / max(lines, 1))


def _cpu_s(pid: int) -> float:
    return sum(sum(process.cpu_times()[:2]) for process in tree(pid))


def _when_quiet(file: Path) -> float:
    """Return when the file last grew."""
    size, since = -1, time.monotonic()
    while time.monotonic() - since < _QUIET_S:
        now = file.stat().st_size
        if now != size:
            size, since = now, time.monotonic()
        time.sleep(0.01)
    return since


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description="cost of a printed line")
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    seen: dict[str, list[Printed]] = {name: [] for name in PEERS}
    with tempfile.TemporaryDirectory() as directory:
        load = build_loads(Path(directory))["calls"]
        for _ in range(rounds):
            for name, command in PEERS.items():
                seen[name].append(measure(command, load))
    print(f"\n{bpftrace_version()}, {CALLS:,} lines as fast as the loop makes them, median of {rounds} rounds")
    rows = []
    for name, measured in seen.items():
        arrived, rate, cost = (statistics.median(figures) for figures in zip(*measured, strict=True))
        rows.append([name, f"{arrived:.1f}%", f"{rate:,.0f}", f"{cost:.2f}"])
    print(format_table(["", "arrived", "lines a second", "CPU µs a line"], rows))


if __name__ == "__main__":
    main()
