"""``tracetop list``: the probes that this kernel has, as ``bpftrace -l`` lists them."""

import argparse
import sys

from tracetop.cli.arguments import command_parser, positive

_PATTERNS = """\
patterns:
  tracepoint:syscalls:*     probes of a kind; * and ? are wildcards
  '*sched*'                 any kind of probe
  software                  all of a kind
  uprobe:/bin/bash:read*    functions of a program or library
  usdt:libc:*               its static probes
  /bin/bash                 both
  'struct task_struct'      a type of the kernel; with -v its definition"""


def parser() -> argparse.ArgumentParser:
    """Return the parser of ``tracetop list``."""
    parser = command_parser("tracetop list", "List the probes that a script can use on this machine.", _PATTERNS)
    add = parser.add_argument
    add("pattern", nargs="?", default="*", metavar="PATTERN", help="which probes (default: all of the kernel's)")
    add("-v", dest="verbose", action="store_true", help="with the arguments of each, and their types")
    add(
        "-p", dest="pid", type=positive, default=0, metavar="PID", help="uprobe:* and usdt:* of this process's binaries"
    )
    return parser


def run(words: list[str]) -> int:
    """Print them; return the exit code."""
    found = parser().parse_args(words)
    from tracetop.headless.inspect import print_listing  # noqa: PLC0415 - --help needs none of this
    from tracetop.model.wire.inquiries import ListProbes  # noqa: PLC0415
    from tracetop.source.inquirer import ask  # noqa: PLC0415
    from tracetop.source.thread_ids import named_process  # noqa: PLC0415

    return print_listing(ask(ListProbes(found.pattern, found.verbose, named_process(found.pid))), sys.stdout)
