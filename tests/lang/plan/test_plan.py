"""How a script is carried out: layouts that the loader relies on, the cheapest hooks, one program a hook."""

from collections.abc import Callable

import pytest

from tests.lang.fake_kernel import FakeKernel
from tracetop.lang import Options, compile_script
from tracetop.model.abi.buckets import LOG_BUCKETS
from tracetop.model.kinds import ProbeKind
from tracetop.model.program import Layout, MapSpec, Program
from tracetop.model.syscalls import OTHERS

Build = Callable[[str], Program]
ENTER = "tracepoint:raw_syscalls:sys_enter"
EXIT = "tracepoint:raw_syscalls:sys_exit"


def first_map(program: Program) -> MapSpec:
    return program.maps[0]


@pytest.mark.parametrize(
    ("assignment", "layout", "entries", "key_size", "value_size"),
    [
        ("@ = 1", Layout.ARRAY, 1, 4, 8),
        ("@ = comm", Layout.ARRAY, 1, 4, 16),
        ("@ = count()", Layout.PERCPU_ARRAY, 1, 4, 8),
        ("@ = avg(pid)", Layout.PERCPU_ARRAY, 1, 4, 16),
        ("@ = min(pid)", Layout.PERCPU_ARRAY, 1, 4, 16),
        ("@ = hist(pid)", Layout.PERCPU_ARRAY, LOG_BUCKETS, 4, 8),
        ("@ = lhist(pid, 0, 10, 2)", Layout.PERCPU_ARRAY, 7, 4, 8),
        ("@[args.id] = count()", Layout.PERCPU_ARRAY, OTHERS + 1, 4, 8),
        ("@[cpu] = count()", Layout.PERCPU_ARRAY, 4, 4, 8),
        ("@[cpu] = sum(pid)", Layout.PERCPU_HASH, 16384, 4, 8),
        ("@[pid] = count()", Layout.PERCPU_HASH, 16384, 4, 8),
        ("@[pid] = 1", Layout.HASH, 16384, 4, 8),
        ("@[pid, comm] = count()", Layout.PERCPU_HASH, 16384, 20, 8),
        ("@[pid, nsecs] = count()", Layout.PERCPU_HASH, 16384, 16, 8),
        ("@[pid] = hist(pid)", Layout.PERCPU_HASH, 16384, 8, 8),
        ("@[comm] = hist(pid)", Layout.PERCPU_HASH, 16384, 20, 8),
        ("@[nsecs] = lhist(pid, 0, 10, 2)", Layout.PERCPU_HASH, 16384, 16, 8),
    ],
)
def test_the_layout_of_a_map(
    build: Build, assignment: str, layout: Layout, entries: int, key_size: int, value_size: int
) -> None:
    spec = first_map(build(f"{ENTER} {{ {assignment}; }}"))
    assert (spec.layout, spec.max_entries, spec.key_size, spec.value_size) == (layout, entries, key_size, value_size)


def test_parts_of_a_key_are_aligned_and_padded(build: Build) -> None:
    program = build(f"{ENTER} {{ @[(uint8)pid, nsecs, comm, tid] = count(); }}")
    assert [(part.offset, part.size) for part in first_map(program).keys] == [(0, 1), (8, 8), (16, 16), (32, 4)]
    assert "struct m0__key { u8 k0; u8 pad1[7]; u64 k1; char k2[16]; u32 k3; u8 pad36[4]; };" in program.c_text


def test_every_map_has_its_own_place_for_drops_and_so_have_events_and_missed_runs(build: Build) -> None:
    program = build("BEGIN { @a = 1; @b[1] = 1; @c = count(); }")
    assert [spec.drop_slot for spec in program.maps] == [0, 1, 2]
    assert "BPF_PERCPU_ARRAY(tt_drops, u64, 5);" in program.c_text


def test_a_script_without_maps_still_has_the_drop_counter(build: Build) -> None:
    assert "BPF_PERCPU_ARRAY(tt_drops, u64, 2);" in build("BEGIN { }").c_text


@pytest.mark.parametrize(
    ("probe", "pid", "checked"),
    [
        ("watchpoint:0x1000:8:w", 7, True),
        ("software:page-faults:1", 7, True),
        ("software:page-faults:100", 0, True),
        ("software:page-faults:100", 7, False),
        ("software:cpu-clock:1000000", 0, False),
        ("profile:hz:99", 0, False),
        (ENTER, 0, False),
    ],
)
def test_runs_are_counted_where_the_kernel_counts_the_hits(
    kernel: FakeKernel, probe: str, pid: int, checked: bool
) -> None:
    program = compile_script(f"{probe} {{ @ = count(); }}", "t", kernel, Options(pid=pid))
    assert program.probes[0].is_checked == checked
    assert ("    tt_drop(4);" in program.c_text) == checked
    assert f"BPF_PERCPU_ARRAY(tt_drops, u64, {5 if checked else 3});" in program.c_text


@pytest.mark.parametrize(
    ("store", "kept", "scratch"),
    [
        ("@s[tid] = nsecs", True, True),
        ("@s[pid, tid] = nsecs", True, True),
        ("@s[tid] = 1", True, True),
        ("@s[tid] = args.id", False, False),
        ("@s[tid] = nsecs; @s[tid]++", False, False),
        ("@s[args.args[0]] = nsecs", False, True),
        ("@s[tid] = curtask", True, True),
        ("@s[tid] = curtask; print(has_key(@s, tid))", False, False),
    ],
)
def test_a_slot_is_kept_where_its_key_comes_back_and_zero_can_mean_absent(
    build: Build, store: str, kept: bool, scratch: bool
) -> None:
    key = store[store.index("[") + 1 : store.index("] =")]
    spec = first_map(build(f"{ENTER} {{ {store}; delete(@s[{key}]); }}"))
    assert (spec.kept_slots, spec.scratch) == (kept, scratch)


def test_a_map_that_is_never_deleted_from_is_shown(build: Build) -> None:
    spec = first_map(build(f"{ENTER} {{ @last[tid] = nsecs; }}"))
    assert (spec.kept_slots, spec.scratch) == (False, False)


def test_counts_by_system_call_that_are_deleted_are_no_array(build: Build) -> None:
    spec = first_map(build(f"{ENTER} {{ @[args.id] = count(); delete(@[args.id]); }}"))
    assert spec.layout is Layout.PERCPU_HASH


@pytest.mark.parametrize(
    ("clause", "kind"),
    [
        (f"{ENTER} {{ @[args.id] = count(); }}", ProbeKind.RAW_TRACEPOINT),
        (f"{ENTER} {{ @[args.args[5]] = count(); }}", ProbeKind.RAW_TRACEPOINT),
        (f"{EXIT} {{ @[args.id] = sum(args.ret); }}", ProbeKind.RAW_TRACEPOINT),
        ("tracepoint:sched:sched_wakeup { @[args.pid, args.target_cpu] = count(); }", ProbeKind.RAW_TRACEPOINT),
        ("tracepoint:sched:sched_switch { @[args.prev_state] = count(); }", ProbeKind.RAW_TRACEPOINT),
        ("tracepoint:exceptions:page_fault_user { @[pid] = count(); }", ProbeKind.RAW_TRACEPOINT),
        ("tracepoint:exceptions:page_fault_user { @[args.ip] = count(); }", ProbeKind.TRACEPOINT),
        ("tracepoint:block:block_rq_issue { @[args.dev] = count(); }", ProbeKind.TRACEPOINT),
        ("tracepoint:syscalls:sys_exit_read { @ = count(); }", ProbeKind.TRACEPOINT),
        ("tracepoint:net:netif_rx { @ = count(); }", ProbeKind.TRACEPOINT),
    ],
)
def test_a_raw_tracepoint_stands_for_one_whose_fields_it_gives(build: Build, clause: str, kind: ProbeKind) -> None:
    (probe,) = build(clause).probes
    assert probe.kind is kind
    assert (probe.category == "") == (kind is ProbeKind.RAW_TRACEPOINT)


@pytest.mark.parametrize("missing", [("task_struct", "pid"), ("task_struct", "tgid"), ("task_struct", "exit_state")])
def test_without_an_offset_the_classic_tracepoint_is_used(
    kernel: FakeKernel, build: Build, missing: tuple[str, str]
) -> None:
    del kernel.offsets[missing]
    (probe,) = build("tracepoint:sched:sched_switch { @[args.next_pid, args.prev_state] = count(); }").probes
    assert (probe.kind, probe.category, probe.event) == (ProbeKind.TRACEPOINT, "sched", "sched_switch")


def test_before_5_18_the_state_is_read_from_the_task(kernel: FakeKernel, build: Build) -> None:
    kernel.arity["sched_switch"] = 3
    text = build("tracepoint:sched:sched_switch { @[args.prev_state] = count(); }").c_text
    assert "bpf_probe_read_kernel(&state, sizeof(state), (void *)(ctx->args[1] + 24));" in text
    assert "ctx->args[3]" not in text


def test_the_register_of_a_system_calls_number_is_the_architectures(kernel: FakeKernel, build: Build) -> None:
    kernel.arch = "aarch64"
    kernel.offsets = {
        ("pt_regs", "syscallno"): (280, 4),
        ("pt_regs", "orig_x0"): (264, 8),
        ("pt_regs", "regs"): (0, 248),
    }
    text = build(f"{EXIT} {{ @[args.id] = count(); }} {ENTER} {{ @a[args.args[0], args.args[2]] = count(); }}").c_text
    assert all(f"(ctx->args[0] + {offset})" in text for offset in (280, 264, 16))


def test_clauses_on_one_hook_are_one_program_in_order(build: Build) -> None:
    program = build(f"{ENTER} /pid == 1/ {{ @a = 1; }}\nBEGIN {{ }}\n{ENTER} {{ @b = 1; }}")
    assert [(probe.event, probe.line) for probe in program.probes] == [("sys_enter", 1), ("", 2)]
    body = program.c_text.split("int tt_sys_enter_1(")[1].split("\n}")[0]
    assert body.index("tt_sys_enter_1_1(ctx") < body.index("tt_sys_enter_1_2(ctx")


def test_the_filter_asks_the_task_that_the_clause_is_about(build: Build) -> None:
    about = "//! process: args->next_pid\ntracepoint:sched:sched_switch"
    raw = build(f"{about} {{ @ = count(); }}")
    assert "tt_task_wanted(control, ctx->args[2], 1268, 1752)" in raw.c_text
    assert raw.notes == ()


def test_without_the_task_the_filter_compares_the_record_and_says_so(kernel: FakeKernel, build: Build) -> None:
    kernel.arity = {}
    program = build("//! process: args->next_pid\ntracepoint:sched:sched_switch { @ = count(); }")
    assert "tt_record_wanted(control, ctx->f_next_pid, ctx->f_next_comm)" in program.c_text
    assert len(program.notes) == 1


@pytest.mark.parametrize("clause", ["BEGIN", "interval:s:1", f"//! process: any\n{ENTER}"])
def test_some_clauses_are_never_filtered(build: Build, clause: str) -> None:
    assert "_wanted" not in build(f"{clause} {{ @ = count(); }}").c_text
