"""C text to loaded programs: clang through BCC, against our own headers, then the kernel's verifier.

Owns: the compile's surroundings (directory, flags, watchdog) and the reasons of a refusal. Refuses to own: where a
program is attached. Two compiles at once crash in LLVM: the tracer's one thread only.
"""

import atexit
import ctypes
import errno
import faulthandler
import os
import platform
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tracetop.bpf.find import load_bcc
from tracetop.bpf.output import Output
from tracetop.errors import KernelError, PrivilegeError, VerifierError
from tracetop.model.program import ProbeKind, ProbeSpec, Program

HEADERS = Path(__file__).with_name("headers")
COMPILE_LIMIT_S = 30
"""A compile takes 0.2 s; one that takes this long hangs, and nothing but the process's end stops clang."""
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
_MEND_REFUSED = "simplify the script, or report it: the compiler should not emit what the kernel refuses"


def compile_program(program: Program, printed_fd: int | None = None) -> Any:
    """Return the `bcc.BPF` object of `program`: compiled, its maps made, its functions not yet loaded.

    What clang prints is kept in the file behind `printed_fd` if one is given, for whoever survives this process.

    VerifierError where clang refuses the text, KernelError or PrivilegeError where the kernel refuses a map.
    """
    bcc = load_bcc()
    output = Output(printed_fd)
    module = bcc.BPF.__new__(bcc.BPF)
    try:
        with _inside(HEADERS), _watched(output.saved_stderr):
            module.__init__(text=program.c_text.encode(), cflags=_flags())
    except Exception as error:  # BCC raises Exception itself; its reason is only printed.
        raise _refused_text(program, output.drain() or str(error)) from error
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
        raise _refused_function(probe, program, code, log.value.decode(errors="replace"))
    return descriptor


def _flags() -> list[str]:
    major, minor, patch = kernel_version(platform.release())
    return [
        f"-DTT_LINUX_VERSION_CODE={(major << 16) + (minor << 8) + min(patch, 255)}",
        f"-DTT_PAGE_SIZE={os.sysconf('SC_PAGE_SIZE')}",
        "-Wno-unused-function",
    ]


def kernel_version(release: str) -> tuple[int, int, int]:
    """Return the three numbers at the head of a kernel's release name; what is not there is 0."""
    match = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?", release)
    return (int(match[1]), int(match[2]), int(match[3] or 0)) if match else (0, 0, 0)


@contextmanager
def _inside(directory: Path) -> Iterator[None]:
    """Work in `directory`, named to BCC as the kernel's source.

    BCC puts the working directory first on clang's include path, where a stranger's ``linux/types.h`` might lie,
    and changes it while it compiles.
    """
    before = os.open(".", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    os.environ["BCC_KERNEL_SOURCE"] = str(directory)
    try:
        os.chdir(directory)
        yield
    finally:
        os.fchdir(before)
        os.close(before)
        del os.environ["BCC_KERNEL_SOURCE"]


@contextmanager
def _watched(log_fd: int) -> Iterator[None]:
    """End the process, with a traceback on `log_fd`, when what is inside takes longer than COMPILE_LIMIT_S.

    A signal handler would not do: Python's run between byte codes, and the thread is inside libbcc.
    """
    faulthandler.dump_traceback_later(COMPILE_LIMIT_S, exit=True, file=log_fd)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()


def _refused_text(program: Program, printed: str) -> KernelError | PrivilegeError | VerifierError:
    """Say why BCC gave up, from what it printed."""
    map_failure = re.search(r"could not open bpf map: (.*)", printed)
    if map_failure and "not permitted" in map_failure[1]:
        return not_permitted(f"create the maps of {program.name}", map_failure[1])
    if map_failure:
        return KernelError(
            f"{program.name}: the kernel refuses a map",
            why=map_failure[1],
            mend="see `tracetop doctor`",
            detail=printed,
        )
    return VerifierError(
        f"{program.name}: the C compiler refuses the script",
        why=clang_reason(printed),
        mend=_MEND_REFUSED,
        detail=printed,
    )


def _refused_function(
    probe: ProbeSpec, program: Program, code: int, log: str
) -> KernelError | PrivilegeError | VerifierError:
    what = f"{program.name}: the kernel refuses the program of {', '.join(probe.names)}"
    reason = verifier_reason(log)
    where = f"{program.name}.bt:{probe.line}"
    if code == errno.E2BIG:
        # libbcc asks for no log then: what is too long is the verifier's walk, not one instruction.
        reason = "the program has too many instructions, or a loop with too many rounds, for the verifier"
    if reason:
        return VerifierError(what, why=reason, mend=_MEND_REFUSED, where=where, detail=log)
    if code in (errno.EPERM, errno.EACCES):
        return not_permitted(f"load the program of {', '.join(probe.names)}", os.strerror(code))
    return KernelError(what, why=os.strerror(code), mend="see `tracetop doctor`", where=where, detail=log)


def not_permitted(what: str, why: str) -> PrivilegeError:
    """Return the error of a bpf(2) call that was answered with EPERM."""
    return PrivilegeError(
        f"not permitted to {what}", why=why, mend="run as root, or see `tracetop doctor` for what forbids it"
    )


def clang_reason(printed: str) -> str:
    """Return clang's first error as one line: its line of the C text, and the message."""
    error = re.search(r"^(?:[^\n:]*:(\d+):\d+: )?(?:fatal )?error: (.*)$", printed, re.MULTILINE)
    if error:
        return f"line {error[1]} of the C text: {error[2]}" if error[1] else error[2]
    lines = [line for line in printed.splitlines() if line.strip()]
    return lines[-1].strip() if lines else "no reason given"


def verifier_reason(log: str) -> str:
    """Return the verifier's last word, and the C line that it was at where the log has one; empty for no log."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    words = [line for line in lines if not re.match(r"processed \d+ insns|verification time|stack depth", line)]
    if not words:
        return ""
    source = next((line[1:].split(" @ ")[0].strip() for line in reversed(words) if line.startswith(";")), "")
    return f"{words[-1]} (at: {source})" if source else words[-1]
