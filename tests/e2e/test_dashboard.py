"""The dashboard end to end: a real terminal, the real tracer, the running kernel."""

import re
import signal
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.e2e.programs import held_programs, still_loaded
from tests.e2e.tmux import Tmux
from tests.kernel.batch import go, waiting

pytestmark = pytest.mark.kernel


@pytest.fixture
def tmux(tmp_path: Path) -> Iterator[Tmux]:
    with Tmux(tmp_path) as terminal:
        yield terminal


def live(screen: str) -> bool:
    """All four panes show that they count, and nothing loads or failed."""
    return screen.count("complete") + screen.count("incomplete") >= 4 and "loading" not in screen


def programs(tmux: Tmux) -> set[int]:
    """The BPF programs that the running tracer holds, once it holds any."""
    tmux.wait_until(lambda _: bool(held_programs(tmux.processes()["tracer"].pid)), "programs")
    return held_programs(tmux.processes()["tracer"].pid)


def left_cleanly(tmux: Tmux, code: int, held: set[int]) -> None:
    """The shell is back with that exit code, on the ordinary screen with a cursor, and the kernel is as before."""
    screen = tmux.wait_for(f"code={code}")
    assert "System calls" not in screen
    assert tmux.run("display-message", "-p", "#{alternate_on}#{cursor_flag}#{mouse_any_flag}").strip() == "010"
    assert still_loaded(held) == set()


def test_from_start_to_quit(tmux: Tmux, loads: Mapping[str, Path]) -> None:
    """Start, see data, filter, drill down, go back, toggle a pane, zoom, help, quit; the terminal is as it was."""
    with waiting(loads["calls"], "5000", "-w", "-n", "e2e-calls") as load:
        tmux.start("-i 0.25")
        tmux.wait_until(live, "four live panes")
        held = programs(tmux)

        tmux.keys("f")
        tmux.type("e2e-c*")
        tmux.keys("Enter")
        tmux.wait_until(lambda text: "comm e2e-c*" in text and "pending" not in text, "the filter in force")
        go(load)
        tmux.wait_until(lambda text: bool(re.search(r"getppid .* 5000\b", text)), "5000 calls of getppid")

        tmux.keys("Escape")
        tmux.wait_for("all processes")
        tmux.keys("3")
        tmux.wait_until(lambda text: bool(re.search(r"3 Processes.*off", text)), "pane 3 off")
        tmux.keys("3")
        tmux.wait_until(live, "pane 3 on again")
        tmux.keys("?")
        tmux.wait_for("this help")
        tmux.keys("Escape")
        tmux.wait_until(lambda text: "this help" not in text, "the help gone")
        tmux.keys("q")
        left_cleanly(tmux, 0, held)


def test_enter_on_a_process_follows_it_in_every_pane(tmux: Tmux) -> None:
    with subprocess.Popen(["sh", "-c", "while :; do :; done"]) as load:
        try:
            tmux.start(f"-i 0.25 processes syscalls -p {load.pid}")
            tmux.wait_for(f"pid {load.pid}")
            tmux.wait_until(lambda text: text.count("complete") == 2, "two live panes")
            held = programs(tmux)
            tmux.keys("Escape")
            tmux.wait_until(lambda text: len(re.findall(r"^│ +\d+ ", text, re.MULTILINE)) > 5, "more processes")
            tmux.keys("Enter")
            tmux.wait_until(lambda text: bool(re.search(r"pid \d+", text.splitlines()[0])), "a breadcrumb")
            tmux.keys("BSpace")
            tmux.wait_for("all processes")
            tmux.keys("F10")
            left_cleanly(tmux, 0, held)
        finally:
            load.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_restores_the_terminal(tmux: Tmux, number: signal.Signals) -> None:
    tmux.start()
    tmux.wait_until(live)
    held = programs(tmux)
    tmux.processes()["screen"].send_signal(number)
    left_cleanly(tmux, 128 + number, held)


def test_a_killed_tracer_is_said_and_restarted_with_the_filter(tmux: Tmux) -> None:
    tmux.start("-i 0.25 -c nobody-has-this syscalls")
    tmux.wait_until(lambda text: "complete" in text)
    held = programs(tmux)
    tmux.processes()["tracer"].kill()
    screen = tmux.wait_for("signal 9")
    assert still_loaded(held) == set()
    key = re.search(r"\b(R)\b", screen)
    assert key is not None
    tmux.keys("R")
    tmux.wait_until(lambda text: "signal 9" not in text and "complete" in text, "a new tracer")
    assert "nobody-has-this" in tmux.screen()
    held = programs(tmux)
    tmux.keys("q")
    left_cleanly(tmux, 0, held)


@pytest.mark.parametrize("victims", [("screen",), ("screen", "tracer"), ("spawner", "screen")], ids="+".join)
def test_killed_processes_leave_nothing_behind(tmux: Tmux, victims: tuple[str, ...]) -> None:
    tmux.start()
    tmux.wait_until(live)
    processes, held = tmux.processes(), programs(tmux)
    for victim in victims:
        processes[victim].kill()
    assert still_loaded(held) == set()
    for process in processes.values():
        process.wait(10)


def test_a_closed_terminal_ends_everything(tmux: Tmux) -> None:
    tmux.start()
    tmux.wait_until(live)
    processes, held = tmux.processes(), programs(tmux)
    tmux.run("kill-server")
    assert still_loaded(held) == set()
    for process in processes.values():
        process.wait(10)


def test_suspended_and_continued(tmux: Tmux) -> None:
    tmux.start("-i 0.25")
    tmux.wait_until(live)
    held = programs(tmux)
    tmux.keys("p")
    shown = tmux.wait_for("PAUSED").splitlines()[1:-1]
    tmux.keys("C-z")
    tmux.wait_for("Stopped")
    tmux.type("fg; echo code=$?")
    tmux.keys("Enter")
    tmux.wait_until(lambda text: text.splitlines()[1:-1] == shown)
    tmux.keys("q")
    left_cleanly(tmux, 0, held)


@pytest.mark.parametrize(("columns", "lines"), [(20, 5), (60, 20), (250, 60)])
def test_resized_while_it_runs(tmux: Tmux, columns: int, lines: int) -> None:
    tmux.start("-i 0.25")
    tmux.wait_until(live)
    held = programs(tmux)
    tmux.run("resize-window", "-x", str(columns), "-y", str(lines))
    tmux.wait_until(lambda text: len(text.splitlines()) <= lines and bool(text.strip()))
    tmux.run("resize-window", "-x", "160", "-y", "50")
    tmux.wait_until(live)
    tmux.keys("q")
    left_cleanly(tmux, 0, held)


def test_a_hostile_name_is_shown_escaped(tmux: Tmux, loads: Mapping[str, Path]) -> None:
    with waiting(loads["calls"], "1", "-w", "-n", "\x1b[31m[/]x") as load:
        tmux.start(f"-p {load.pid} processes -i 0.25")
        tmux.wait_for(r"\x1b[31m[/]x")
        held = programs(tmux)
        tmux.keys("q")
        left_cleanly(tmux, 0, held)
