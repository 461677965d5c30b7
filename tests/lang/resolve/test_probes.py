"""Probes become hooks of the kernel, and what is not there is left out only where the script allows it."""

from collections.abc import Callable

import pytest

from tests.lang.fake_kernel import FakeKernel
from tracetop.errors import Diagnostic
from tracetop.model.ctype import CKind, CType
from tracetop.model.kinds import ProbeKind
from tracetop.model.program import Program

Build = Callable[[str], Program]
Refuse = Callable[[str], Diagnostic]


@pytest.mark.parametrize(
    ("probe", "kind", "event", "period"),
    [
        ("software:page-faults:7", ProbeKind.SOFTWARE, "page-faults", 7),
        ("software:faults", ProbeKind.SOFTWARE, "page-faults", 100),
        ("s:cs:3", ProbeKind.SOFTWARE, "context-switches", 3),
        ("profile:hz:99", ProbeKind.PROFILE, "", 99),
        ("profile:ms:10", ProbeKind.PROFILE, "", 100),
        ("profile:us:500", ProbeKind.PROFILE, "", 2000),
        ("interval:s:2", ProbeKind.INTERVAL, "", 2_000_000_000),
        ("interval:ms:250", ProbeKind.INTERVAL, "", 250_000_000),
        ("interval:hz:4", ProbeKind.INTERVAL, "", 250_000_000),
        ("rawtracepoint:sys_enter", ProbeKind.RAW_TRACEPOINT, "sys_enter", 0),
        ("rawtracepoint:raw_syscalls:sys_enter", ProbeKind.RAW_TRACEPOINT, "sys_enter", 0),
        ("begin", ProbeKind.BEGIN, "", 0),
        ("END", ProbeKind.END, "", 0),
    ],
)
def test_a_probe_names_a_hook(build: Build, probe: str, kind: ProbeKind, event: str, period: int) -> None:
    (spec,) = build(f"{probe} {{ @ = count(); }}").probes
    assert (spec.kind, spec.event, spec.period, spec.names) == (kind, event, period, (probe,))


def test_a_wildcard_is_every_event_that_it_matches(build: Build) -> None:
    program = build("tracepoint:syscalls:sys_exit_*read* { @[args.ret] = count(); }")
    events = [probe.event for probe in program.probes]
    assert events == [f"sys_exit_{name}" for name in ("pread64", "preadv", "preadv2", "read", "readv")]
    assert {probe.names for probe in program.probes} == {("tracepoint:syscalls:sys_exit_*read*",)}


def test_functions_of_programs_have_names_of_their_own(build: Build) -> None:
    text = "tracepoint:sched:* { @ = count(); } tracepoint:block:* { @x = sum(1); } BEGIN { } END { }"
    functions = [probe.function for probe in build(text).probes]
    assert len(set(functions)) == len(functions)
    assert all(function.startswith("tt_") and function.isidentifier() for function in functions)


def test_a_probe_beside_one_that_exists_may_be_missing(build: Build) -> None:
    program = build("tracepoint:sched:gone, tracepoint:sched:sched_switch { @ = count(); }")
    assert [probe.event for probe in program.probes] == ["sched_switch"]
    assert program.notes == ("left out tracepoint:sched:gone: this kernel has no tracepoint of that name",)


def test_an_optional_clause_is_left_out_where_the_kernel_has_no_loops(kernel: FakeKernel, build: Build) -> None:
    probe = "tracepoint:raw_syscalls:sys_exit"
    text = f"//! optional: {probe}\nBEGIN {{ @a = 1; }}\n{probe} {{ $i = 0; while ($i < 3) {{ $i++; }} @b = count(); }}"
    program = build(text)
    assert (program.notes, [spec.name for spec in program.maps]) == (
        (f"left out {probe}: loops need Linux 5.17",),
        ["@a"],
    )
    kernel.constants["BPF_FUNC_loop"] = (181, CType(kind=CKind.ENUM, size=4))
    assert [spec.name for spec in build(text).maps] == ["@a", "@b"]


def test_a_clause_may_be_missing_where_the_header_calls_it_optional(build: Build) -> None:
    text = "//! optional: tracepoint:sched:gone\nBEGIN { @a = 1; }\ntracepoint:sched:gone { @b = count(); }"
    program = build(text)
    assert [spec.name for spec in program.maps] == ["@a"]
    assert len(program.notes) == 1


def test_a_script_of_missing_probes_alone_is_refused(refuse: Refuse) -> None:
    wrong = refuse("//! optional: tracepoint:sched:gone\ntracepoint:sched:gone { @b = count(); }")
    assert wrong.what == "none of the script's probes is on this kernel"


def test_a_flood_is_refused_before_anything_is_attached(kernel: FakeKernel, refuse: Refuse) -> None:
    kernel.formats |= {f"flood:e{i}": ("int x 8 4 s",) for i in range(1100)}
    assert "1100 hooks, at most 1024" in refuse("tracepoint:flood:* { @ = count(); }").what
