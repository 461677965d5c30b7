"""``tracetop batch``: the numbers of the panes at every tick, as text or JSON."""

import argparse
import sys

from tracetop.cli.arguments import PANES, add_pane_options, command_parser, pane_arguments, positive
from tracetop.cli.show import show
from tracetop.source.source import Source


def parser() -> argparse.ArgumentParser:
    """Return the parser of ``tracetop batch``."""
    parser = command_parser("tracetop batch", "Print the numbers of the panes at every tick, as top -b does.", PANES)
    add_pane_options(parser)
    parser.add_argument("-n", dest="ticks", type=positive, metavar="TICKS", help="end after so many (default: never)")
    parser.add_argument("--json", action="store_true", help="one JSON object a tick and line, as docs/json.md says")
    return parser


def run(words: list[str]) -> int:
    """Print until the ticks are over; return the exit code."""
    found = parser().parse_args(words)

    def read(source: Source, _: tuple[str, ...]) -> int:
        from tracetop.headless.batch import run_batch  # noqa: PLC0415 - --help needs none of this

        return run_batch(source, found.ticks, found.json, sys.stdout)

    return show(pane_arguments(found), read, asks=False)
