"""What the words are that several commands understand. Pure; words that are wrong are a UsageError (code 2)."""

import argparse
import math
import os
from textwrap import fill
from typing import NoReturn

import msgspec

from tracetop.errors import UsageError, did_you_mean
from tracetop.library import DEFAULT
from tracetop.model.filter import COMM_BYTES, Filter, check_name, parse_filter
from tracetop.source.thread_ids import named_process

PANES = f"panes: {', '.join(DEFAULT)} and more (tracetop --panes), or a script's file ending in .bt"
HELP_COLUMNS = 80
"""Of paragraphs in a help text; argparse wraps the options itself."""
EXIT_CODES = """\
exit codes: 0 done, 1 a bug or output that cannot be written, 2 wrong usage,
  3 a script is wrong, 4 no privilege, 5 the kernel cannot, 6 BCC is not installed,
  7 the tracer died, 128+n signal n
"""


class Arguments(msgspec.Struct, frozen=True, kw_only=True):
    """What to trace, for the commands that show panes."""

    panes: tuple[str, ...]
    """Names of bundled panes and files ending in .bt, in order."""
    programs: tuple[str, ...]
    """Scripts given with -e."""
    filter: Filter
    interval_s: float


class _Parser(argparse.ArgumentParser):
    """Says of wrong words what is said of everything else: what, and a hint."""

    def error(self, message: str) -> NoReturn:
        """Raise UsageError."""
        unknown = message.partition("unrecognized arguments: ")[2].split()
        help_ = f"see {self.prog} --help"
        hint = did_you_mean(unknown[0], self._option_string_actions, help_) if unknown else help_
        raise UsageError(f"{self.prog}: {message}", hint=hint)


def command_parser(name: str, description: str, *notes: str) -> argparse.ArgumentParser:
    """Return a parser without options whose help ends with `notes` and the exit codes, a paragraph each."""
    return _Parser(
        prog=name,
        description=_wrapped(description),
        epilog="\n\n".join(map(_wrapped, [*notes, EXIT_CODES])),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def _wrapped(text: str) -> str:
    return "\n".join(fill(line, HELP_COLUMNS) for line in text.splitlines())


def add_pane_options(parser: argparse.ArgumentParser) -> None:
    """Add what `pane_arguments` reads."""
    add = parser.add_argument
    add("panes", nargs="*", metavar="PANE|FILE.bt", help="what to show (default: all four panes)")
    add("-e", dest="programs", action="append", default=[], metavar="PROGRAM", help="show this script as a pane")
    add("-p", dest="pid", type=positive, default=0, metavar="PID", help="count only this process")
    add("-c", dest="comm", default="", metavar="COMM", help="count only tasks of this name; prefix* for a prefix")
    add("-f", dest="filter", default="", metavar="FILTER", help="both in one: 812, nginx, ngin*, 'pid=812 comm=nginx'")
    add("-i", dest="interval", type=interval, default=1.0, metavar="SECONDS", help="between ticks, 0.25 to 10 (1)")


def pane_arguments(found: argparse.Namespace) -> Arguments:
    """Return what the options of `add_pane_options` say. UsageError for a wrong filter."""
    return Arguments(
        panes=tuple(found.panes) or (() if found.programs else DEFAULT),
        programs=tuple(found.programs),
        filter=_of_process(_filter(found.filter, found.pid, found.comm)),
        interval_s=found.interval,
    )


def positive(text: str) -> int:
    """Return a whole number above zero, as argparse has a type say it."""
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text} is not a whole number above zero")
    return int(text)


def interval(text: str) -> float:
    """Return the seconds of an interval between ticks, as argparse has a type say it."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0.25 <= seconds <= 10:
        raise argparse.ArgumentTypeError(f"{text} is not between 0.25 and 10 seconds")
    return seconds


def _of_process(wanted: Filter) -> Filter:
    return Filter(named_process(wanted.pid), wanted.comm)


def _filter(text: str, pid: int, comm: str) -> Filter:
    """Return the filter of -f, -p and -c together; -c is one name, spaces and all (``tmux: server``)."""
    both = parse_filter(f"{text} pid={pid}" if pid else text)
    if not comm:
        return both
    if both.comm:
        raise UsageError("two task names to filter by", why="a process has one", hint="leave out -c, or the name in -f")
    check_name(comm)
    if not 0 < len(os.fsencode(comm.removesuffix("*"))) < COMM_BYTES:
        raise UsageError(
            f"not a task name: {comm}",
            why=f"a task name has 1 to {COMM_BYTES - 1} bytes",
            hint=f"give its first {COMM_BYTES - 1}, or a prefix with * after it",
        )
    return Filter(both.pid, comm)
