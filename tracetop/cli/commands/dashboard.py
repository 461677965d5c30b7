"""``tracetop [PANE|FILE.bt]...``: the live dashboard."""

import argparse
import sys
from functools import partial

from tracetop import __version__
from tracetop.cli.arguments import PANES, add_pane_options, command_parser, pane_arguments
from tracetop.cli.commands import COMMANDS
from tracetop.cli.scripts import print_panes
from tracetop.cli.show import show
from tracetop.errors import UsageError
from tracetop.source.privileges import has_privilege
from tracetop.source.script_files import offered_scripts
from tracetop.source.source import Source


def parser() -> argparse.ArgumentParser:
    """Return the parser of the dashboard, whose help lists the other commands."""
    others = "\n".join(["other commands:", *(f"  tracetop {name:8}  {about}" for name, about in COMMANDS.items())])
    description = "Live system calls, latencies, processes and kernel stacks, by eBPF."
    parser = command_parser("tracetop", description, PANES, others)
    add_pane_options(parser)
    parser.add_argument("--panes", dest="list_panes", action="store_true", help="list all panes and scripts, and end")
    parser.add_argument("--version", action="version", version=f"tracetop {__version__}")
    return parser


def run(words: list[str]) -> int:
    """Draw until the user leaves; return the exit code."""
    found = parser().parse_args(words)
    as_root = has_privilege()
    if found.list_panes:
        return print_panes(as_root=as_root)
    arguments = pane_arguments(found)
    _check_terminal()

    def read(source: Source, panes: tuple[str, ...]) -> int:
        from tracetop.ui.app import run_dashboard  # noqa: PLC0415 - takes a third of a second, the tracer loads then

        return run_dashboard(source, panes, arguments.filter, partial(offered_scripts, as_root=as_root))

    return show(arguments, read, asks=True)


def _check_terminal() -> None:
    """Refuse to draw into a file or a pipe. UsageError where a standard stream is not a terminal."""
    streams = {"input": sys.stdin, "output": sys.stdout, "error": sys.stderr}
    for name, stream in streams.items():
        if stream is None or not stream.isatty():
            raise UsageError(
                "the dashboard needs a terminal",
                why=f"standard {name} is not a terminal",
                hint="start it in one; `tracetop batch` prints the same numbers to a file or a pipe",
            )
