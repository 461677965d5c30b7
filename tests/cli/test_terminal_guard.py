"""The terminal after a dashboard that died without putting it back: the helper that starts tracers does."""

import faulthandler
import os
import pty
import select
import signal
import termios
import time
import tty

import pytest

from tracetop.cli.terminal_guard import TerminalGuard
from tracetop.source.spawner import Spawner


def die(number: int) -> None:
    """Take the terminal as the dashboard does, and end by a signal that nothing sees; 0: end well."""
    faulthandler.disable()
    spawner = Spawner(("true",), privileged=False, bereft=TerminalGuard().restore)
    spawner.spawn()
    spawner.exit_status(10)  # the helper is there
    tty.setraw(0)
    os.write(1, b"\x1b[?1049h\x1b[?1003h\x1b[?25l taken ")
    if number:
        os.kill(os.getpid(), number)
        time.sleep(10)
    spawner.close()
    os._exit(0)


def left_by(number: int) -> tuple[bytes, bool]:
    """Return what a dashboard that ends so sends, and whether its terminal echoes again."""
    pid, terminal = pty.fork()
    if pid == 0:
        die(number)
    sent, end = b"", time.monotonic() + 10
    while time.monotonic() < end and select.select([terminal], [], [], 5)[0]:
        try:
            data = os.read(terminal, 4096)
        except OSError:
            break
        sent += data
    echoes = bool(termios.tcgetattr(terminal)[3] & termios.ECHO)
    os.waitpid(pid, 0)
    os.close(terminal)
    return sent, echoes


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGBUS, signal.SIGQUIT])
def test_the_terminal_is_put_back_after_any_death(number: signal.Signals) -> None:
    sent, echoes = left_by(number)
    after = sent.split(b"taken", 1)[1]
    assert all(code in after for code in (b"\x1b[?1049l", b"\x1b[?1003l", b"\x1b[?25h", b"\x1b[<u"))
    assert echoes


def test_a_dashboard_that_ends_well_has_put_it_back_itself() -> None:
    sent, _ = left_by(0)
    assert b"\x1b[?1049l" not in sent
