"""What must be so around a compile by libbcc: its headers, its working directory, its user, and an end to it.

Owns: making it so, and undoing it. Refuses to own: the compile. All of it is of the whole process: the tracer's one
thread.
"""

import ctypes
import faulthandler
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HEADERS = Path(__file__).parents[1] / "headers"
"""Our own stubs of the few kernel headers that libbcc's include."""
COMPILE_LIMIT_S = 30
"""A compile takes 0.1 s; one that takes this long hangs, and nothing but the process's end stops clang."""
_LIBC = ctypes.CDLL(None)
_PR_GET_SECUREBITS, _PR_SET_SECUREBITS = 27, 28
_SECBIT_NO_SETUID_FIXUP = 4
_NOBODY = 65534


@contextmanager
def surroundings(log_fd: int) -> Iterator[None]:
    """Compile inside; a compile that hangs leaves its traceback on `log_fd` and ends the process."""
    with _inside(HEADERS), _without_kallsyms(), _watched(log_fd):
        yield


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
    bits = _LIBC.prctl(_PR_GET_SECUREBITS, 0, 0, 0, 0)
    if os.geteuid() != 0 or _LIBC.prctl(_PR_SET_SECUREBITS, bits | _SECBIT_NO_SETUID_FIXUP, 0, 0, 0) != 0:
        yield
        return
    try:
        os.seteuid(_NOBODY)
        yield
    finally:
        os.seteuid(0)
        _LIBC.prctl(_PR_SET_SECUREBITS, bits, 0, 0, 0)


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
