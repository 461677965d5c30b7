"""What is learnt of the running kernel, against other sources of the same facts; and who may trace."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kernel.conftest import LoadProgram, StartCaller
from tests.kernel.programs.handmade import GETPPID, count_map, probe, program
from tracetop.bpf import KernelSymbols, RunningKernel, RunTimeStats, check_privileges, ensure_tracefs, load_bcc
from tracetop.model.abi.control import pack_control
from tracetop.model.filter import Filter
from tracetop.model.program import Layout

pytestmark = pytest.mark.kernel


@pytest.fixture(scope="module")
def kernel() -> RunningKernel:
    ensure_tracefs()
    return RunningKernel()


def test_every_tracepoint_of_this_kernel_is_read_whole(kernel: RunningKernel) -> None:
    events = ensure_tracefs() / "events"
    names = kernel.tracepoint_names()
    assert "raw_syscalls:sys_enter" in names
    for name in names:
        category, _, event = name.partition(":")
        parsed = kernel.tracepoint(category, event)
        assert parsed is not None
        text = (events / category / event / "format").read_text()
        assert len(parsed.fields) == len(re.findall(r"^\tfield:(?!.*\bcommon_)", text, re.MULTILINE)), name


def test_the_format_of_a_stable_event(kernel: RunningKernel) -> None:
    parsed = kernel.tracepoint("raw_syscalls", "sys_enter")
    assert parsed is not None
    assert [(f.name, f.c_type, f.offset, f.size, f.signed) for f in parsed.fields] == [
        ("id", "long", 8, 8, True),
        ("args", "unsigned long[6]", 16, 48, False),
    ]


@pytest.mark.parametrize(
    ("category", "event"), [("sched", "nope"), ("..", "events"), ("sched", "../header_page"), ("", "")]
)
def test_an_event_that_is_none_is_none(kernel: RunningKernel, category: str, event: str) -> None:
    assert kernel.tracepoint(category, event) is None


def test_raw_tracepoint_arity(kernel: RunningKernel) -> None:
    assert kernel.raw_tracepoint_arity("sys_enter") == 2
    assert kernel.raw_tracepoint_arity("sched_wakeup") == 1
    assert kernel.raw_tracepoint_arity("sched_nope") is None


def test_fields_at_their_offsets_hold_what_proc_says(
    kernel: RunningKernel, caller: StartCaller, load: LoadProgram
) -> None:
    """A program reads the current task's fields at these offsets: they are its pid, its tgid and its parent's."""
    places = {field: kernel.field_offset("task_struct", field) for field in ("pid", "tgid", "real_parent", "comm")}
    assert {field: place[1] for field, place in places.items() if place} == {
        "pid": 4,
        "tgid": 4,
        "real_parent": 8,
        "comm": 16,
    }
    pid, tgid, parent, _ = (place[0] for place in places.values() if place)
    reads = f"""
BPF_PERCPU_ARRAY(seen, u64, 3);
static __always_inline void note(u32 key, u64 value) {{ u64 *slot = seen.lookup(&key); if (slot) *slot = value; }}
int on_enter(struct bpf_raw_tracepoint_args *ctx)
{{
    u32 value = 0;
    char *task = (char *)bpf_get_current_task(), *parent = 0;
    if (ctx->args[1] != {GETPPID} || !admitted())
        return 0;
    bpf_probe_read_kernel(&value, 4, task + {pid});
    note(0, value);
    bpf_probe_read_kernel(&value, 4, task + {tgid});
    note(1, value);
    bpf_probe_read_kernel(&parent, 8, task + {parent});
    bpf_probe_read_kernel(&value, 4, parent + {tgid});
    note(2, value);
    return 0;
}}
"""
    started = caller(1)
    loaded = load(program(reads, (count_map("@seen", "seen", Layout.PERCPU_ARRAY, 3),), (probe("on_enter"),)))
    loaded.set_control(pack_control(Filter(pid=started.pid)))
    loaded.attach()
    started.run()
    assert loaded.read("@seen").values[:, 0].tolist() == [started.pid, started.pid, os.getpid()]


def test_fields_in_anonymous_members_are_found(kernel: RunningKernel) -> None:
    """struct page is nothing but unions and structs without a name."""
    assert kernel.field_offset("page", "mapping") is not None
    assert kernel.field_offset("page", "nope") is None


def test_a_bit_field_has_no_byte_offset(kernel: RunningKernel) -> None:
    assert kernel.field_offset("task_struct", "in_execve") is None
    assert kernel.field_offset("no_such_struct", "pid") is None


def test_symbols_agree_with_libbccs(kernel: RunningKernel) -> None:
    symbols, ksym = KernelSymbols(), load_bcc().BPF.ksym
    lines = [line.split() for line in Path("/proc/kallsyms").read_text().splitlines()]
    addresses = [int(line[0], 16) for line in lines if line[1] in "tT" and len(line) == 3]
    once = [address for address in addresses[:: len(addresses) // 200] if addresses.count(address) == 1]
    assert len(once) > 50
    for address in once:
        assert (symbols.name(address + 1)[0], symbols.name(address)[1]) == (ksym(address).decode(), 0)


def test_this_process_may_trace_and_says_so_by_returning(kernel: RunningKernel) -> None:
    check_privileges()


def test_a_process_without_capabilities_is_told_what_it_lacks() -> None:
    code = (
        "import os\n"
        "from tracetop.bpf.kernel.running_kernel import RunningKernel\n"
        "from tracetop.bpf.kernel.privileges import check_privileges\n"
        "from tracetop.errors import PrivilegeError\n"
        "os.setgid(65534); os.setuid(65534)\n"
        "try: check_privileges()\n"
        "except PrivilegeError as error: print(error.diagnostic.text())\n"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.splitlines() == [
        "no permission to trace the kernel",
        "why: this process has neither CAP_SYS_ADMIN nor CAP_BPF with CAP_PERFMON",
        "hint: run it with sudo, or with the capabilities CAP_BPF, CAP_PERFMON, CAP_DAC_READ_SEARCH as ambient ones",
    ]


def test_tracefs_is_mounted_where_it_is_missing() -> None:
    """In a mount namespace of its own, so that nobody else loses it."""
    code = (
        "import ctypes, os\nfrom tracetop.bpf.sys.sysfs import ensure_tracefs, find_tracefs\n"
        "libc = ctypes.CDLL(None, use_errno=True)\n"
        "assert libc.unshare(0x00020000) == 0\n"
        "assert libc.mount(b'none', b'/', None, ctypes.c_ulong(0x44000), None) == 0  # MS_REC | MS_PRIVATE\n"
        "for place in (b'/sys/kernel/tracing', b'/sys/kernel/debug/tracing', b'/sys/kernel/debug'):\n"
        "    while libc.umount2(place, 2) == 0: pass\n"
        "assert find_tracefs() is None\n"
        "print(ensure_tracefs() / 'events', os.path.isdir('/sys/kernel/tracing/events'))\n"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said == "/sys/kernel/tracing/events True\n"


def test_statistics_are_on_only_while_held() -> None:
    stats = RunTimeStats()
    assert not stats.on
    assert stats.enable()
    assert stats.enable(), "a second time changes nothing"
    assert stats.on
    stats.disable()
    stats.disable()
    assert not stats.on
