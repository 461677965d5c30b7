"""The standard streams, whatever they are: closed, full, or a pipe whose reader has gone.

Owns: what stands for them in every command, and what becomes of output that nobody takes. `cli.main` puts them in
place and says what was lost; commands just write. The process that the user started.
"""

import errno
import io
import os
import select
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from tracetop.errors import Diagnostic, ExitCode
from tracetop.model.escape import escape

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_HINTS = {
    errno.ENOSPC: "free some space, or write elsewhere",
    errno.EBADF: "it is closed: leave it open, or let it go to /dev/null",
}


class OutputError(OSError):
    """What is printed cannot be written; it ends the command."""

    def exit_code(self) -> int:
        """Say why, but for a reader that has gone, who has seen enough; return the exit code."""
        if self.errno == errno.EPIPE:
            return 128 + signal.SIGPIPE
        hint = _HINTS.get(self.errno or 0, "write elsewhere")
        complain(Diagnostic(what="cannot write the output", why=self.strerror or "", hint=hint))
        return int(ExitCode.INTERNAL)


class Output(io.FileIO):
    """A descriptor that is printed to; once something could not be written, nothing more is."""

    def __init__(self, descriptor: int, *, closefd: bool = False) -> None:
        super().__init__(descriptor, "wb", closefd=closefd)
        self.failure: OutputError | None = None

    def write(self, data: "ReadableBuffer", /) -> int:
        """Write bytes; OutputError the first time that this cannot be done."""
        try:
            while self.failure is None:
                written: int | None = super().write(data)
                if written is not None:
                    return written
                select.select([], [self], [])  # whoever shares the pipe does not want to be waited for
        except OSError as error:
            self.failure = OutputError(error.errno, error.strerror)
            raise self.failure from error
        return memoryview(data).nbytes


class _Errors(Output):
    """Standard error: that nobody reads it changes nothing of what a command does."""

    def write(self, data: "ReadableBuffer", /) -> int:
        with suppress(OutputError):
            return super().write(data)
        return memoryview(data).nbytes


@contextmanager
def standard_streams() -> Iterator[None]:
    """Put streams in place that are always there, and write out at the end what is left; raises OutputError.

    A stream that somebody else has put in place stays.
    """
    output = _replace_streams()
    try:
        yield
    except SystemExit:  # argparse prints help and leaves, whether it could print or not
        _write_out(output)
        raise
    _write_out(output)


def _write_out(output: Output | None) -> None:
    sys.stdout.flush()
    if output is not None and output.failure is not None:
        raise output.failure


def _replace_streams() -> Output | None:
    """Return what stands for standard output now; None where it was left as it is.

    A closed descriptor is opened first of all, or the next file would be what everybody prints to: to one on which
    writing fails as on a closed one.
    """
    for descriptor, flags in ((0, os.O_RDONLY), (1, os.O_RDONLY), (2, os.O_WRONLY)):
        try:
            os.fstat(descriptor)
        except OSError:
            os.set_inheritable(os.open(os.devnull, flags), True)
    if sys.stdin is None:
        sys.stdin = io.TextIOWrapper(io.BufferedReader(io.FileIO(0, closefd=False)))
    if sys.stderr is sys.__stderr__:
        sys.stderr = _text(_Errors(2), "backslashreplace", line_buffering=True)
    if sys.stdout is not sys.__stdout__:
        return None
    output = Output(1)
    sys.stdout = _text(output, (sys.stdout and sys.stdout.errors) or "strict", line_buffering=output.isatty())
    return output


def _text(output: Output, errors: str, *, line_buffering: bool) -> io.TextIOWrapper:
    old = sys.__stdout__ or sys.__stderr__
    encoding = old.encoding if old else "utf-8"
    return io.TextIOWrapper(io.BufferedWriter(output), encoding, errors, line_buffering=line_buffering)


def complain(diagnostic: Diagnostic) -> None:
    """Print what, why and the hint, escaped, each on a line of its own."""
    for line in diagnostic.text().split("\n"):
        print(escape(line), file=sys.stderr)
