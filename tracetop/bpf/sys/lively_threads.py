"""Which thread of a process can be asked about its memory: the first, or another one once that has ended.

A program may go on after its first thread has ended; /proc/PID then has neither program nor mappings, and the kernel
attaches nothing to it. The privileged tracer process.
"""

import os
from contextlib import suppress
from pathlib import Path


def lively_thread(pid: int) -> int:
    """Return the process itself, or where its first thread has ended the first thread that goes on, if there is one."""
    with suppress(OSError):
        if _has_memory(pid):
            return pid
        threads = sorted(int(entry) for entry in os.listdir(f"/proc/{pid}/task"))  # noqa: PTH208
        return next((thread for thread in threads if _has_memory(thread)), pid)
    return pid


def _has_memory(thread: int) -> bool:
    with suppress(OSError):
        return bool(Path(f"/proc/{thread}/exe").readlink())
    return False
