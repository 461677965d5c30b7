"""The cost meter: statistics are on for one tick in several, and a pane gets what it cost in that tick."""

from dataclasses import dataclass, field
from typing import Any, cast

from tests.tracer.fake_proc import FakeProc
from tracetop.bpf import RunTimeStats
from tracetop.model.frame import Cost
from tracetop.tracer.panes.cost_meter import EVERY_TICKS, CostMeter


@dataclass
class Switch(RunTimeStats):
    on: bool = False
    history: list[bool] = field(default_factory=list)

    def enable(self) -> bool:
        self.on = True
        return True

    def disable(self) -> None:
        self.on = False


@dataclass(eq=False)
class Running:
    """Something whose programs have run so often and so long, statistics on."""

    ns: int = 0
    runs: int = 0
    cost: Cost = field(default_factory=Cost)

    def run_totals(self) -> tuple[int, int]:
        return self.ns, self.runs


def tick(proc: FakeProc, meter: CostMeter, *running: Running, seconds: float = 1.0) -> None:
    proc.now_s += seconds
    meter.tick(cast("Any", running))


def test_a_window_is_one_tick_in_several(proc: FakeProc) -> None:
    switch = Switch()
    meter = CostMeter(switch)
    states = []
    for _ in range(2 * EVERY_TICKS):
        tick(proc, meter)
        states.append(switch.on)
    assert states == ([True] + [False] * (EVERY_TICKS - 1)) * 2


def test_cost_is_what_was_gained_in_the_window(proc: FakeProc) -> None:
    """2,000 runs of 100 ns in 2 s: 1,000 events a second, 0.01% of a core."""
    meter, one = CostMeter(Switch()), Running(5_000_000, 50)
    tick(proc, meter, one)
    one.ns, one.runs = one.ns + 200_000, one.runs + 2_000
    tick(proc, meter, one, seconds=2.0)
    assert one.cost == Cost(ns_per_event=100.0, events_per_s=1000.0, percent=0.01, age_s=0.0)


def test_a_program_that_did_not_run_costs_nothing(proc: FakeProc) -> None:
    meter, one = CostMeter(Switch()), Running()
    tick(proc, meter, one)
    tick(proc, meter, one)
    assert one.cost == Cost()


def test_the_age_grows_until_the_next_window_closes(proc: FakeProc) -> None:
    meter, one = CostMeter(Switch()), Running()
    ages = []
    for _ in range(EVERY_TICKS + 2):
        tick(proc, meter, one)
        ages.append(one.cost.age_s)
    assert ages == [0.0, 0.0, 2.0, 3.0, 4.0, 5.0, 0.0]


def test_what_was_attached_is_measured_at_once(proc: FakeProc) -> None:
    switch = Switch()
    meter = CostMeter(switch)
    for _ in range(3):
        tick(proc, meter)
    assert not switch.on
    meter.want()
    tick(proc, meter)
    assert switch.on


def test_what_was_replaced_within_the_window_is_not_measured(proc: FakeProc) -> None:
    """Neither the new one by the old one's totals, nor the old one at all."""
    meter, old, new = CostMeter(Switch()), Running(1_000_000, 1_000), Running(10, 1)
    tick(proc, meter, old)
    tick(proc, meter, new)
    assert [(one.cost.events_per_s, one.cost.percent) for one in (old, new)] == [(0.0, 0.0)] * 2


def test_a_kernel_without_statistics_shows_no_cost(proc: FakeProc) -> None:
    class NoSwitch(Switch):
        def enable(self) -> bool:
            return False

    meter, one = CostMeter(NoSwitch()), Running()
    for _ in range(3):
        tick(proc, meter, one)
    assert (one.cost.ns_per_event, one.cost.percent) == (0.0, 0.0)
