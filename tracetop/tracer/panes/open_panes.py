"""All panes: which there are, which of them load, and the filter that is in force in each.

Owns: carrying out the commands about panes, and whose turn it is to load. Refuses to own: what a pane does (`pane`),
the clock and the pipes (`loop`). Tracer.
"""

import math
from collections.abc import Iterator

from tracetop.errors import UsageError
from tracetop.library import Library
from tracetop.model.filter import Filter
from tracetop.model.frame import PaneFrame, PaneState
from tracetop.model.wire import messages as m
from tracetop.tracer.panes.pane import Pane
from tracetop.tracer.panes.pane_content import Shown
from tracetop.tracer.panes.pane_load import Wait
from tracetop.tracer.panes.script_content import Machine

LOADS_AT_ONCE = 2
"""Panes that load beside each other: a compile takes 120 MB."""
_AT_ONCE = Wait(-math.inf)


class Panes:
    """The panes that are open, by name, in the order they were opened."""

    def __init__(self, machine: Machine, library: Library) -> None:
        self.filter = Filter()
        self._machine = machine
        self._library = library
        self._panes: dict[str, Pane] = {}
        self._waits: dict[Pane, Wait] = {}
        """What each pane that loads waits for next, the first to load first."""

    def __iter__(self) -> Iterator[Pane]:
        return iter(self._panes.values())

    def open(self, requests: tuple[m.PaneRequest, ...], filter_: Filter) -> None:
        """Close what is open and open these, to be loaded. UsageError for an unknown one; nothing is closed then."""
        panes = [Pane(request, self._library, self._machine) for request in requests]
        self.close()
        self.filter = filter_
        self._panes = {pane.name: pane for pane in panes}
        self._waits = dict.fromkeys(panes, _AT_ONCE)

    def waits(self) -> list[Wait]:
        """Return what the loads of the moment wait for."""
        return list(self._waits.values())[:LOADS_AT_ONCE]

    def ready(self, now_s: float, readable: list[int]) -> Pane | None:
        """Return a pane whose next step to its hooks can be taken now."""
        loads = list(self._waits.items())[:LOADS_AT_ONCE]
        return next((pane for pane, wait in loads if wait.until_s <= now_s or wait.fd in readable), None)

    def advance(self, pane: Pane) -> bool:
        """Take a pane's next step; return whether it was the last."""
        wait = pane.advance(self.filter)
        if wait is None:
            del self._waits[pane]
        else:
            self._waits[pane] = wait
        return wait is None

    def read(self) -> None:
        """Read the maps of all panes that are on."""
        for pane in self:
            pane.read()

    def finish(self) -> None:
        """Take all probes off and run the scripts' END, for the last frame to have what it prints."""
        for pane in self:
            pane.finish()

    def event_fds(self) -> list[int]:
        """Return what is readable while a script has sent something."""
        return [one.event_fd for one in self.running() if one.event_fd is not None]

    def drain(self) -> bool:
        """Do what the scripts asked user space for; return whether one has ended itself."""
        ended = [pane for pane in self if pane.drain()]
        return bool(ended)

    def running(self) -> list[Shown]:
        """Return the scripts that are on their hooks."""
        return [pane.running for pane in self if pane.running and pane.running.attached]

    def frames(self) -> dict[str, PaneFrame]:
        """Return every pane as of its last read, for a frame that is sure to be sent."""
        return {name: pane.frame() for name, pane in self._panes.items()}

    def close(self) -> None:
        """Free all that is in the kernel."""
        self._waits.clear()
        for pane in self:
            pane.close()

    def carry_out(self, command: m.PanesCommand) -> None:
        """Do what a command about panes says. UsageError where it cannot be done; nothing has changed then."""
        match command:
            case m.SetFilter():
                self.filter = command.filter
                for pane in self:
                    pane.set_filter(command.filter)
            case m.Reset():
                for pane in self:
                    pane.reset()
            case m.AddPane():
                self._add(command.pane)
            case _:
                self._change(self._pane(command.pane), command)

    def _add(self, request: m.PaneRequest) -> None:
        if request.name in self._panes:
            raise UsageError(
                f"there is a pane named {request.name}", why="each has a name of its own", hint="choose another name"
            )
        pane = Pane(request, self._library, self._machine)
        self._panes[pane.name] = pane
        self._waits[pane] = _AT_ONCE

    def _change(self, pane: Pane, command: m.PaneCommand) -> None:
        """Carry out a command about one pane."""
        match command:
            case m.RemovePane():
                self._waits.pop(pane, None)
                del self._panes[pane.name]
                pane.close()
            case m.SetEnabled():
                pane.set_enabled(command.enabled)
                if pane.state is PaneState.LOADING:
                    self._waits.setdefault(pane, _AT_ONCE)
                elif not command.enabled:
                    self._waits.pop(pane, None)
            case m.SelectVariant():
                pane.select(command.variant)
                self._waits[pane] = _AT_ONCE
            case m.ReplaceScript():
                pane.replace(command.script)
                self._waits[pane] = _AT_ONCE
            case m.SetParams():
                pane.set_params(command.params, self.filter)
            case m.Proceed():
                pane.proceed(command.sample)
            case m.SetSort():
                pane.set_sort(command)
            case m.SetOffsets():
                pane.show_offsets(command.offsets)

    def _pane(self, name: str) -> Pane:
        if name not in self._panes:
            raise UsageError(f"no pane named {name}", why=f"open are {', '.join(self._panes)}", hint="name one of them")
        return self._panes[name]
