"""The tracer's one loop: take commands, load what waits, read at every tick, send frames.

Owns: what filter, interval and panes are in force, and the clock. Refuses to own: what a pane is (`pane`) and how
bytes travel (`pipe`). BCC is not thread-safe: everything here runs in the process's one thread.
"""

import functools
import math
import os
import select
import time
from collections.abc import Callable

import psutil

from tracetop.bpf.stats import RunTimeStats
from tracetop.errors import TracetopError, UsageError
from tracetop.model import message as m
from tracetop.model.control import Filter
from tracetop.model.frame import Frame, PaneState, TracerCost
from tracetop.tracer.cost import CostMeter
from tracetop.tracer.library import Library
from tracetop.tracer.pane import Pane
from tracetop.tracer.pipe import Inbox, Outbox
from tracetop.tracer.running import Machine

INTERVAL_S = (0.25, 10.0)
"""Least and greatest time between frames."""
FIRST_READ_S = 0.25
"""A pane that has just been loaded shows its first numbers so soon."""


class Loop:
    """All panes, from Start to the end of the input."""

    def __init__(self, inbox: Inbox, outbox: Outbox, machine: Machine, drain_log: Callable[[], str]) -> None:
        self._inbox = inbox
        self._outbox = outbox
        self._machine = machine
        self._drain_log = drain_log
        self._library = Library()
        self._meter = CostMeter(RunTimeStats())
        self._panes: dict[str, Pane] = {}
        self._waiting: list[Pane] = []
        self._filter = Filter()
        self._interval_s = 1.0
        self._seq = 0
        self._next_s = math.inf  # until Start there is nothing to read
        self._read_s = time.monotonic()
        self._elapsed_s = 0.0
        self._cpu_s = time.process_time()
        self._cost = TracerCost()
        self._stopping = False

    def run(self) -> None:
        """Serve until asked to stop or the screen has gone; then free everything in the kernel."""
        try:
            while not (self._stopping or self._inbox.closed):
                self._wait()
                self._take_commands()
                if self._waiting:
                    self._load_one()
                elif time.monotonic() >= self._next_s:
                    self._tick()
            if self._stopping:
                self._finish()
        except BrokenPipeError:
            pass  # the screen has gone: the end of our work, not a fault
        finally:
            self._close()

    def _wait(self) -> None:
        """Sleep until a command comes, the pipe takes more, or the next tick; not at all while panes wait to load."""
        timeout_s = 0.0 if self._waiting else max(0.0, self._next_s - time.monotonic())
        writers = [self._outbox.fd] if self._outbox.blocked else []
        _, writable, _ = select.select([self._inbox.fd], writers, [], None if math.isinf(timeout_s) else timeout_s)
        if writable:
            self._outbox.flush()

    def _take_commands(self) -> None:
        changed = False
        for command in self._inbox.commands():
            changed = True
            try:
                self._carry_out(command)
            except TracetopError as error:
                if isinstance(command, m.Start):  # without panes there is nothing to go on with
                    raise
                self._outbox.send(m.Refused(error.diagnostic))
        if changed and not self._stopping:
            self._send_frame()

    @functools.singledispatchmethod
    def _carry_out(self, command: m.Command) -> None:
        raise NotImplementedError(type(command).__name__)

    @_carry_out.register
    def _(self, command: m.Start) -> None:
        self._filter = command.filter
        self._set_interval(command.interval_s)
        panes = [Pane(request, self._library) for request in command.panes]
        self._close()
        self._panes = {pane.name: pane for pane in panes}
        self._waiting = panes

    @_carry_out.register
    def _(self, command: m.SetFilter) -> None:
        self._filter = command.filter
        for pane in self._panes.values():
            pane.set_filter(command.filter, self._machine)

    @_carry_out.register
    def _(self, command: m.SetInterval) -> None:
        self._set_interval(command.interval_s)

    @_carry_out.register
    def _(self, command: m.SetEnabled) -> None:
        pane = self._pane(command.pane)
        pane.set_enabled(command.enabled)
        if pane.state is PaneState.LOADING:
            self._queue(pane)
        elif pane in self._waiting and not command.enabled:
            self._waiting.remove(pane)
        self._meter.want()

    @_carry_out.register
    def _(self, command: m.SetParams) -> None:
        self._pane(command.pane).set_params(command.params, self._machine, self._filter)

    @_carry_out.register
    def _(self, command: m.SelectVariant) -> None:
        pane = self._pane(command.pane)
        pane.select(command.variant)
        self._queue(pane)

    @_carry_out.register
    def _(self, command: m.SetSort) -> None:
        self._pane(command.pane).set_sort(command)

    @_carry_out.register
    def _(self, command: m.SetOffsets) -> None:
        self._pane(command.pane).show_offsets(command.offsets)

    @_carry_out.register
    def _(self, command: m.Reset) -> None:
        del command
        for pane in self._panes.values():
            pane.reset()

    @_carry_out.register
    def _(self, command: m.Stop) -> None:
        del command
        self._stopping = True

    def _pane(self, name: str) -> Pane:
        if name not in self._panes:
            raise UsageError(f"no pane named {name}", why=f"open are {', '.join(self._panes)}", mend="name one of them")
        return self._panes[name]

    def _set_interval(self, interval_s: float) -> None:
        least, greatest = INTERVAL_S
        if not least <= interval_s <= greatest:
            raise UsageError(
                f"an interval of {interval_s:g} s",
                why="frames come at most four times a second and at least every ten seconds",
                mend=f"choose between {least:g} and {greatest:g} seconds",
            )
        self._interval_s = interval_s
        self._next_s = min(self._next_s, time.monotonic() + interval_s)

    def _queue(self, pane: Pane) -> None:
        if pane not in self._waiting:
            self._waiting.append(pane)

    def _load_one(self) -> None:
        """Load one of the panes that wait; commands are served between two of them."""
        pane = self._waiting.pop(0)
        pane.load(self._machine, self._filter)
        self._meter.want()
        self._next_s = time.monotonic() + FIRST_READ_S
        self._send_frame()

    def _tick(self) -> None:
        self._next_s = max(self._next_s + self._interval_s, time.monotonic() + INTERVAL_S[0] / 2)
        self._read()
        on = [p.running for p in self._panes.values() if p.running and p.state is PaneState.ON]
        self._meter.tick(on)
        self._measure_self()
        self._send_frame()
        if log := self._drain_log():
            self._outbox.send(m.LogLines(tuple(log.splitlines())))

    def _finish(self) -> None:
        """Read once more and send the last frame whole: nothing that was counted is lost."""
        self._read()
        os.set_blocking(self._outbox.fd, True)
        self._send_frame(final=True)

    def _close(self) -> None:
        for pane in self._panes.values():
            pane.close()

    def _read(self) -> None:
        now_s = time.monotonic()
        self._elapsed_s, self._read_s = now_s - self._read_s, now_s
        for pane in self._panes.values():
            pane.read()
        self._seq += 1

    def _measure_self(self) -> None:
        cpu_s = time.process_time()
        percent = 100 * (cpu_s - self._cpu_s) / max(self._elapsed_s, 1e-3)
        self._cpu_s = cpu_s
        self._cost = TracerCost(round(percent, 2), psutil.Process().memory_info().rss)

    def _send_frame(self, *, final: bool = False) -> None:
        """Send what is known now; nothing while the screen does not keep up, what is in force goes with the next."""
        if self._outbox.blocked and not final:
            return
        self._outbox.send(
            Frame(
                seq=self._seq,
                time=time.time(),
                elapsed_s=round(self._elapsed_s, 4),
                interval_s=self._interval_s,
                filter=self._filter,
                panes={name: pane.frame() for name, pane in self._panes.items()},
                tracer=self._cost,
                final=final,
            )
        )
