"""The dashboard in a real terminal: signals, a terminal that goes away, and what is sent to one that stays."""

import os
import signal
import time
from collections.abc import Iterator

import psutil
import pytest

from tests.ui.terminal.real_terminal import Screen

LEAVE_SCREEN, MOUSE_OFF, SHOW_CURSOR = b"\x1b[?1049l", b"\x1b[?1003l", b"\x1b[?25h"


@pytest.fixture
def screen() -> Iterator[Screen]:
    made = Screen()
    made.read_until(b"futex")
    yield made
    made.close()


DEADLY = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGABRT, signal.SIGUSR1, signal.SIGALRM)


@pytest.mark.parametrize("number", DEADLY)
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
    screen = Screen(("-m", "tests.ui.terminal.screen_process", "0.02"))
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


def test_a_terminal_that_stops_reading_costs_no_memory_and_no_key() -> None:
    screen = Screen(("-m", "tests.ui.terminal.screen_process", "0.02"))
    try:
        assert screen.shows("futex")
        process = psutil.Process(screen.pid)
        screen.wait_until_full()
        sizes = []
        for _ in range(20):
            os.write(screen.terminal, b"jk\tzzjk" * 3)  # each of them draws something
            time.sleep(0.5)
            sizes.append(process.memory_info().rss)
        os.write(screen.terminal, b"f12\r3:x12")
        time.sleep(1.0)
        assert screen.shows(" : x12", 5.0)
        assert "all › pid 12" in screen.text  # noqa: RUF001
        assert "off: its probes" in screen.text
        # what it needs once is there after some seconds; a frame that were kept would be 40 KB each
        assert sizes[-1] - sizes[9] < 1 << 20, sizes
    finally:
        screen.close()
