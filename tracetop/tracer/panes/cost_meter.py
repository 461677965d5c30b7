"""What the programs cost, from the kernel's BPF statistics, switched on only for short windows: they cost time too.

Owns: when to measure. Refuses to own: the statistics themselves (`bpf.stats`). Tracer.
"""

import time
from collections.abc import Sequence

from msgspec.structs import replace

from tracetop.bpf import RunTimeStats
from tracetop.model.frame import Cost
from tracetop.tracer.panes.pane_content import Shown

EVERY_TICKS = 5
"""One tick in so many is measured."""


class CostMeter:
    """Opens a window of one tick now and then, and hands each pane what its programs cost in it."""

    def __init__(self, switch: RunTimeStats) -> None:
        self._switch = switch
        self._ticks_to_wait = 0
        self._opened_s = 0.0
        self._before: list[tuple[Shown, tuple[int, int]]] = []
        self._open = False

    def want(self) -> None:
        """Measure from the next tick on: something was attached."""
        self._ticks_to_wait = 0

    def tick(self, running: Sequence[Shown]) -> None:
        """Close the window that is open, or open one where it is time."""
        now_s = time.monotonic()
        for one in running:
            one.cost = replace(one.cost, age_s=round(now_s - self._opened_s, 1) if self._opened_s else 0.0)
        if self._open:
            self._close(running, now_s)
        if self._ticks_to_wait:
            self._ticks_to_wait -= 1
            return
        self._ticks_to_wait = EVERY_TICKS - 1
        self._switch.enable()
        self._open, self._opened_s = True, now_s
        self._before = [(one, one.run_totals()) for one in running]

    def _close(self, running: Sequence[Shown], now_s: float) -> None:
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
