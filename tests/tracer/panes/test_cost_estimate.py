"""How hot a script would be: what is estimated from how often its programs ran, and what is worth a question."""

import pytest
from msgspec import structs

from tracetop.bpf import ProgStats
from tracetop.model.frame import Hot
from tracetop.model.kinds import ProbeKind
from tracetop.model.program import ProbeSpec, Program
from tracetop.tracer.panes.cost_estimate import HOT_PER_S, HOT_PERCENT, estimate

FUNCTION = "tt_a_long_name_of_a_function_1"


def program(kind: ProbeKind = ProbeKind.RAW_TRACEPOINT, *, stacks: bool = False) -> Program:
    probe = ProbeSpec(function=FUNCTION, kind=kind, names=("p",))
    return Program(
        name="t", script="", c_text="", maps=(), probes=(probe,), stack_maps=("tt_kstacks",) if stacks else ()
    )


def hot(per_s: int, instructions: int = 100, of: Program | None = None) -> Hot | None:
    """Return the estimate for a program that ran `per_s` times a second for 0.2 s, 50 ns each."""
    runs = per_s // 5
    before = ProgStats(FUNCTION, 1, 1000, 10, 0, instructions)
    after = ProgStats(FUNCTION, 1, 1000 + 50 * runs, 10 + runs, 0, instructions)
    return estimate(of or program(), (before,), (after,), 0.2)


def percent(per_s: int, instructions: int = 100, of: Program | None = None) -> float:
    found = hot(per_s, instructions, of)
    assert found is not None
    assert found.events_per_s == per_s
    return found.percent


@pytest.mark.parametrize("per_s", [0, 10, 10_000])
def test_what_is_seldom_hit_is_not_worth_a_question(per_s: int) -> None:
    assert hot(per_s) is None


def test_so_many_hits_are_worth_one_whatever_they_cost() -> None:
    assert hot(HOT_PER_S, 0) is not None


def test_so_much_of_a_core_is_worth_one_however_seldom() -> None:
    """A trap into the kernel costs a microsecond and more."""
    assert percent(50_000, of=program(ProbeKind.UPROBE)) > HOT_PERCENT
    assert hot(50_000) is None


def test_the_share_of_a_core_is_hits_times_what_a_hit_costs() -> None:
    """50 ns measured, 50 around a raw tracepoint, and 100 instructions of half a nanosecond: 150 ns a million times."""
    assert percent(1_000_000) == 15.0


def test_a_longer_program_and_one_that_takes_stacks_cost_more() -> None:
    assert percent(1_000_000) < percent(1_000_000, 400) < percent(1_000_000, 400, program(stacks=True))


def test_several_programs_are_added_up() -> None:
    of = program()
    one = ProgStats(FUNCTION, 1, 0, 0, 0), ProgStats(FUNCTION, 1, 5_000_000, 100_000, 0)
    found = estimate(of, (one[0], one[0]), (one[1], one[1]), 1.0)
    assert found is not None
    assert (found.events_per_s, found.percent) == (200_000, 2.0)


def test_a_call_and_a_return_of_one_function_each_cost_their_own() -> None:
    """Their C functions share the 15 bytes that the kernel keeps of a name: the program's own are what tells them."""
    probes = tuple(
        ProbeSpec(function=f"tt_readline_internal_{number}", kind=kind, names=("p",))
        for number, kind in enumerate((ProbeKind.UPROBE, ProbeKind.URETPROBE), 1)
    )
    of = structs.replace(program(), probes=probes)
    before = [ProgStats(probe.function, 1, 0, 0, 0) for probe in probes]
    after = [ProgStats(probes[0].function, 1, 0, 100_000, 0), before[1]]
    called = estimate(of, before, after, 1.0)
    returned = estimate(of, before, [before[0], ProgStats(probes[1].function, 1, 0, 100_000, 0)], 1.0)
    assert called is not None
    assert returned is not None
    assert (called.percent, returned.percent) == (15.0, 25.0)


def test_a_program_on_calls_and_returns_costs_the_mean_of_both() -> None:
    probes = tuple(
        ProbeSpec(function=FUNCTION, kind=kind, names=("p",)) for kind in (ProbeKind.UPROBE, ProbeKind.URETPROBE)
    )
    assert percent(1_000_000, 0, structs.replace(program(), probes=probes)) == 205.0
