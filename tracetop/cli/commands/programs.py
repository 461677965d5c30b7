"""``tracetop programs``: the BPF programs and maps that are loaded on this machine."""

import argparse
import sys

from tracetop.cli.arguments import command_parser, interval


def parser() -> argparse.ArgumentParser:
    """Return the parser of ``tracetop programs``."""
    parser = command_parser(
        "tracetop programs",
        "List the BPF programs and maps of this machine, whoever loaded them: owner, type, hook, memory, "
        "and what each program costs, measured for a moment with the kernel's own statistics.",
    )
    add = parser.add_argument
    add(
        "-s", dest="window_s", type=interval, default=1.0, metavar="SECONDS", help="measure for so long, 0.25 to 10 (1)"
    )
    add("--json", action="store_true", help="one JSON object, as docs/commands.md says")
    return parser


def run(words: list[str]) -> int:
    """Print them; return the exit code."""
    found = parser().parse_args(words)
    from tracetop.headless.inspect import print_programs  # noqa: PLC0415 - --help needs none of this
    from tracetop.model.wire.inquiries import ListPrograms  # noqa: PLC0415
    from tracetop.source.inquirer import ask  # noqa: PLC0415

    return print_programs(ask(ListPrograms(found.window_s)), sys.stdout, as_json=found.json)
