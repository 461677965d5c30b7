"""The tracer's one loop: take commands, load what waits, read at every tick, send frames.

Owns: what filter, interval and panes are in force, and the clock. Refuses to own: what a pane is (`pane`) and how
bytes travel (`pipe`). BCC is not thread-safe: everything here runs in the process's one thread.
"""

import math
import os
import select
import time
from collections.abc import Callable

import psutil

from tracetop.bpf import RunTimeStats, online_cpus
from tracetop.errors import TracetopError, UsageError
from tracetop.library import Library
from tracetop.model.frame import Frame, TracerCost
from tracetop.model.wire import limits
from tracetop.model.wire import messages as m
from tracetop.tracer.panes.cost_meter import CostMeter
from tracetop.tracer.panes.open_panes import Panes
from tracetop.tracer.panes.pane import Pane
from tracetop.tracer.panes.prompt_answers import Assistant
from tracetop.tracer.panes.script_content import Machine
from tracetop.tracer.pipe import Inbox, Outbox

FIRST_READ_S = 0.25
"""A pane that has just been loaded shows its first numbers so soon."""
DRAIN_EVERY_S = 0.05
"""What scripts send is taken no oftener: many events for one turn of the loop."""


class Loop:
    """All panes, from Start to the end of the input."""

    def __init__(self, inbox: Inbox, outbox: Outbox, machine: Machine, drain_log: Callable[[], str]) -> None:
        self._inbox = inbox
        self._outbox = outbox
        self._drain_log = drain_log
        self._meter = CostMeter(RunTimeStats())
        self._files = machine.files
        self._panes = Panes(machine, Library())
        self._assistant = Assistant(machine.kernel)
        self._interval_s = 1.0
        self._seq = 0
        self._next_s = math.inf  # until Start there is nothing to read
        self._read_s = self._drained_s = time.monotonic()
        self._elapsed_s = 0.0
        self._cpu_s = time.process_time()
        self._cost = TracerCost()
        self._stopping = False

    def run(self) -> None:
        """Serve until asked to stop or the screen has gone; then free everything in the kernel."""
        try:
            while not (self._stopping or self._inbox.closed):
                readable = self._wait()
                self._take_commands()
                if not {*readable}.isdisjoint(self._panes.event_fds()):
                    self._drain()
                if pane := self._panes.ready(time.monotonic(), readable):
                    self._load(pane)
                elif time.monotonic() >= self._next_s:
                    self._tick()
                elif self._assistant.asked:
                    for answer in self._assistant.answers():
                        self._outbox.send(answer)
            if self._stopping:
                self._finish()
        except BrokenPipeError:
            pass  # the screen has gone: the end of our work, not a fault
        finally:
            self._panes.close()

    def _wait(self) -> list[int]:
        """Sleep until a command comes, the pipe takes more, a load can go on, or the next tick.

        Returns the descriptors that can be read.
        """
        waits, events = self._panes.waits(), self._panes.event_fds()
        now_s, drain_s = time.monotonic(), self._drained_s + DRAIN_EVERY_S
        readers = [self._inbox.fd, *(wait.fd for wait in waits if wait.fd >= 0)]
        if drain_s <= now_s:
            readers += events
        until_s = min(
            [self._next_s, *(wait.until_s for wait in waits), *[drain_s] * (bool(events) and drain_s > now_s)]
        )
        timeout_s = 0.0 if self._assistant.asked else max(0.0, until_s - now_s)
        writers = [self._outbox.fd] if self._outbox.blocked else []
        readable, writable, _ = select.select(readers, writers, [], None if math.isinf(timeout_s) else timeout_s)
        if writable:
            self._outbox.flush()
        return readable

    def _take_commands(self) -> None:
        changed = False
        for command in self._inbox.commands():
            try:
                limits.check(command)
                if isinstance(command, m.Inquiry):
                    self._assistant.ask(command)
                elif isinstance(command, m.FileShown):
                    self._files.answer(command)
                else:
                    changed = True
                    self._carry_out(command)
            except TracetopError as error:
                if isinstance(command, m.Start):  # without panes there is nothing to go on with
                    raise
                self._outbox.send(m.Refused(error.diagnostic))
        if changed and not self._stopping:
            self._send_frame()

    def _carry_out(self, command: m.Command) -> None:
        match command:
            case m.Start():
                self._set_interval(command.interval_s)
                self._panes.open(command.panes, command.filter)
            case m.SetInterval():
                self._set_interval(command.interval_s)
            case m.Stop():
                self._stopping = True
            case _ if isinstance(command, m.PanesCommand):
                self._panes.carry_out(command)
                self._meter.want()
            case _:
                raise UsageError(
                    f"{type(command).__name__} is for a tracer that runs one script",
                    why="this one shows panes",
                    hint="open a pane with the script",
                )

    def _set_interval(self, interval_s: float) -> None:
        self._interval_s = interval_s
        self._next_s = min(self._next_s, time.monotonic() + interval_s)

    def _drain(self) -> None:
        self._drained_s = time.monotonic()
        if self._panes.drain():
            self._send_frame()

    def _load(self, pane: Pane) -> None:
        """Take a step to a pane's hooks; commands are served between two steps."""
        if self._panes.advance(pane):
            self._meter.want()
            self._next_s = time.monotonic() + FIRST_READ_S
            self._send_frame()

    def _tick(self) -> None:
        self._next_s = max(self._next_s + self._interval_s, time.monotonic() + limits.INTERVAL_S[0] / 2)
        self._read()
        self._meter.tick(self._panes.running())
        self._measure_self()
        self._send_frame()
        if log := self._drain_log():
            self._outbox.send(m.LogLines(tuple(log.splitlines())))

    def _finish(self) -> None:
        """Read once more, run END, and send the last frame whole: nothing that was counted or printed is lost."""
        self._read()
        os.set_blocking(self._outbox.fd, True)
        self._send_frame(whole=True)
        self._panes.finish()
        self._send_frame(whole=True, final=True)

    def _read(self) -> None:
        now_s = time.monotonic()
        self._elapsed_s, self._read_s = now_s - self._read_s, now_s
        self._panes.read()
        self._seq += 1

    def _measure_self(self) -> None:
        cpu_s = time.process_time()
        percent = 100 * (cpu_s - self._cpu_s) / max(self._elapsed_s, 1e-3)
        self._cpu_s = cpu_s
        self._cost = TracerCost(round(percent, 2), psutil.Process().memory_info().rss)

    def _send_frame(self, *, whole: bool = False, final: bool = False) -> None:
        """Send what is known now; nothing while the screen does not keep up, what is in force goes with the next."""
        if self._outbox.blocked and not whole:
            return
        self._outbox.send(
            Frame(
                seq=self._seq,
                time=time.time(),
                elapsed_s=round(self._elapsed_s, 4),
                interval_s=self._interval_s,
                filter=self._panes.filter,
                panes=self._panes.frames(),
                tracer=self._cost,
                cpus=len(online_cpus()),
                final=final,
            )
        )
