"""The screen's side of a `Loop`, as a script: what it sends and when, on a clock of its own."""

import os
import select
from collections.abc import Iterable
from types import SimpleNamespace

import pytest

from tests.tracer.fake_kernel import FakeLibrary, fake_machine
from tests.tracer.fake_proc import FakeProc
from tracetop.model.frame import Frame
from tracetop.model.wire import messages as m
from tracetop.tracer.panes import loop as loop_module
from tracetop.tracer.panes.loop import Loop
from tracetop.tracer.pipe import Inbox, Outbox

TICK, STALL, READ, HANG_UP = "tick", "stall", "read", "hang up"
Step = m.Command | bytes | str
"""A command, raw bytes, or one of: let the time to the next tick pass; stop or go on reading; close the reading end."""


class FakeSwitch:
    """Statistics that are always there."""

    def enable(self) -> bool:
        return True

    def disable(self) -> None: ...


class FakeScreen:
    """Takes one step each time the loop waits for something, and ends its input after the last."""

    def __init__(self, steps: Iterable[Step], clock: FakeProc, *, between_loads: bool) -> None:
        self._steps = iter(steps)
        self._clock = clock
        self._between_loads = between_loads
        self.commands, self._to_send = os.pipe()
        self._to_read, self.messages = os.pipe()
        os.set_blocking(self._to_read, False)
        os.set_blocking(self._to_send, False)
        self._unsent = bytearray()
        self._reading = True
        self._splitter = m.Splitter()
        self.heard: list[m.Message] = []
        self.waits = 0

    def select(
        self, readers: list[int], writers: list[int], _errors: list[int], timeout_s: float | None
    ) -> tuple[list[int], list[int], list[int]]:
        """Stand in for select.select in the loop: nothing is waited for, the clock is moved instead."""
        self.waits += 1
        self._drain()
        idle = timeout_s is None or timeout_s > 0
        if not self._unsent and (idle or self._between_loads):
            self._step(next(self._steps, None), timeout_s or 0.0)
        self._send()
        return select.select(readers, writers, [], 0)

    def frames(self) -> list[Frame]:
        return [message for message in self.heard if isinstance(message, Frame)]

    def close(self) -> None:
        self._drain()
        for descriptor in (self.commands, self._to_send, self._to_read, self.messages):
            if descriptor >= 0:
                os.close(descriptor)

    def _step(self, step: Step | None, timeout_s: float) -> None:
        match step:
            case None:
                if self._to_send >= 0:
                    os.close(self._to_send)
                self._to_send = -1
            case "tick":
                self._clock.now_s += timeout_s
            case "stall" | "read":
                self._reading = step == "read"
            case "hang up":
                os.close(self._to_read)
                self._to_read = -1
            case bytes():
                self._unsent += step
            case str():
                raise ValueError(step)
            case _:
                self._unsent += m.encode(step)

    def _send(self) -> None:
        if self._unsent:
            del self._unsent[: os.write(self._to_send, self._unsent)]

    def _drain(self) -> None:
        if not self._reading or self._to_read < 0:
            return
        try:
            while data := os.read(self._to_read, 1 << 20):
                self.heard += map(m.decode_message, self._splitter.feed(data))
        except BlockingIOError:
            pass


def play(
    steps: Iterable[Step], clock: FakeProc, patch: pytest.MonkeyPatch, *, log: str = "", between_loads: bool = False
) -> FakeScreen:
    """Run a loop against these steps to its end; return the screen with all that it heard.

    Unless `between_loads`, the screen waits until the tracer is idle before each step.
    """
    screen = FakeScreen(steps, clock, between_loads=between_loads)
    patch.setattr(loop_module, "select", SimpleNamespace(select=screen.select))
    patch.setattr(loop_module, "Library", FakeLibrary)
    patch.setattr(loop_module, "RunTimeStats", FakeSwitch)
    logs = iter([log])
    try:
        outbox = Outbox(screen.messages)
        Loop(Inbox(screen.commands), outbox, fake_machine(outbox.send), lambda: next(logs, "")).run()
    finally:
        screen.close()
    return screen
