"""What the dashboard costs at a terminal of 160x50, beside htop and a bpftrace one-liner under the same load.

    python -m bench.screen_cost [--seconds N] [--processes N] [--check]          as root; two minutes

The load is 2,000 processes, each of which makes 1 to 64 system calls in every second; in each second 40% of them change
their rate, so 40% of all rows change. Every program runs on a pseudo-terminal of its own, alone, for some seconds
to settle and then for those that are measured:

- first paint: from the start of the process until the first pane's title can be read (for the peers: any text);
- live: until all four panes say that what they show is complete;
- CPU: user and system time of the processes, in percent of one core; bytes: all that is written to the terminal.

With --check the exit code is 1 where a target is missed.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import psutil

from bench.peers import TRACETOP, bpftrace_version, end
from bench.programs import tree
from bench.table import format_table, judged
from scripts.terminal import Terminal
from tests.load.build import build_loads

SETTLE_S = 8.0
START_LIMIT_S = 15.0
ONE_LINER = "tracepoint:raw_syscalls:sys_enter { @[pid, comm] = count(); } interval:s:1 { print(@); }"
CHANGING_PERCENT = 40


class Usage(NamedTuple):
    """What some processes used."""

    cpu_percent: float
    rss_mb: float


class Measured(NamedTuple):
    """One program on its terminal."""

    first_paint_s: float
    live_s: float
    bytes_per_s: float
    screen: Usage
    others: Usage
    """The tracer; nothing for a program of one process."""


class Target(NamedTuple):
    """A figure of the dashboard and the most that it may be."""

    name: str
    value: float
    limit: float
    unit: str


def painted(text: str) -> bool:
    """Say whether the dashboard stands."""
    return "System calls" in text


def live(text: str) -> bool:
    """Say whether all four panes show numbers, and stand behind them."""
    return text.count("─ complete ") + text.count("━ complete ") == 4


def anything(text: str) -> bool:
    """Say whether any text can be read."""
    return bool(text.strip())


def measure(
    command: Sequence[str], seconds: float, first: Callable[[str], bool], whole: Callable[[str], bool]
) -> Measured:
    """Run `command` on a terminal: until `first` and then `whole` hold of the text on it, and `seconds` more."""
    with Terminal(command) as terminal:
        try:
            first_paint_s = terminal.wait_for(first, limit_s=START_LIMIT_S)
            live_s = terminal.wait_for(whole, limit_s=START_LIMIT_S)
            terminal.run(SETTLE_S)
            before, bytes_before = _cpu_s(terminal.pid), terminal.bytes_read
            terminal.run(seconds)
            after = _cpu_s(terminal.pid)
            used = {process: after[process] - before.get(process, 0.0) for process in after}
            screen = psutil.Process(terminal.pid)
            return Measured(
                first_paint_s,
                live_s,
                (terminal.bytes_read - bytes_before) / seconds,
                _usage([screen], used, seconds),
                _usage([process for process in used if process != screen], used, seconds),
            )
        finally:
            end(terminal.pid)


def _cpu_s(pid: int) -> dict[psutil.Process, float]:
    return {process: sum(process.cpu_times()[:2]) for process in tree(pid)}


def _usage(processes: list[psutil.Process], used_s: dict[psutil.Process, float], seconds: float) -> Usage:
    return Usage(
        100 * sum(used_s[process] for process in processes) / seconds,
        sum(process.memory_info().rss for process in processes) / 1e6,
    )


@contextmanager
def load(program: Path, processes: int) -> Iterator[None]:
    """Keep so many processes busy while the block runs."""
    command: list[str | Path] = [program, str(processes), str(CHANGING_PERCENT)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as spinners:
        assert spinners.stdout is not None
        spinners.stdout.readline()
        yield
        spinners.communicate()


def targets(ours: Measured) -> list[Target]:
    """Return the dashboard's figures with their limits."""
    return [
        Target("first paint", ours.first_paint_s, 0.6, "s"),
        Target("all four panes live", ours.live_s, 2.0, "s"),
        Target("screen, CPU", ours.screen.cpu_percent, 3.0, "%"),
        Target("screen, to the terminal", ours.bytes_per_s / 1000, 6.0, "KB/s"),
        Target("screen, resident", ours.screen.rss_mb, 60.0, "MB"),
        Target("tracer, CPU", ours.others.cpu_percent, 3.0, "%"),
    ]


def row(name: str, measured: Measured) -> list[str]:
    """Return a program's line of the table."""
    figures = [
        f"{measured.first_paint_s:.2f} s",
        f"{measured.live_s:.2f} s",
        f"{measured.bytes_per_s / 1000:.1f}",
        f"{measured.screen.cpu_percent:.1f}",
        f"{measured.screen.rss_mb:.0f}",
    ]
    has_tracer = measured.others.rss_mb > 0
    others = [f"{measured.others.cpu_percent:.1f}", f"{measured.others.rss_mb:.0f}"] if has_tracer else ["", ""]
    return [name, *figures, *others]


def main() -> int:
    """Measure, print both tables, judge."""
    parser = argparse.ArgumentParser(description="cost of the screen")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--processes", type=int, default=2000)
    parser.add_argument("--check", action="store_true", help="fail where a target is missed")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        spinners = build_loads(Path(directory))["spinners"]
        with load(spinners, arguments.processes):
            ours = measure(TRACETOP, arguments.seconds, painted, live)
            peers = {
                "htop": measure(["htop", "-d", "10"], arguments.seconds, anything, anything),
                bpftrace_version(): measure(["bpftrace", "-e", ONE_LINER], arguments.seconds, anything, anything),
            }
    print(f"\n160x50, {arguments.processes} processes, {CHANGING_PERCENT}% of rows change each second")
    headings = ["", "first paint", "live", "KB/s", "CPU %", "MB", "tracer CPU %", "tracer MB"]
    print(format_table(headings, [row(name, m) for name, m in {"tracetop": ours, **peers}.items()]))
    found = targets(ours)
    print()
    print(format_table(["tracetop", "", ""], [[t.name, judged(t.value, t.limit), t.unit] for t in found]))
    return 1 if arguments.check and any(target.value > target.limit for target in found) else 0


if __name__ == "__main__":
    sys.exit(main())
