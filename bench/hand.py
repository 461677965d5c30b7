"""Attaches a hand-written C program of bench/hand/, or empty ones on its hooks, until standard input ends.

    python -m bench.hand FILE.c [--bare | --empty]

A hand-written program is the least C for the job of one bundled script. The name of each of its functions says its
hook: ``on_rawtracepoint__EVENT``, ``on_tracepoint__CATEGORY__EVENT`` or ``on_profile__HZ`` (with ``on_``, since BCC
attaches by itself what is called ``tracepoint__``). It is loaded and attached by the same code as tracetop's own
programs. `--bare` leaves its live filter out.
"""

import re
import sys
from pathlib import Path

from tracetop.bpf.attach import attach
from tracetop.bpf.compile import compile_program
from tracetop.bpf.kernel import RunningKernel
from tracetop.bpf.load import load_functions
from tracetop.model.buckets import BUCKET_C, LOG_BUCKETS
from tracetop.model.program import ProbeKind, ProbeSpec, Program

_TASK_FIELDS = ("pid", "tgid", "comm")
_FUNCTION = re.compile(r"^int on_(\w+)\(.*\)$", re.MULTILINE)


def hand_program(file: Path, *, bare: bool, empty: bool) -> Program:
    """Return the C of `file` with what it needs before it; `bare`: no filter, `empty`: its functions do nothing."""
    text = file.read_text()
    functions = _FUNCTION.findall(text)
    if empty:
        text = "\n".join(f"int on_{name}(void *ctx) {{ return 0; }}" for name in functions)
    constants = {"LOG_BUCKETS": LOG_BUCKETS} | {f"TASK_{name.upper()}": _task_offset(name) for name in _TASK_FIELDS}
    if bare:
        constants["BARE"] = 1
    defines = "\n".join(f"#define {name} {value}" for name, value in constants.items())
    prelude = f"#include <linux/bpf_perf_event.h>\n{defines}\n{BUCKET_C}\n{file.with_name('common.h').read_text()}"
    probes = tuple(_probe(name) for name in functions)
    return Program(name=file.stem, script="", c_text=f"{prelude}\n{text}", maps=(), probes=probes)


def _task_offset(name: str) -> int:
    found = RunningKernel().field_offset("task_struct", name)
    if found is None:
        raise ValueError(f"task_struct has no field {name} in this kernel's BTF")
    return found[0]


def _probe(hook: str) -> ProbeSpec:
    function = f"on_{hook}"
    names = (hook.replace("__", ":"),)
    match hook.split("__"):
        case ["rawtracepoint", event]:
            return ProbeSpec(function=function, kind=ProbeKind.RAW_TRACEPOINT, event=event, names=names)
        case ["tracepoint", category, event]:
            return ProbeSpec(function=function, kind=ProbeKind.TRACEPOINT, category=category, event=event, names=names)
        case ["profile", rate]:
            return ProbeSpec(function=function, kind=ProbeKind.PROFILE, period=int(rate), names=names)
    raise ValueError(f"on_{hook} names no hook")


def main() -> None:
    """Attach, then wait."""
    program = hand_program(Path(sys.argv[1]).resolve(), bare="--bare" in sys.argv, empty="--empty" in sys.argv)
    module = compile_program(program)
    descriptors = []
    for probe, program_fd in load_functions(module, program)[0]:
        descriptors += attach(probe, program_fd)
    sys.stdin.read()


if __name__ == "__main__":
    main()
