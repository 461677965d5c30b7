"""``tracetop doctor``: what this machine can trace, and what to do about the rest."""

import argparse
import sys

from tracetop.cli.arguments import command_parser
from tracetop.errors import PrivilegeError


def parser() -> argparse.ArgumentParser:
    """Return the parser of ``tracetop doctor``."""
    parser = command_parser(
        "tracetop doctor",
        "Check what this machine can trace: kernel, rights, BCC, kinds of probes, and every script that "
        "tracetop ships, each compiled, loaded and attached for a moment.",
        "The exit code is 0 where all panes of the dashboard can run, else that of the first cause.",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object, as docs/commands.md says")
    return parser


def run(words: list[str]) -> int:
    """Print the findings; return the exit code."""
    found = parser().parse_args(words)
    from tracetop.headless.inspect import print_findings  # noqa: PLC0415 - --help needs none of this
    from tracetop.model.wire.inquiries import Examine  # noqa: PLC0415
    from tracetop.source.inquirer import ask  # noqa: PLC0415

    try:
        return print_findings(ask(Examine()), sys.stdout, as_json=found.json)
    except PrivilegeError as error:  # then as much as can be said without root
        print(f"without root: {error.diagnostic.why}", file=sys.stderr)
        return print_findings(ask(Examine(), privileged=False), sys.stdout, as_json=found.json)
