"""What the words on the command line mean. Pure but for argparse's own way to end on an error (exit code 2)."""

import argparse
import math
import os

import msgspec

from tracetop import __version__
from tracetop.errors import UsageError
from tracetop.model.control import COMM_BYTES, Filter, parse_filter

BUNDLED = ("syscalls", "latency", "processes", "stacks")
"""The panes of the default dashboard, in the order of their digits."""
_DASHBOARD = """\
panes: {panes}, or a script's file ending in .bt

other commands:
  tracetop batch       the same numbers as text or JSON, without a screen
"""
_EXIT_CODES = """\
exit codes: 0 done, 1 a bug, 2 wrong usage, 3 a script is wrong, 4 no privilege,
  5 the kernel cannot, 6 BCC is not installed, 7 the tracer died, 128+n signal n
"""


class Arguments(msgspec.Struct, frozen=True, kw_only=True):
    """A command line, understood."""

    batch: bool
    panes: tuple[str, ...]
    """Names of bundled panes and files ending in .bt, in order."""
    programs: tuple[str, ...]
    """Scripts given with -e."""
    filter: Filter
    interval_s: float
    ticks: int | None = None
    json: bool = False


def parse(words: list[str]) -> Arguments:
    """Return what the words say. UsageError for a wrong filter; argparse prints and exits for the rest."""
    batch = words[:1] == ["batch"]
    parser = _batch_parser() if batch else _dashboard_parser()
    found = parser.parse_args(words[1:] if batch else words)
    return Arguments(
        batch=batch,
        panes=tuple(found.panes) or (() if found.programs else BUNDLED),
        programs=tuple(found.programs),
        filter=_filter(found.filter, found.pid, found.comm),
        interval_s=found.interval,
        ticks=found.ticks if batch else None,
        json=found.json if batch else False,
    )


def _filter(text: str, pid: int, comm: str) -> Filter:
    """Return the filter of -f, -p and -c together; -c is one name, spaces and all (``tmux: server``)."""
    both = parse_filter(f"{text} pid={pid}" if pid else text)
    if not comm:
        return both
    if both.comm:
        raise UsageError("two task names to filter by", why="a process has one", mend="leave out -c, or the name in -f")
    if not 0 < len(os.fsencode(comm.removesuffix("*"))) < COMM_BYTES:
        raise UsageError(
            f"not a task name: {comm}",
            why=f"a task name has 1 to {COMM_BYTES - 1} bytes",
            mend=f"give its first {COMM_BYTES - 1}, or a prefix with * behind it",
        )
    return Filter(both.pid, comm)


def _dashboard_parser() -> argparse.ArgumentParser:
    parser = _parser("tracetop", "Live system calls, latencies, processes and kernel stacks, by eBPF.")
    parser.epilog = _DASHBOARD.format(panes=", ".join(BUNDLED)) + "\n" + _EXIT_CODES
    parser.add_argument("--version", action="version", version=f"tracetop {__version__}")
    return parser


def _batch_parser() -> argparse.ArgumentParser:
    parser = _parser("tracetop batch", "Print the numbers of the panes at every tick, as top -b does.")
    parser.epilog = f"panes: {', '.join(BUNDLED)}, or a script's file ending in .bt\n\n{_EXIT_CODES}"
    parser.add_argument("-n", dest="ticks", type=_positive, metavar="TICKS", help="end after so many (default: never)")
    parser.add_argument("--json", action="store_true", help="one JSON object a tick and line, as docs/json.md says")
    return parser


def _parser(name: str, description: str) -> argparse.ArgumentParser:
    """Return what both commands understand."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog=name, description=description, formatter_class=raw, allow_abbrev=False)
    add = parser.add_argument
    add("panes", nargs="*", metavar="PANE|FILE.bt", help="what to show (default: all four panes)")
    add("-e", dest="programs", action="append", default=[], metavar="PROGRAM", help="show this script as a pane")
    add("-p", dest="pid", type=_positive, default=0, metavar="PID", help="count only this process")
    add("-c", dest="comm", default="", metavar="COMM", help="count only tasks of this name; prefix* for a prefix")
    add("-f", dest="filter", default="", metavar="FILTER", help="both in one: 812, nginx, ngin*, 'pid=812 comm=nginx'")
    add("-i", dest="interval", type=_interval, default=1.0, metavar="SECONDS", help="between ticks, 0.25 to 10 (1)")
    return parser


def _positive(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text} is not a whole number above zero")
    return int(text)


def _interval(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0.25 <= seconds <= 10:
        raise argparse.ArgumentTypeError(f"{text} is not between 0.25 and 10 seconds")
    return seconds
