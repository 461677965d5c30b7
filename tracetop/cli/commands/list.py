"""``tracetop list``: the probes that this kernel has, as ``bpftrace -l`` lists them."""

import argparse
import sys
from pathlib import Path

from tracetop.cli.arguments import command_parser, positive
from tracetop.model.wire.inquiries import ListProbes, ListScript

_PATTERNS = """\
patterns, one or several, also with commas between them:
  tracepoint:syscalls:*     probes of a kind; * and ? are wildcards
  '*sched*'                 any kind of probe
  software                  all of a kind
  uprobe:/bin/bash:read*    functions of a program or library
  usdt:libc:*               its static probes
  /bin/bash                 both
  'struct task_struct'      a type of the kernel; with -v its definition
  script.bt                 those that a script would be on; so with -e"""
_SCRIPT = ".bt"


def parser() -> argparse.ArgumentParser:
    """Return the parser of ``tracetop list``."""
    parser = command_parser("tracetop list", "List the probes that a script can use on this machine.", _PATTERNS)
    add = parser.add_argument
    add("patterns", nargs="*", metavar="PATTERN|FILE", help="which probes (default: all of the kernel's), or a script")
    add("-e", dest="program", metavar="PROGRAM", help="the probes of this script")
    add("-v", dest="verbose", action="store_true", help="with the arguments of each, and their types")
    add("-p", dest="pid", type=positive, default=0, metavar="PID", help="those in this process's binaries, or on it")
    return parser


def run(words: list[str]) -> int:
    """Print them; return the exit code."""
    found = parser().parse_args(words)
    from tracetop.headless.inspect import print_listing  # noqa: PLC0415 - --help needs none of this
    from tracetop.source.inquirer import ask  # noqa: PLC0415
    from tracetop.source.thread_ids import named_process  # noqa: PLC0415

    found.pid = named_process(found.pid)
    return print_listing(ask(question(found)), sys.stdout)


def question(found: argparse.Namespace) -> ListProbes | ListScript:
    """Return what the words ask for; a script's text is read as the user."""
    from tracetop.source.privileges import has_privilege  # noqa: PLC0415
    from tracetop.source.script_files import script_text, typed_text  # noqa: PLC0415

    as_root, words = has_privilege(), tuple(found.patterns)
    if found.program is not None:
        text = typed_text(found.program, as_root=as_root)
        return ListScript("script", text, words, found.verbose, found.pid)
    if words and words[0].endswith(_SCRIPT) and Path(words[0]).is_file():
        text = script_text(words[0], as_root=as_root)
        return ListScript(Path(words[0]).stem, text, words[1:], found.verbose, found.pid)
    everything = ("uprobe:*:*", "usdt:*:*") if found.pid else ("*",)
    return ListProbes(words or everything, found.verbose, found.pid)
