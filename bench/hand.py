"""Attaches a hand-written C program of bench/hand/, or empty ones on its hooks, until standard input ends.

    python -m bench.hand FILE.c [--empty]

A hand-written program is the least C for the job of one bundled script. The name of each of its functions is its
hook: ``rawtracepoint__EVENT``, ``tracepoint__CATEGORY__EVENT``, ``software__EVENT__PERIOD`` or ``profile__HZ``, with
``_`` for ``-``. It is loaded and attached by the same code as tracetop's own programs.
"""

import re
import sys
from pathlib import Path

from tracetop.bpf.attach import attach
from tracetop.bpf.compile import compile_program, load_function
from tracetop.model.buckets import BUCKET_C, LOG_BUCKETS
from tracetop.model.program import ProbeKind, ProbeSpec, Program

_FUNCTION = re.compile(r"^int (\w+)\((.*)\)$", re.MULTILINE)


def hand_program(file: Path, *, empty: bool) -> Program:
    """Return the C of `file` with the project's bucket function before it; `empty`: its functions do nothing."""
    text = file.read_text()
    functions = _FUNCTION.findall(text)
    if empty:
        text = "\n".join(f"int {name}({arguments}) {{ return 0; }}" for name, arguments in functions)
    prelude = f"#include <linux/bpf_perf_event.h>\n#define LOG_BUCKETS {LOG_BUCKETS}\n{BUCKET_C}"
    probes = tuple(_probe(name) for name, _ in functions)
    return Program(name=file.stem, script="", c_text=f"{prelude}\n{text}", maps=(), probes=probes)


def _probe(function: str) -> ProbeSpec:
    kind, *parts = function.split("__")
    names = (":".join((kind, *parts)),)
    match kind, *parts:
        case ["rawtracepoint", event]:
            return ProbeSpec(function=function, kind=ProbeKind.RAW_TRACEPOINT, event=event, names=names)
        case ["tracepoint", category, event]:
            return ProbeSpec(function=function, kind=ProbeKind.TRACEPOINT, category=category, event=event, names=names)
        case ["software", event, period]:
            kernel_name = event.replace("_", "-")
            return ProbeSpec(
                function=function, kind=ProbeKind.SOFTWARE, event=kernel_name, period=int(period), names=names
            )
        case ["profile", rate]:
            return ProbeSpec(function=function, kind=ProbeKind.PROFILE, period=int(rate), names=names)
    raise ValueError(f"{function} names no hook")


def main() -> None:
    """Attach, then wait."""
    program = hand_program(Path(sys.argv[1]).resolve(), empty="--empty" in sys.argv)
    module = compile_program(program)
    descriptors = []
    for probe in program.probes:
        descriptors += attach(probe, load_function(module, probe, program))
    sys.stdin.read()


if __name__ == "__main__":
    main()
