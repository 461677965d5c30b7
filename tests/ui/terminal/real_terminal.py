"""A process in a terminal of its own: what it sends is read by an emulator, what a test types is bytes."""

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path

import pyte

ROOT = Path(__file__).parents[3]
DEADLINE_S = 30.0
FAKE = ("-m", "tests.ui.terminal.screen_process", "0.2")
"""A dashboard on written-down frames, one each 0.2 s."""


class Screen:
    """A dashboard process and the other end of its terminal."""

    def __init__(
        self, arguments: tuple[str, ...] = FAKE, size: tuple[int, int] = (160, 50), **environment: str
    ) -> None:
        """Start Python with these arguments."""
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.chdir(ROOT)
            os.environ.update(TERM="xterm-256color", COLORTERM="truecolor", PYTHONPATH=str(ROOT), **environment)
            os.execv(sys.executable, [sys.executable, *arguments])
        self.status: int | None = None
        self.output = b""
        self.emulator = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self.emulator)
        self.resize(*size)

    def resize(self, columns: int, lines: int) -> None:
        """Give the terminal another size."""
        self.emulator.resize(lines, columns)
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def type(self, keys: str, *, pause_s: float = 0.0) -> None:
        """Type keys, at once or with a pause between two."""
        for key in keys if pause_s else (keys,):
            os.write(self.terminal, key.encode())
            self.read_for(pause_s)

    def escape(self, times: int = 3) -> None:
        """Press Esc, written so that with the next key it is not another one, however late it is read."""
        self.type("\x1b[27u" * times)

    @property
    def text(self) -> str:
        """What the screen shows."""
        return "\n".join(self.emulator.display)

    def shows(self, text: str, seconds: float = DEADLINE_S) -> bool:
        """Read until the screen shows a text; False where it never does."""
        return self.reads_until(lambda: text in self.text, seconds)

    def reads_until(self, holds: Callable[[], bool], seconds: float = DEADLINE_S) -> bool:
        """Read until something holds; False where it never does."""
        end = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > end:
                return False
            self.read_for(0.05)
        return True

    def read_for(self, seconds: float) -> bool:
        """Read what comes in so many seconds; False at the end of it."""
        end = time.monotonic() + seconds
        while select.select([self.terminal], [], [], max(0.0, end - time.monotonic()))[0]:
            try:
                data = os.read(self.terminal, 65536)
            except OSError:
                return False
            self.output += data
            self._stream.feed(data)
        return True

    def read_until(self, wanted: bytes) -> None:
        """Read until `wanted` was sent."""
        self._read(wanted)

    def read_to_the_end(self) -> int:
        """Read all there is, and return the exit code as a shell has it."""
        self._read(None)
        return self.exit_code()

    def exit_code(self) -> int:
        """Wait for the end."""
        end = time.monotonic() + DEADLINE_S
        while self.status is None and time.monotonic() < end:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            self.status = status if pid else None
            time.sleep(0.02)
        assert self.status is not None, "the process did not end"
        return os.waitstatus_to_exitcode(self.status)

    def wait_until_full(self) -> None:
        """Wait, and read nothing, until the terminal takes no more of what the process sends all the time."""
        waiting, before = self._unread(), -1
        while waiting != before:
            time.sleep(0.3)
            waiting, before = self._unread(), waiting

    def _unread(self) -> int:
        (waiting,) = struct.unpack("i", fcntl.ioctl(self.terminal, termios.FIONREAD, bytes(4)))
        return int(waiting)

    def _read(self, wanted: bytes | None) -> None:
        end = time.monotonic() + DEADLINE_S
        while (wanted is None or wanted not in self.output) and time.monotonic() < end:
            if select.select([self.terminal], [], [], 0.1)[0]:
                try:
                    data = os.read(self.terminal, 65536)
                except OSError:
                    return
                self.output += data

    def close(self) -> None:
        """End the process if a test left it."""
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
