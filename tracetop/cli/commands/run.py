"""``tracetop run``: a script as bpftrace would run it."""

import argparse
import os
import re
import signal
import stat
import sys
from contextlib import nullcontext
from io import BufferedWriter
from pathlib import Path
from typing import BinaryIO

from tracetop.cli.arguments import command_parser, positive
from tracetop.errors import UsageError
from tracetop.headless.streams import Output
from tracetop.model.filter import Filter
from tracetop.model.wire.messages import Run
from tracetop.source.script_files import script_text, typed_text
from tracetop.source.script_headers import Headers
from tracetop.source.thread_ids import named_process

_NOTES = """\
A script prints as under bpftrace, and so do its maps when it ends: by exit(), by Ctrl-C, or with -p's or -c's process.
cat() and system() act with your rights, not the tracer's; system() and signal() need --unsafe."""
_STDIN = "-"
_STAGE_OF = {
    "ast": "ast",
    "typed": "typed",
    "types": "typed",
    "c": "c",
    "codegen": "c",
    "codegen-opt": "c",
    "all": "ast typed c",
}
_STAGES = "ast, types, codegen (C) or all"
"""Stages of the compiler, by our names and bpftrace's."""


def parser() -> argparse.ArgumentParser:
    """Return the parser of ``tracetop run``."""
    parser = command_parser("tracetop run", "Run a script in bpftrace's language, with bpftrace's output.", _NOTES)
    add = parser.add_argument
    add("words", nargs="*", metavar="FILE|PARAM", help="the script's file (- is standard input), then its $1, $2, ...")
    add("-e", dest="program", metavar="PROGRAM", help="run this instead of a file")
    add("-p", "--pid", type=positive, default=0, metavar="PID", help="trace this process only; end with it")
    add("-c", "--cmd", dest="command", metavar="COMMAND", help="start it once the probes are attached; end with it")
    add("-o", "--output", metavar="FILE", help="print to this file instead of standard output")
    add("-f", dest="format", choices=("text", "json"), default="text", help="of the output (text)")
    add("-B", dest="buffer", choices=("line", "full", "none"), default="line", help="when output is written (line)")
    add("-q", "--quiet", action="store_true", help="without the line about attached probes")
    add("-v", "--verbose", action="store_true", help="more about errors, and how -c's command ended")
    add("-k", "--warnings", dest="tells_reads", action="count", default=0, help="tell of reads of memory that fail")
    add("--no-warnings", dest="warnings", action="store_false", help="without warnf() and what is odd at run time")
    add("-I", dest="folders", action="append", default=[], metavar="DIR", help="look for headers there too")
    add(
        "--include", dest="headers", action="append", default=[], metavar="FILE", help="as #include at the script's top"
    )
    add(
        "--probe-filter", type=pattern, default="", metavar="REGEX", help="only probes whose names match, BEGIN and END"
    )
    add("--usdt-file-activation", action="store_true", help="nothing: static probes are always enabled so")
    add("-d", "--debug", type=stages, action="extend", default=[], metavar="STAGE", help=f"show instead: {_STAGES}")
    add("--dry-run", action="store_true", help="end once all probes are attached; nothing is counted or printed")
    add("--mode", default="", choices=("bench",), help="bench: measure the script's bench probes; run nothing else")
    add("--bench", dest="mode", action="store_const", const="bench", help="the same as --mode bench")
    add("--unsafe", action="store_true", help="allow system() and signal()")
    return parser


def stages(text: str) -> list[str]:
    """Return the stages that a word of -d names, as argparse has a type say it."""
    named = [word.strip() for word in text.split(",")]
    wrong = next((word for word in named if word not in _STAGE_OF), None)
    if wrong is not None:
        raise argparse.ArgumentTypeError(f"{wrong} is none of {_STAGES}")
    return [stage for word in named for stage in _STAGE_OF[word].split()]


def pattern(text: str) -> str:
    """Return a regular expression, as argparse has a type say it."""
    try:
        re.compile(text)
    except re.error as error:
        raise argparse.ArgumentTypeError(f"{text} is no regular expression: {error}") from error
    return text


def parse(words: list[str]) -> argparse.Namespace:
    """Return what the words say; after a ``--`` all are the script's, whatever they look like."""
    end = words.index("--") if "--" in words else len(words)
    found = parser().parse_intermixed_args(words[:end])
    found.words += words[end + 1 :]
    return found


def run(words: list[str]) -> int:
    """Run it to its end; return the exit code."""
    found = parse(words)
    found.pid = named_process(found.pid)
    from tracetop.headless.run import STOPPING, Style, run_script  # noqa: PLC0415 - --help needs none of this
    from tracetop.source.child import Child  # noqa: PLC0415
    from tracetop.source.live import LiveSource  # noqa: PLC0415
    from tracetop.source.privileges import drop_privileges, has_privilege, sudo_user  # noqa: PLC0415
    from tracetop.source.spawner import RUNNER, Spawner  # noqa: PLC0415

    if found.program is None and not found.words:
        raise UsageError("nothing to run", why="neither a file nor -e was given", hint="tracetop run FILE.bt")
    as_root = has_privilege()
    child = Child(found.command) if found.command is not None else None
    source = LiveSource(Spawner(RUNNER))
    try:
        if not found.unsafe or sudo_user():  # what system() starts in a root login has a root login's rights
            drop_privileges()
        name, text = _script(found, as_root=as_root)
        with open_output(found.output) if found.output is not None else nullcontext(sys.stdout.buffer) as out:
            order = order_of(found, name, text, child=child.pid if child else 0)
            source.send(order)
            style = Style(quiet=found.quiet, verbose=found.verbose, buffered=found.buffer == "full")
            for number in STOPPING:  # what `run_script` puts back: once the run is over, its code stands
                signal.signal(number, signal.SIG_IGN)
            return run_script(source, order, style, out, child)
    finally:
        source.close()


def order_of(found: argparse.Namespace, name: str, text: str, *, child: int) -> Run:
    """Return the order to run a script, from what `parse` found."""
    return Run(
        name=name,
        script=text,
        params=tuple(found.words if found.program is not None else found.words[1:]),
        filter=Filter(pid=found.pid),
        pid=found.pid,
        child=child,
        mode=found.mode,
        unsafe=found.unsafe,
        dry_run=found.dry_run,
        probe_filter=found.probe_filter,
        warnings=found.warnings,
        tells_reads=bool(found.tells_reads),
        debug=tuple(found.debug),
        json=found.format == "json",
        environment={name: text for name, text in os.environ.items() if name.startswith("BPFTRACE_")},
        file="stdin" if found.program is not None or found.words[:1] == [_STDIN] else next(iter(found.words), ""),
    )


def _script(found: argparse.Namespace, *, as_root: bool) -> tuple[str, str]:
    """Return the script's name and text."""
    headers = Headers(tuple(found.folders), tuple(found.headers))
    if found.program is not None:
        return "script", typed_text(found.program, as_root=as_root, headers=headers)
    path = found.words[0]
    if "{" in path and not Path(path).exists():
        raise UsageError(
            f"there is no file {path}", why="it looks like a program", hint=f"write -e before it: -e '{path}'"
        )
    if path != _STDIN:
        return Path(path).stem, script_text(path, as_root=as_root, headers=headers)
    try:
        return "stdin", typed_text(sys.stdin.buffer.read().decode(), as_root=as_root, headers=headers)
    except UnicodeDecodeError as error:
        raise UsageError(
            "standard input is not a script", why="it is not UTF-8 text", hint="pipe a text file"
        ) from error


def open_output(path: str) -> BinaryIO:
    """Open what is printed to. UsageError where it cannot be, or where another user could have it written elsewhere."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NOCTTY, 0o666)
    except OSError as error:
        raise UsageError(
            f"cannot write to {path}", why=error.strerror or "", hint="name a file in a folder of your own, no link"
        ) from error
    found = os.fstat(descriptor)
    if stat.S_ISREG(found.st_mode):
        if found.st_uid != os.geteuid():
            os.close(descriptor)
            raise UsageError(f"will not write to {path}", why="it is another user's file", hint="name another file")
        os.ftruncate(descriptor, 0)
    return BufferedWriter(Output(descriptor, closefd=True))
