"""What the programs cost, from the kernel's BPF statistics, switched on only for short windows: they cost time too.

Owns: when to measure. Refuses to own: the statistics themselves (`bpf.stats`). Tracer.
"""

import time
from collections.abc import Sequence
from typing import Protocol

from tracetop.model.frame import Cost

EVERY_TICKS = 5
"""One tick in so many is measured."""


class Measured(Protocol):
    """Something whose programs can be measured."""

    cost: Cost

    def run_totals(self) -> tuple[int, int]:
        """Return (nanoseconds, runs) of all its programs since they were loaded, statistics on."""


class Switch(Protocol):
    """The kernel's BPF statistics, on or off for this process."""

    def enable(self) -> bool:
        """Let the kernel time every run of every BPF program; False where it cannot."""

    def disable(self) -> None:
        """Stop that, unless another process wants it too."""


class CostMeter:
    """Opens a window of one tick now and then, and hands each pane what its programs cost in it."""

    def __init__(self, switch: Switch) -> None:
        self._switch = switch
        self._ticks_to_wait = 0
        self._opened_s = 0.0
        self._before: list[tuple[Measured, tuple[int, int]]] = []
        self._open = False

    def want(self) -> None:
        """Measure from the next tick on: something was attached."""
        self._ticks_to_wait = 0

    def tick(self, running: Sequence[Measured]) -> None:
        """Close the window that is open, or open one where it is time."""
        now_s = time.monotonic()
        for one in running:
            one.cost = Cost(one.cost.ns_per_event, one.cost.events_per_s, one.cost.percent, self._age_s(now_s))
        if self._open:
            self._close(running, now_s)
        if self._ticks_to_wait:
            self._ticks_to_wait -= 1
            return
        self._ticks_to_wait = EVERY_TICKS - 1
        self._switch.enable()
        self._open, self._opened_s = True, now_s
        self._before = [(one, one.run_totals()) for one in running]

    def _age_s(self, now_s: float) -> float:
        return round(now_s - self._opened_s, 1) if self._opened_s else 0.0

    def _close(self, running: Sequence[Measured], now_s: float) -> None:
        elapsed_s = max(now_s - self._opened_s, 1e-3)
        for one, totals in self._before:
            if one not in running:  # detached or replaced meanwhile
                continue
            ns, runs = (after - before for after, before in zip(one.run_totals(), totals, strict=True))
            one.cost = Cost(
                ns_per_event=round(ns / runs, 1) if runs else 0.0,
                events_per_s=round(runs / elapsed_s, 1),
                percent=round(ns / elapsed_s / 1e7, 3),
            )
        self._switch.disable()
        self._open, self._before = False, []
