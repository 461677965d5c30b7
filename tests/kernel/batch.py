"""Runs `tracetop batch --json` on the running kernel and reads its ticks."""

import contextlib
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Tick = dict[str, Any]


class Batch:
    """A running batch; `tick` is one line of it."""

    def __init__(self, *words: str) -> None:
        argv = [sys.executable, "-m", "tracetop", "batch", "--json", *words]
        self.process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def tick(self) -> Tick:
        """Return the next tick; fails with what was printed on stderr where there is none."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, f"no tick: {self.process.communicate(timeout=10)[1]}"
        tick: Tick = json.loads(line)
        return tick

    def ticks_until(self, done: Any) -> Tick:
        """Return the first tick, among the next thirty, that `done` accepts."""
        for _ in range(30):
            tick = self.tick()
            if done(tick):
                return tick
        raise AssertionError(f"never came: last was {tick}")


@contextlib.contextmanager
def batch(*words: str) -> Iterator[Batch]:
    """Start a batch with these words; interrupt it at the end."""
    running = Batch(*words)
    try:
        yield running
    finally:
        running.process.send_signal(signal.SIGINT)
        running.process.communicate(timeout=15)


@contextlib.contextmanager
def waiting(*argv: str | Path) -> Iterator[subprocess.Popen[str]]:
    """Start a load that waits for a line on its standard input."""
    pipe = subprocess.PIPE
    with subprocess.Popen(list(map(str, argv)), stdin=pipe, stdout=pipe, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def go(process: subprocess.Popen[str]) -> None:
    """Send the line that a load waits for."""
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()
