"""tracetop in a real terminal: tmux on a server of its own, keys sent, screen read back as text."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

from tests.patience import SLOWNESS

LIMIT_S = 20.0 * SLOWNESS


class Tmux:
    """One shell in one window; `tracetop` is started in it by typing its command, as a person does."""

    def __init__(self, folder: Path, *, columns: int = 160, lines: int = 50) -> None:
        self._socket = folder / "tmux"
        size = ["-x", str(columns), "-y", str(lines)]
        environment = {**os.environ, "PS1": "ready> ", "TERM": "screen-256color"}
        argv = ["tmux", "-S", str(self._socket), "-f", "/dev/null", "new-session", "-d", *size, "sh"]
        subprocess.run(argv, check=True, env=environment)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.run("kill-server", check=False)

    def run(self, *words: str, check: bool = True) -> str:
        """Run a tmux command; return what it prints."""
        argv = ["tmux", "-S", str(self._socket), *words]
        return subprocess.run(argv, check=check, capture_output=True, text=True).stdout

    def start(self, words: str = "") -> None:
        """Type the command line of tracetop and wait for its first picture; the shell prints its exit code after it."""
        self.type(f"{sys.executable} -m tracetop {words}; echo code=$?")
        self.keys("Enter")
        self.wait_for("tracetop")
        self.wait_until(lambda text: "? help" in text or "code=" in text)

    def type(self, text: str) -> None:
        """Send characters as they are."""
        self.run("send-keys", "-l", text)

    def keys(self, *names: str) -> None:
        """Send keys by tmux's names."""
        self.run("send-keys", *names)

    def screen(self) -> str:
        """Return what the window shows."""
        return self.run("capture-pane", "-p")

    def wait_for(self, text: str) -> str:
        """Return the screen once it shows `text`."""
        return self.wait_until(lambda screen: text in screen, text)

    def wait_until(self, shows: Callable[[str], bool], what: str = "what was waited for") -> str:
        """Return the first screen that `shows` accepts; fails with the last one after LIMIT_S."""
        end_s = time.monotonic() + LIMIT_S
        while True:
            screen = self.screen()
            if shows(screen):
                return screen
            assert time.monotonic() < end_s, f"{what} never came:\n{screen}"
            time.sleep(0.1)

    @property
    def shell(self) -> psutil.Process:
        """The shell in the window."""
        return psutil.Process(int(self.run("display-message", "-p", "#{pane_pid}")))

    def processes(self) -> dict[str, psutil.Process]:
        """Return tracetop's processes by what they are: screen, spawner, tracer."""
        (screen,) = self.shell.children()
        (spawner,) = screen.children()
        (tracer,) = [child for child in spawner.children() if "tracetop.tracer" in child.cmdline()]
        return {"screen": screen, "spawner": spawner, "tracer": tracer}
