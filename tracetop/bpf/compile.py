"""C text to loaded programs: clang through BCC, against our own headers, then the kernel's verifier.

Owns: the two calls, their flags and options. Refuses to own: what must be so around a compile (`surroundings`), why
one was refused (`refusals`), and hooks. Two compiles at once crash in LLVM: the tracer's one thread only.
"""

import atexit
import ctypes
import os
import platform
import re
from typing import Any

from tracetop.bpf.find import load_bcc
from tracetop.bpf.output import Output
from tracetop.bpf.refusals import refused_function, refused_text
from tracetop.bpf.surroundings import surroundings
from tracetop.errors import VerifierError
from tracetop.model.program import ProbeKind, ProbeSpec, Program

_LOG_BYTES = 1 << 20
_TRACEPOINT, _PERF_EVENT, _RAW_TRACEPOINT = 5, 7, 17
_PROGRAM_TYPES = {
    ProbeKind.TRACEPOINT: _TRACEPOINT,
    ProbeKind.RAW_TRACEPOINT: _RAW_TRACEPOINT,
    ProbeKind.SOFTWARE: _PERF_EVENT,
    ProbeKind.PROFILE: _PERF_EVENT,
    ProbeKind.INTERVAL: _PERF_EVENT,
    ProbeKind.BEGIN: _RAW_TRACEPOINT,
    ProbeKind.END: _RAW_TRACEPOINT,
}


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


def load_function(module: Any, probe: ProbeSpec, program: Program) -> int:
    """Load one function of a compiled module; return the program's descriptor.

    VerifierError with the verifier's log, or KernelError or PrivilegeError where it did not come to that.
    """
    lib = load_bcc().lib
    name = probe.function.encode()
    start = lib.bpf_function_start(module.module, name)
    if not start:
        raise VerifierError(
            f"{program.name}: the compiled script has no function {probe.function}",
            mend="report it: the compiler names a function that it did not emit",
        )
    log = ctypes.create_string_buffer(_LOG_BYTES)
    output = Output()
    try:
        descriptor: int = lib.bcc_func_load(
            module.module,
            _PROGRAM_TYPES[probe.kind],
            name,
            start,
            lib.bpf_function_size(module.module, name),
            lib.bpf_module_license(module.module),
            lib.bpf_module_kern_version(module.module),
            0,
            log,
            _LOG_BYTES,
            None,
            0xFFFFFFFF,  # no expected attach type
        )
        code = ctypes.get_errno()
    finally:
        output.restore()
    if descriptor < 0:
        raise refused_function(probe, program, code, log.value.decode(errors="replace"))
    return descriptor


def _flags() -> list[str]:
    major, minor, patch = kernel_version(platform.release())
    return [
        f"-DTT_LINUX_VERSION_CODE={(major << 16) + (minor << 8) + min(patch, 255)}",
        f"-DTT_PAGE_SIZE={os.sysconf('SC_PAGE_SIZE')}",
    ]


def kernel_version(release: str) -> tuple[int, int, int]:
    """Return the three numbers at the head of a kernel's release name; what is not there is 0."""
    match = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?", release)
    return (int(match[1]), int(match[2]), int(match[3] or 0)) if match else (0, 0, 0)
