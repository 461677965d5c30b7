"""The load program ``probed``, which has functions and static probes: started, run and ended."""

import subprocess
from collections.abc import Callable
from pathlib import Path

ROUNDS = 100
"""How often each of its functions and probes is passed in one `run`."""


class Probed:
    """The load program, waiting; `run` makes ROUNDS rounds and says how many found the semaphore raised."""

    def __init__(self, path: Path, command: tuple[str, ...] = ()) -> None:
        """Start it; `command`: by that instead, which is to become it."""
        self.path = str(path)
        argv = command or (path, str(ROUNDS))
        self._process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.pid = int(self._process.stdout.readline())

    def run(self) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def end(self) -> None:
        self._process.communicate()


Start = Callable[[], Probed]
