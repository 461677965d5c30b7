"""Programs on the running kernel: exact counts, live filters, attach and detach, losses, refusals."""

import gc
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from tests.kernel.conftest import LoadProgram, StartCaller
from tests.kernel.programs.handmade import GETPPID, SYSCALLS, by_key, count_map, numbered_keys, probe, program
from tracetop.bpf import Loaded, RunTimeStats, program_ids
from tracetop.errors import KernelError, VerifierError
from tracetop.model.abi.control import pack_control
from tracetop.model.filter import Filter
from tracetop.model.kinds import ProbeKind
from tracetop.model.program import Layout, Program

pytestmark = pytest.mark.kernel
CALLS = 25_000
ROOT = Path(__file__).parents[3]


def counted(loaded: Loaded) -> dict[int, int]:
    return by_key(*loaded.read("@"))


def test_every_call_of_the_filtered_process_is_counted_once(load: LoadProgram, caller: StartCaller) -> None:
    loaded, process = load(SYSCALLS), caller(CALLS)
    loaded.set_control(pack_control(Filter(pid=process.pid)))
    loaded.attach()
    process.run()
    assert counted(loaded)[GETPPID] == CALLS
    assert loaded.drops() == {"@": 0}


def test_a_filter_changes_with_one_write_and_loses_nothing(load: LoadProgram, caller: StartCaller) -> None:
    loaded, first, second = load(SYSCALLS), caller(CALLS), caller(CALLS + 1)
    loaded.attach()
    programs = [stats.prog_id for stats in loaded.stats()]
    loaded.set_control(pack_control(Filter(pid=first.pid)))
    first.run()
    loaded.set_control(pack_control(Filter(pid=second.pid)))
    second.run()
    assert counted(loaded)[GETPPID] == 2 * CALLS + 1
    assert [stats.prog_id for stats in loaded.stats()] == programs, "nothing was loaded again"


def test_a_process_outside_the_filter_is_not_counted(load: LoadProgram, caller: StartCaller) -> None:
    loaded, process = load(SYSCALLS), caller(CALLS)
    loaded.set_control(pack_control(Filter(pid=os.getpid())))
    loaded.attach()
    process.run()
    assert counted(loaded).get(GETPPID, 0) == 0


def test_detached_programs_run_no_more_and_can_be_attached_again(load: LoadProgram, caller: StartCaller) -> None:
    loaded = load(SYSCALLS)
    with RunTimeStats():
        loaded.attach()
        caller(CALLS).run()
        assert loaded.stats()[0].run_cnt >= CALLS
        loaded.detach()
        assert not loaded.attached
        time.sleep(0.05)  # a run that was under way on another CPU may still end
        stopped = loaded.stats()[0].run_cnt
        caller(CALLS).run()
        assert loaded.stats()[0].run_cnt == stopped
        before = counted(loaded)[GETPPID]
        loaded.attach()
        caller(CALLS).run()
        assert counted(loaded)[GETPPID] >= before + CALLS
        assert loaded.attached


def test_attaching_again_and_again_leaks_no_descriptor(load: LoadProgram) -> None:
    loaded = load(SYSCALLS)
    loaded.attach()
    loaded.detach()
    open_before = open_descriptors()
    for _ in range(50):
        loaded.attach()
        loaded.attach()
        loaded.detach()
        loaded.detach()
    assert open_descriptors() == open_before


def test_a_hash_of_many_keys_is_read_exactly(load: LoadProgram, caller: StartCaller) -> None:
    """20,000 keys take many rounds of batches: the buffers begin with room for 512 and grow."""
    loaded, process = load(numbered_keys(32_768)), caller(20_000)
    loaded.set_control(pack_control(Filter(pid=process.pid)))
    loaded.attach()
    process.run()
    expected = dict.fromkeys(range(20_000), 1)
    assert counted(loaded) == expected
    assert counted(loaded) == expected, "a second read starts from the beginning"


def test_updates_of_a_full_map_are_counted_as_drops(load: LoadProgram, caller: StartCaller) -> None:
    loaded, process = load(numbered_keys(64)), caller(1_000)
    loaded.set_control(pack_control(Filter(pid=process.pid)))
    loaded.attach()
    process.run()
    kept = counted(loaded)
    # A preallocated hash keeps a few spare elements on each CPU's free list, so it may fill a little early.
    assert 0 < len(kept) <= 64
    assert sum(kept.values()) + loaded.drops()["@"] == 1_000


def test_clear_zero_and_delete_do_what_they_say(load: LoadProgram, caller: StartCaller) -> None:
    loaded, process = load(numbered_keys(4_096)), caller(2_000)
    loaded.set_control(pack_control(Filter(pid=process.pid)))
    loaded.attach()
    process.run()
    loaded.detach()
    some = np.array([3, 4, 999_999, 1_999], np.uint32).view(np.uint8).reshape(-1, 4)
    assert loaded.delete_keys("@", some) == 3, "one of the four was never there"
    left = set(range(2_000)) - {3, 4, 1_999}
    assert counted(loaded) == dict.fromkeys(left, 1)
    loaded.zero("@")
    assert counted(loaded) == dict.fromkeys(left, 0)
    loaded.clear("@")
    assert counted(loaded) == {}


def test_an_array_is_cleared_by_zeros(load: LoadProgram, caller: StartCaller) -> None:
    loaded = load(SYSCALLS)
    loaded.attach()
    caller(10).run()
    loaded.detach()
    assert counted(loaded)
    loaded.clear("@")
    assert counted(loaded) == {}


def test_scratch_is_emptied_before_a_program_works_again(load: LoadProgram, caller: StartCaller) -> None:
    scratch = numbered_keys(4_096)
    spec = msgspec.structs.replace(scratch.maps[0], scratch=True)
    loaded = load(msgspec.structs.replace(scratch, maps=(spec,)))
    loaded.attach()
    caller(100).run()
    loaded.detach()
    assert len(counted(loaded)) >= 100
    loaded.set_control(pack_control(Filter(pid=os.getpid())))
    loaded.attach()
    assert len(counted(loaded)) < 100


def test_begin_and_end_run_once_on_demand_and_send_their_actions(load: LoadProgram) -> None:
    send = """
BPF_RINGBUF_OUTPUT(tt_events, 8);
struct event { u32 action, reserved; };
int on_begin(struct bpf_raw_tracepoint_args *ctx)
{
    for (u32 i = 0; i < 3; i++) {
        struct event event = { .action = i };
        tt_events.ringbuf_output(&event, sizeof(event), 0);
    }
    return 0;
}
int on_end(struct bpf_raw_tracepoint_args *ctx)
{
    struct event event = { .action = 9 };
    tt_events.ringbuf_output(&event, sizeof(event), 0);
    return 0;
}
"""
    probes = (probe("on_begin", ProbeKind.BEGIN), probe("on_end", ProbeKind.END))
    loaded = load(program(send, (), probes))
    loaded.attach()
    assert loaded.events() == []
    loaded.run_begin()
    assert [number for number, _ in loaded.events()] == [0, 1, 2]
    assert loaded.events() == []
    loaded.run_end()
    assert loaded.events() == [(9, b"")]


def hits(kind: ProbeKind, **where: Any) -> Program:
    context = {ProbeKind.TRACEPOINT: "void", ProbeKind.RAW_TRACEPOINT: "struct bpf_raw_tracepoint_args"}
    text = f"""
BPF_PERCPU_ARRAY(hits, u64, 1);
int on_hit({context.get(kind, "struct bpf_perf_event_data")} *ctx)
{{
    u32 zero = 0;
    u64 *count = hits.lookup(&zero);
    if (count)
        (*count)++;
    return 0;
}}
"""
    return program(text, (count_map("@", "hits", Layout.PERCPU_ARRAY, 1),), (probe("on_hit", kind, **where),))


@pytest.mark.parametrize(
    ("kind", "where"),
    [
        (ProbeKind.TRACEPOINT, {"category": "syscalls", "event": "sys_enter_getppid"}),
        (ProbeKind.RAW_TRACEPOINT, {"event": "sys_enter"}),
        (ProbeKind.SOFTWARE, {"event": "page-faults", "period": 1}),
        (ProbeKind.PROFILE, {"event": "", "period": 999}),
        (ProbeKind.INTERVAL, {"event": "", "period": 1_000_000}),
    ],
)
def test_every_kind_of_hook_fires(
    load: LoadProgram, caller: StartCaller, kind: ProbeKind, where: dict[str, Any]
) -> None:
    loaded = load(hits(kind, **where))
    loaded.attach()
    process = caller(CALLS)
    deadline = time.monotonic() + 10
    process.run()
    while not counted(loaded) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert counted(loaded)[0] > 0
    if kind is ProbeKind.TRACEPOINT:
        assert counted(loaded)[0] >= CALLS


def test_a_refused_access_names_the_verifiers_reason() -> None:
    bad = program(
        """
BPF_HASH(names, u32, u64, 8);
int on_enter(struct bpf_raw_tracepoint_args *ctx)
{
    u32 key = 1;
    u64 *value = names.lookup(&key);
    return *value;
}
""",
        (),
        (probe("on_enter"),),
    )
    with pytest.raises(VerifierError) as caught:
        Loaded.load(bad)
    diagnostic = caught.value.diagnostic
    assert "map_value_or_null" in diagnostic.why
    assert "processed" in diagnostic.detail, "the whole log is kept"
    assert "rawtracepoint:sys_enter" in diagnostic.what


def test_a_c_error_names_clangs_reason_and_line() -> None:
    with pytest.raises(VerifierError) as caught:
        Loaded.load(program("int on_enter(void *ctx) { return nonsense; }\n", (), (probe("on_enter"),)))
    diagnostic = caught.value.diagnostic
    assert "undeclared identifier 'nonsense'" in diagnostic.why
    assert "^" in diagnostic.detail


def test_an_event_that_is_not_there_is_said_plainly(load: LoadProgram) -> None:
    loaded = load(hits(ProbeKind.RAW_TRACEPOINT, event="sys_entr"))
    with pytest.raises(KernelError, match="cannot attach rawtracepoint:sys_entr") as caught:
        loaded.attach()
    assert caught.value.diagnostic.why == "this kernel has no such event"
    assert not loaded.attached


def test_a_program_reading_arguments_that_an_event_lacks_is_explained(load: LoadProgram) -> None:
    reads_too_far = program(
        "int on_enter(struct bpf_raw_tracepoint_args *ctx) { return ctx->args[2]; }", (), (probe("on_enter"),)
    )
    with pytest.raises(KernelError) as caught:
        load(reads_too_far).attach()
    assert caught.value.diagnostic.why == "the program reads more arguments than this event has"


def test_one_probe_that_cannot_be_attached_is_noted_and_the_others_run(load: LoadProgram, caller: StartCaller) -> None:
    both = msgspec.structs.replace(SYSCALLS, probes=(probe("on_enter"), probe("on_enter", event="no_such_event")))
    loaded = load(both)
    loaded.attach()
    caller(CALLS).run()
    assert counted(loaded)[GETPPID] >= CALLS
    assert loaded.notes == ("cannot attach rawtracepoint:no_such_event: this kernel has no such event",)


def test_twenty_loads_leave_no_program_no_descriptor_and_little_memory() -> None:
    """BCC's own `atexit` handler would keep 700 KB of each; LLVM keeps 18 MB, once."""
    for _ in range(10):  # allocators reach their steady state
        Loaded.load(SYSCALLS).close()
    descriptors, memory_kb = open_descriptors(), anonymous_kb()
    loads: set[int] = set()
    for _ in range(20):
        loaded = Loaded.load(SYSCALLS)
        loaded.attach()
        loads |= {stats.prog_id for stats in loaded.stats()}
        loaded.close()
        loaded.close()
    assert open_descriptors() == descriptors
    assert len(loads) == 20
    wait_until(lambda: not loads & set(program_ids()))
    gc.collect()
    assert anonymous_kb() - memory_kb < 20 * 50


def test_nothing_is_left_after_kill_9() -> None:
    code = (
        "import sys\nfrom tests.kernel.programs.handmade import SYSCALLS\n"
        "from tracetop.bpf.loaded_program import Loaded\n"
        "loaded = Loaded.load(SYSCALLS)\nloaded.attach()\n"
        "print(loaded.stats()[0].prog_id, flush=True)\nsys.stdin.read()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert process.stdout is not None
    prog_id = int(process.stdout.readline())
    assert prog_id in set(program_ids())
    process.kill()
    process.communicate()
    wait_until(lambda: prog_id not in set(program_ids()))


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait for what the kernel does a grace period later; fail after 10 s."""
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def open_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def anonymous_kb() -> int:
    status = Path("/proc/self/status").read_text()
    return int(status.partition("RssAnon:")[2].split()[0])
