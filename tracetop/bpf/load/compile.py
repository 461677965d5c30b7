"""C text to instructions: clang through BCC, against our own headers.

Owns: the call, its flags, and what must be so around it: headers, working directory, user, and an end to one that
hangs. Refuses to own: why a text is refused (`verifier_errors`), and what becomes of the instructions (`loader`). All
of it is of the whole process, and two compiles at once crash in LLVM: the tracer's one thread only.
"""

import atexit
import ctypes
import faulthandler
import os
import platform
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tracetop.bpf.load.bcc import load_bcc
from tracetop.bpf.load.pid_namespace import namespaced
from tracetop.bpf.load.verifier_errors import refused_text
from tracetop.bpf.sys.captured_output import CapturedOutput
from tracetop.bpf.sys.sysfs import possible_cpus
from tracetop.bpf.sys.uapi import PR_GET_SECUREBITS, PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP
from tracetop.model.program import Program

HEADERS = Path(__file__).parents[1] / "headers"
"""Our own stubs of the few kernel headers that libbcc's include."""
COMPILE_LIMIT_S = 30
"""A compile takes 0.1 s; one that takes this long hangs, and nothing but the process's end stops clang."""
_LIBC = ctypes.CDLL(None)
_NOBODY = 65534


def compile_program(program: Program, printed_fd: int | None = None) -> Any:
    """Return the `bcc.BPF` object of `program`: compiled, its maps made, its functions not yet loaded.

    What clang prints is kept in the file of `printed_fd` if one is given, for whoever survives this process.

    VerifierError where clang refuses the text, KernelError or PrivilegeError where the kernel refuses a map.
    """
    bcc = load_bcc()
    output = CapturedOutput(printed_fd)
    module = bcc.BPF.__new__(bcc.BPF)
    try:
        with _inside(HEADERS), _without_kallsyms(), _watched(output.saved_stderr):
            module.__init__(text=namespaced(program.c_text).encode(), cflags=_flags())
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
def _without_kallsyms() -> Iterator[None]:
    """Be another user than root, but with all capabilities: a compile takes 0.03 s instead of 0.13.

    libbcc reads the whole of /proc/kallsyms at each compile, to ask whether the kernel has bpf_probe_read_kernel, for
    reads that it puts into the C text where a kernel pointer is followed. Our C text reads explicitly. It leaves that
    out where the effective user is not root. Without the capability to do this, root compiles as root.
    """
    bits = _LIBC.prctl(PR_GET_SECUREBITS, 0, 0, 0, 0)
    if os.geteuid() != 0 or _LIBC.prctl(PR_SET_SECUREBITS, bits | SECBIT_NO_SETUID_FIXUP, 0, 0, 0) != 0:
        yield
        return
    try:
        os.seteuid(_NOBODY)
        yield
    finally:
        os.seteuid(0)
        _LIBC.prctl(PR_SET_SECUREBITS, bits, 0, 0, 0)


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
