"""The tracer's two ends of pipe: commands in, messages out, neither ever blocking the poll loop.

Owns: framing and what waits for the reader. Refuses to own: what a slow reader misses (`loop`). Tracer.
"""

import contextlib
import fcntl
import os
import traceback
from collections import deque
from collections.abc import Iterator

from tracetop.errors import Diagnostic
from tracetop.model.wire.messages import Command, Message, Splitter, decode_command, encode

_PIPE_BYTES = 1 << 20
_READ_BYTES = 1 << 16


def leave_folder() -> str:
    """Go to the root, so that nothing keeps the asker's folder busy; return that folder, the root where it is gone."""
    try:
        return os.getcwd()  # noqa: PTH109 - Path would say the same
    except OSError:
        return "/"
    finally:
        os.chdir("/")


class Inbox:
    """Commands from the screen."""

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self.closed = False
        self._splitter = Splitter()
        os.set_blocking(fd, False)

    def commands(self) -> Iterator[Command]:
        """Yield what has come; sets `closed` when the screen has gone. TracerError for what is not a command."""
        try:
            data = os.read(self.fd, _READ_BYTES)
        except BlockingIOError:
            return
        self.closed = not data
        for body in self._splitter.feed(data):
            yield decode_command(body)


class Outbox:
    """Messages to the screen."""

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self._waiting: deque[bytes] = deque()
        os.set_blocking(fd, False)
        with contextlib.suppress(OSError):  # more than this user may have: a smaller pipe is slower, not wrong
            fcntl.fcntl(fd, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)

    @property
    def blocked(self) -> bool:
        """True while the screen has not read what was sent."""
        return bool(self._waiting)

    def send(self, message: Message) -> None:
        """Write a message as far as the pipe takes it, the rest in `flush`. BrokenPipeError when nobody reads."""
        self._waiting.append(encode(message))
        self.flush()

    def flush(self) -> None:
        """Write what the pipe takes. BrokenPipeError when nobody reads."""
        while self._waiting:
            data = self._waiting.popleft()
            try:
                written = os.write(self.fd, data)
            except BlockingIOError:
                written = 0
            if written < len(data):
                self._waiting.appendleft(data[written:])
                return


def unforeseen(what: str, error: Exception, report: str = "") -> Diagnostic:
    """Return what the other end is told of an error that nobody foresaw; `report`: what else a report should have."""
    return Diagnostic(
        what=what,
        why=f"{type(error).__name__}: {error}",
        hint=f"this is a bug in tracetop; please report it {report}".rstrip(),
        detail="".join(traceback.format_exception(error)),
    )
