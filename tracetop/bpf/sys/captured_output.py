"""What libbcc, clang and the kernel's loader print on descriptors 1 and 2, caught in memory.

Owns: the redirection and its undoing. Refuses to own: where the text goes. libbcc prints with C stdio and C++
streams, so only the descriptors themselves can be redirected. The tracer's one thread.
"""

import ctypes
import os
import sys

_LIBC = ctypes.CDLL(None)
_STDOUT, _STDERR = 1, 2


class CapturedOutput:
    """Descriptors 1 and 2 caught from creation to `restore`; may be nested.

    `saved_stdout` is the old descriptor 1, closed on exec: the tracer writes its frames there. The text is held in the
    file of `memory_fd`, or in memory of its own.
    """

    def __init__(self, memory_fd: int | None = None) -> None:
        _flush()
        self.saved_stdout = os.dup(_STDOUT)
        self.saved_stderr = os.dup(_STDERR)
        self._memory = os.memfd_create("tracetop-output") if memory_fd is None else os.dup(memory_fd)
        for target in (_STDOUT, _STDERR):
            os.dup2(self._memory, target)

    def drain(self) -> str:
        """Return what was printed since the last call, bytes that are not UTF-8 as surrogates."""
        _flush()
        printed = os.pread(self._memory, os.fstat(self._memory).st_size, 0)
        if printed:
            os.ftruncate(self._memory, 0)
            os.lseek(self._memory, 0, os.SEEK_SET)
        return printed.decode(errors="surrogateescape")

    def restore(self) -> None:
        """Put the old descriptors back and free the memory; what was not drained is lost."""
        _flush()
        os.dup2(self.saved_stdout, _STDOUT)
        os.dup2(self.saved_stderr, _STDERR)
        for descriptor in (self._memory, self.saved_stdout, self.saved_stderr):
            os.close(descriptor)


def _flush() -> None:
    """Empty the buffers of Python's and of C's streams, so that text lands on its own side of a switch."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and not stream.closed:
            stream.flush()
    _LIBC.fflush(None)
