"""A program on a pseudo-terminal of a known size, with an emulator that knows what is on its screen.

For benchmarks and screenshots: what a person at a terminal would see, type and wait for. One thread; nothing is read
while nobody waits, so every method that takes time reads.
"""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import pyte

KEYS = {
    "Enter": "\r",
    "Esc": "\x1b",
    "Tab": "\t",
    "Down": "\x1b[B",
    "Up": "\x1b[A",
    "Left": "\x1b[D",
    "Right": "\x1b[C",
}
_BETWEEN_KEYS_S = 0.3
_UNKNOWN_TO_EMULATOR = re.compile(rb"\x1b\[[<=>?][\d;]*(?:u|\$p)|\x1bP.*?\x1b\\", re.DOTALL)
_TORN = re.compile(rb"\x1b(?:\[[<=>?\d;$]*|P[^\x1b]*\x1b?)?$")


class Terminal:
    """A pseudo-terminal; a context manager that kills what still runs on it in the end."""

    def __init__(self, command: Sequence[str | Path], *, columns: int = 160, lines: int = 50) -> None:
        self.screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self.screen)
        self._pending = b""
        self.bytes_read = 0
        self.ended = False
        self.started_s = time.monotonic()
        self.pid, self._master = pty.fork()
        if self.pid == 0:
            os.environ.update(TERM="xterm-256color", COLORTERM="truecolor")
            # The child's own: before it starts, so that it never sees another size.
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
            os.execvp(command[0], [os.fspath(word) for word in command])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._master)
        with suppress(ProcessLookupError, ChildProcessError):  # someone else has waited for it
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)

    def run(self, seconds: float) -> None:
        """Read what the program writes for so long, or until it ends."""
        self._read_until(time.monotonic() + seconds, lambda: False)

    def wait_for(self, seen: Callable[[str], bool], *, limit_s: float) -> float:
        """Read until the screen's text fulfils `seen`; return the seconds since start. TimeoutError after `limit_s`."""
        if not self._read_until(time.monotonic() + limit_s, lambda: seen(self.text())):
            raise TimeoutError(f"not seen within {limit_s} s; the screen shows:\n{self.text()}")
        return time.monotonic() - self.started_s

    def send(self, *keys: str) -> None:
        """Type keys, as a person would, one by one: names of `KEYS`, or the characters themselves."""
        for key in keys:
            os.write(self._master, KEYS.get(key, key).encode())
            self.run(_BETWEEN_KEYS_S)

    def text(self) -> str:
        """Return the screen's lines as plain text."""
        return "\n".join(self.screen.display)

    def _read_until(self, deadline_s: float, done: Callable[[], bool]) -> bool:
        while not done():
            left_s = deadline_s - time.monotonic()
            if left_s <= 0 or self.ended:
                return False
            if not select.select([self._master], [], [], left_s)[0]:
                continue
            try:
                data = os.read(self._master, 1 << 16)
            except OSError:  # EIO: the program closed its side
                data = b""
            self.ended = not data
            self.bytes_read += len(data)
            self._feed(data)
        return True

    def _feed(self, data: bytes) -> None:
        data = _UNKNOWN_TO_EMULATOR.sub(b"", self._pending + data)
        torn = _TORN.search(data)
        self._pending = torn[0] if torn else b""
        self._stream.feed(data.removesuffix(self._pending))
