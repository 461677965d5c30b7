"""What a source said, and a way to wait for it without a clock of one's own."""

import os
import queue
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tracetop.model.wire import messages as m
from tracetop.source.live import LiveSource
from tracetop.source.source import Ended
from tracetop.source.spawner import Spawner

STAND_IN = Path(__file__).with_name("stand_in.py")
PATIENCE_S = 30.0
"""A message that has not come by then never will: the test fails with queue.Empty."""


class Heard:
    """A listener that keeps everything."""

    def __init__(self) -> None:
        self.queue: queue.SimpleQueue[m.Message | Ended] = queue.SimpleQueue()

    def __call__(self, message: m.Message | Ended) -> None:
        self.queue.put(message)

    def next(self) -> m.Message | Ended:
        return self.queue.get(timeout=PATIENCE_S)

    def until_end(self) -> tuple[list[m.Message], Ended]:
        """Return the messages up to the end, and the end."""
        messages: list[m.Message] = []
        while not isinstance(message := self.next(), Ended):
            messages.append(message)
        return messages, message


def stand_in(*words: str) -> tuple[str, ...]:
    return (sys.executable, str(STAND_IN), *words)


@contextmanager
def source(*words: str) -> Iterator[tuple[LiveSource, Heard]]:
    """Yield a started source with a stand-in behind it; close it at the end."""
    live, heard = LiveSource(Spawner(stand_in(*words))), Heard()
    try:
        live.start(heard)
        yield live, heard
    finally:
        live.close()


def stand_ins() -> set[int]:
    """Return the processes that are a stand-in, zombies aside (`children` finds those)."""
    found = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if str(STAND_IN).encode() in folder.joinpath("cmdline").read_bytes().split(b"\0"):
                found.add(int(folder.name))
        except OSError:
            continue
    return found


def children() -> set[int]:
    """Return this process's children, zombies included."""
    tasks = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    return {int(pid) for task in tasks for pid in task.read_text().split()}


def descriptors() -> set[str]:
    """Return this process's open descriptors and what they are."""
    found = set()
    for link in Path("/proc/self/fd").iterdir():
        try:
            found.add(f"{link.name} {link.readlink()}")
        except OSError:
            continue
    return found
