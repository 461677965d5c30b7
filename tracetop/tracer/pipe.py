"""The tracer's two ends of pipe: commands in, messages out, neither ever blocking the poll loop.

Owns: framing and back-pressure. A reader that does not keep up misses frames, never anything else. Tracer.
"""

import contextlib
import fcntl
import os
from collections import deque
from collections.abc import Iterator

from tracetop.model.frame import Frame
from tracetop.model.message import Command, Message, Splitter, decode_command, encode

_PIPE_BYTES = 1 << 20
_FILES_BYTES = 1 << 16


class Inbox:
    """Commands from the screen."""

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self.closed = False
        self._splitter = Splitter()
        os.set_blocking(fd, False)

    def commands(self) -> Iterator[Command]:
        """Yield what has come; sets `closed` when the screen has gone. TracerError for what is no command."""
        try:
            data = os.read(self.fd, _FILES_BYTES)
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
        """Queue a message; a frame is left out while an earlier message waits. BrokenPipeError when nobody reads."""
        if isinstance(message, Frame) and self._waiting and not message.final:
            return
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
