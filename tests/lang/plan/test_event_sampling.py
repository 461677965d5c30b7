"""Sampling: which clauses may be left out for all but one event in N, and which maps are scaled back then."""

import pytest

from tests.lang.fake_kernel import FakeKernel
from tracetop.lang import compile_script
from tracetop.model.program import Program

ENTER, EXIT, SWITCH = (
    "tracepoint:raw_syscalls:sys_enter",
    "tracepoint:raw_syscalls:sys_exit",
    "tracepoint:sched:sched_switch",
)
PICK = "bpf_get_prandom_u32() % control->sample"
LATENCY = (
    f"{ENTER} {{ @start[tid] = nsecs; }} "
    f"{EXIT} /@start[tid]/ {{ @ns = hist(nsecs - @start[tid]); delete(@start[tid]); }}"
)


def compiled(kernel: FakeKernel, script: str) -> Program:
    return compile_script(script, "t", kernel)


def program_text(program: Program, number: int) -> str:
    """Return the C of the script's program of that number, from 1."""
    function = program.probes[number - 1].function
    return program.c_text.split(f"int {function}(")[1].split("\n}\n")[0]


def scaled(program: Program) -> set[str]:
    return {spec.name for spec in program.maps if spec.sampled}


def test_every_event_of_a_plain_count_may_be_left_out(kernel: FakeKernel) -> None:
    program = compiled(kernel, f"{ENTER} {{ @[args.id] = count(); }}")
    assert PICK in program_text(program, 1)
    assert scaled(program) == {"@"}


def test_the_end_of_what_was_picked_is_never_left_out(kernel: FakeKernel) -> None:
    """The begin is sampled, so the ends that find one are; their distribution is scaled back all the same."""
    program = compiled(kernel, LATENCY)
    assert PICK in program_text(program, 1)
    assert PICK not in program_text(program, 2)
    assert "@ns" in scaled(program)


@pytest.mark.parametrize("probe", ["profile:hz:99", "interval:s:1", "BEGIN", "END"])
def test_timers_and_begin_are_never_left_out_and_not_scaled(kernel: FakeKernel, probe: str) -> None:
    program = compiled(kernel, f"{probe} {{ @ = count(); }}")
    assert PICK not in program_text(program, 1)
    assert scaled(program) == set()


def test_what_a_timer_also_writes_is_not_scaled(kernel: FakeKernel) -> None:
    program = compiled(kernel, f"{ENTER} {{ @ = count(); @b = count(); }} interval:s:1 {{ @ = count(); }}")
    assert scaled(program) == {"@b"}


def test_clauses_of_one_program_are_picked_each_for_itself(kernel: FakeKernel) -> None:
    """The same hook begins a wait for one task and ends that of another."""
    script = (
        f"{SWITCH} {{ @off[args.prev_pid] = nsecs; }} {SWITCH} /@off[args.next_pid]/ "
        "{ @ns = hist(nsecs - @off[args.next_pid]); delete(@off[args.next_pid]); }"
    )
    text = program_text(compiled(kernel, script), 1)
    assert "bool picked = control->sample <= 1 ||" in text
    assert text.count("if (picked") == 1


def test_one_clause_that_begins_and_ends_is_not_sampled_and_not_scaled(kernel: FakeKernel) -> None:
    ends = "if (@off[args.next_pid]) { @ = count(); delete(@off[args.next_pid]); }"
    program = compiled(kernel, f"{SWITCH} {{ @off[args.prev_pid] = nsecs; {ends} }}")
    assert PICK not in program_text(program, 1)
    assert "@" not in scaled(program)


def test_all_but_begin_can_be_silenced_while_hooks_are_counted(kernel: FakeKernel) -> None:
    program = compiled(kernel, f"BEGIN {{ @b = 1; }} interval:s:1 {{ @c = 1; }} {LATENCY}")
    silenced = [
        PICK in text or "sample == 0xffffffff" in text for text in (program_text(program, i) for i in range(1, 5))
    ]
    assert silenced == [False, True, True, True]
