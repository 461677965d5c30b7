"""The dashboard in a real terminal: signals, a terminal that goes away, and what is sent to one that stays."""

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LEAVE_SCREEN, MOUSE_OFF, SHOW_CURSOR = b"\x1b[?1049l", b"\x1b[?1003l", b"\x1b[?25h"
DEADLINE_S = 30.0


class Screen:
    """A dashboard process and the other end of its terminal."""

    def __init__(self, every_s: float = 0.2) -> None:
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.chdir(ROOT)
            os.environ.update(TERM="xterm-256color", COLORTERM="truecolor", PYTHONPATH=str(ROOT))
            os.execv(sys.executable, [sys.executable, "-m", "tests.ui.screen_process", str(every_s)])
        self.status: int | None = None
        self.output = b""
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 160, 0, 0))

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


@pytest.fixture
def screen() -> Iterator[Screen]:
    made = Screen()
    made.read_until(b"futex")
    yield made
    made.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_restores_the_terminal_and_is_the_exit_code(screen: Screen, number: signal.Signals) -> None:
    os.kill(screen.pid, number)
    assert screen.read_to_the_end() == 128 + number
    assert all(code in screen.output for code in (LEAVE_SCREEN, MOUSE_OFF, SHOW_CURSOR))


def test_q_restores_the_terminal_and_exits_with_0(screen: Screen) -> None:
    os.write(screen.terminal, b"q")
    assert screen.read_to_the_end() == 0
    assert all(code in screen.output for code in (LEAVE_SCREEN, MOUSE_OFF, SHOW_CURSOR))


def test_what_scripts_print_in_end_stands_on_the_terminal_afterwards(screen: Screen) -> None:
    os.write(screen.terminal, b"q")
    assert screen.read_to_the_end() == 0
    assert b"the end of it\r\nwith \\x1b[31m\r\n" in screen.output.partition(LEAVE_SCREEN)[2]


def test_a_terminal_that_goes_away_ends_the_process(screen: Screen) -> None:
    os.close(screen.terminal)
    assert screen.exit_code() == 128 + signal.SIGHUP


def test_a_terminal_that_takes_nothing_does_not_keep_a_signal_from_ending_it() -> None:
    screen = Screen(every_s=0.02)
    try:
        screen.read_until(b"futex")
        screen.wait_until_full()
        os.kill(screen.pid, signal.SIGTERM)
        assert screen.exit_code() == 128 + signal.SIGTERM
    finally:
        screen.close()


def test_ctrl_z_stops_the_process_with_the_terminal_restored_and_fg_brings_the_screen_back(screen: Screen) -> None:
    os.write(screen.terminal, b"\x1a")
    screen.read_until(LEAVE_SCREEN)
    assert os.WIFSTOPPED(os.waitpid(screen.pid, os.WUNTRACED)[1])
    screen.output = b""
    os.kill(screen.pid, signal.SIGCONT)
    screen.read_until(b"futex")
    assert b"\x1b[?1049h" in screen.output
