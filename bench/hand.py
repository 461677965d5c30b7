"""Attaches a hand-written C program of bench/hand/, or empty ones on its hooks, until standard input ends.

    python -m bench.hand FILE.c [--bare | --empty]

A hand-written program is the least C for the job of one bundled script. The name of each of its functions says its
hook: ``on_rawtracepoint__EVENT``, ``on_tracepoint__CATEGORY__EVENT`` or ``on_profile__HZ`` (with ``on_``, since BCC
attaches by itself what is called ``tracepoint__``). It is loaded and attached by the same code as tracetop's own
programs. `--bare` leaves its live filter out. What a program sends through a ring buffer named ``tt_events`` is read,
and thrown away.
"""

import mmap
import re
import select
import sys
from pathlib import Path

from tracetop.bpf import Loaded, RunningKernel
from tracetop.model.abi.buckets import BUCKET_C, LOG_BUCKETS, SUB_BITS
from tracetop.model.kinds import ProbeKind
from tracetop.model.program import ProbeSpec, Program

_FIELDS = {
    "TASK_PID": ("task_struct", "pid"),
    "TASK_TGID": ("task_struct", "tgid"),
    "TASK_COMM": ("task_struct", "comm"),
    "TASK_MM": ("task_struct", "mm"),
    "TASK_REAL_PARENT": ("task_struct", "real_parent"),
    "MM_TOTAL_VM": ("mm_struct", "total_vm"),
}
_RING_BYTES = 1 << 22
_READ_EVERY_S = 0.1
_FUNCTION = re.compile(r"^int on_(\w+)\(.*\)$", re.MULTILINE)


def hand_program(file: Path, *, bare: bool, empty: bool) -> Program:
    """Return the C of `file` with what it needs before it; `bare`: no filter, `empty`: its functions do nothing."""
    text = file.read_text()
    functions = _FUNCTION.findall(text)
    if empty:
        text = "\n".join(f"int on_{name}(void *ctx) {{ return 0; }}" for name in functions)
    kernel = RunningKernel()
    constants = {"LOG_BUCKETS": LOG_BUCKETS, "SUB_BITS": SUB_BITS, "RING_PAGES": _RING_BYTES // mmap.PAGESIZE}
    constants |= {name: _offset(kernel, *field) for name, field in _FIELDS.items()}
    if kernel.arch == "x86_64":
        constants["TASK_STATUS"] = _offset(kernel, "task_struct", "thread_info") + _offset(
            kernel, "thread_info", "status"
        )
    if bare:
        constants["BARE"] = 1
    defines = "\n".join(f"#define {name} {value}" for name, value in constants.items())
    includes = "#include <linux/ptrace.h>\n#include <linux/bpf_perf_event.h>"
    prelude = f"{includes}\n{defines}\n{BUCKET_C}\n{file.with_name('common.h').read_text()}"
    probes = tuple(_probe(name) for name in functions)
    return Program(name=file.stem, script="", c_text=f"{prelude}\n{text}", maps=(), probes=probes)


def _offset(kernel: RunningKernel, struct: str, field: str) -> int:
    found = kernel.field_offset(struct, field)
    if found is None:
        raise ValueError(f"{struct} has no field {field} in this kernel's BTF")
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
    """Attach, then read what is sent until standard input ends."""
    program = hand_program(Path(sys.argv[1]).resolve(), bare="--bare" in sys.argv, empty="--empty" in sys.argv)
    loaded = Loaded.load(program)
    loaded.attach()
    if loaded.event_fd is None:
        sys.stdin.read()
    else:
        _read_events(loaded)


def _read_events(loaded: Loaded) -> None:
    """Read as a dashboard does, in turns: who waits for each event has the kernel wake it each time."""
    while not select.select([sys.stdin], [], [], _READ_EVERY_S)[0]:
        loaded.events()


if __name__ == "__main__":
    main()
