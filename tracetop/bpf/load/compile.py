"""C text to instructions: clang through BCC, against our own headers.

Owns: the call, its flags and options. Refuses to own: what must be so around a compile (`surroundings`), why one was
refused (`refusals`), and what becomes of the instructions (`load`). Two compiles at once crash in LLVM: the
tracer's one thread only.
"""

import atexit
import os
import platform
import re
import time
from typing import Any

from tracetop.bpf.load.bcc import load_bcc
from tracetop.bpf.load.compile_environment import surroundings
from tracetop.bpf.load.verifier_errors import refused_text
from tracetop.bpf.sys.captured_output import Output
from tracetop.bpf.sys.sysfs import possible_cpus
from tracetop.model.program import Program


def compile_program(program: Program, printed_fd: int | None = None) -> Any:
    """Return the `bcc.BPF` object of `program`: compiled, its maps made, its functions not yet loaded.

    What clang prints is kept in the file behind `printed_fd` if one is given, for whoever survives this process.

    VerifierError where clang refuses the text, KernelError or PrivilegeError where the kernel refuses a map.
    """
    bcc = load_bcc()
    output = Output(printed_fd)
    module = bcc.BPF.__new__(bcc.BPF)
    try:
        with surroundings(output.saved_stderr):
            module.__init__(text=program.c_text.encode(), cflags=_flags())
    except Exception as error:  # BCC raises Exception itself; its reason is only printed.
        raise refused_text(program, output.drain() or str(error)) from error
    finally:
        # The handler would keep a module that is closed, or was never made, until exit; `Loaded.close` does its work.
        atexit.unregister(module.cleanup)
        warnings = output.drain()
        output.restore()
        if warnings:
            os.write(2, warnings.encode(errors="surrogateescape"))
    return module


def _flags() -> list[str]:
    major, minor, patch = kernel_version(platform.release())
    return [
        f"-DTT_LINUX_VERSION_CODE={(major << 16) + (minor << 8) + min(patch, 255)}",
        f"-DTT_PAGE_SIZE={os.sysconf('SC_PAGE_SIZE')}",
        f"-DTT_CPUS={possible_cpus()}",
        # What a script spells out may well be odd; the checker has had its say.
        "-Wno-constant-logical-operand",
        "-Wno-integer-overflow",
        "-Wno-tautological-compare",
        f"-DTT_STARTED_NS={time.monotonic_ns()}ULL",
    ]


def kernel_version(release: str) -> tuple[int, int, int]:
    """Return the three numbers at the head of a kernel's release name; what is not there is 0."""
    match = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?", release)
    return (int(match[1]), int(match[2]), int(match[3] or 0)) if match else (0, 0, 0)
