"""A tracer process at the other end of two pipes, spoken to as the screen does."""

import os
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from tests.patience import SLOWNESS
from tracetop.model.frame import Frame, PaneFrame
from tracetop.model.wire import messages as m

PATIENCE_S = 30.0 * SLOWNESS
Heard = TypeVar("Heard", bound=m.Message)


class Tracer:
    """One tracer, and all that it has said."""

    def __init__(self) -> None:
        argv = [sys.executable, "-m", "tracetop.tracer"]
        self._process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._splitter = m.Splitter()
        self.heard: list[m.Message] = []

    def send(self, *commands: m.Command) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(b"".join(map(m.encode, commands)))
        self._process.stdin.flush()

    def until(self, kind: type[Heard], wanted: Callable[[Heard], bool]) -> Heard:
        """Return the first message from now on that is wanted."""
        deadline_s = time.monotonic() + PATIENCE_S
        while True:
            for message in self._read(deadline_s):
                if isinstance(message, kind) and wanted(message):
                    return message

    def pane(self, name: str, wanted: Callable[[PaneFrame], bool]) -> PaneFrame:
        """Return a pane's first frame from now on that is wanted."""
        frame = self.until(Frame, lambda frame: name in frame.panes and wanted(frame.panes[name]))
        return frame.panes[name]

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(PATIENCE_S)

    def _read(self, deadline_s: float) -> list[m.Message]:
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], max(0.0, deadline_s - time.monotonic()))
        data = os.read(self._process.stdout.fileno(), 1 << 18) if ready else b""
        assert data, f"nothing more came; last was {self.heard[-1:]}"
        messages = [m.decode_message(body) for body in self._splitter.feed(data)]
        self.heard += messages
        return messages


@contextmanager
def tracer(*panes: m.PaneRequest, interval_s: float = 0.25) -> Iterator[Tracer]:
    """Yield a tracer that has been asked to open these panes; end it."""
    one = Tracer()
    try:
        one.send(m.Start(panes, interval_s=interval_s))
        yield one
    finally:
        one.close()
