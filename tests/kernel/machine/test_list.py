"""`tracetop list` on the running kernel: what bpftrace lists, what the kernel's own files say, what is not there."""

import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from tests.kernel.hooks.probed import Start
from tracetop.bpf import ensure_tracefs
from tracetop.errors import ExitCode

pytestmark = pytest.mark.kernel


def run(*words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "tracetop", "list", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def listed(*words: str) -> list[str]:
    done = run(*words)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def bpftrace(*words: str) -> list[str]:
    done = subprocess.run(["bpftrace", "-l", *words], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def names(lines: Iterable[str]) -> list[str]:
    return [line for line in lines if not line.startswith(" ")]


@pytest.mark.parametrize("pattern", ["tracepoint:syscalls:*", "tracepoint:sched:sched_w*", "t:*:*exec*"])
def test_tracepoints_are_those_that_bpftrace_lists(pattern: str) -> None:
    assert sorted(listed(pattern)) == sorted(bpftrace(pattern))


@pytest.mark.parametrize("pattern", ["watchpoint:*", "watchpoint", "w:0x10:8:w"])
def test_of_watchpoints_it_says_how_they_are_written(pattern: str) -> None:
    done = run(pattern)
    assert (done.returncode, done.stdout) == (ExitCode.USAGE, "")
    assert "hint: write watchpoint:ADDRESS:LENGTH:MODE" in done.stderr


def test_fields_of_a_tracepoint_are_those_that_bpftrace_lists() -> None:
    """It leaves out what __data_loc says of where the bytes are, and writes arrays as C does; so do we."""
    pattern = "tracepoint:syscalls:sys_enter_open*"
    ours, theirs = listed("-v", pattern), bpftrace("-v", pattern)
    assert [re.sub(r"\s+", " ", line) for line in ours] == [re.sub(r"\s+", " ", line) for line in theirs]


def test_all_tracepoints_of_the_kernel_are_listed() -> None:
    events = (ensure_tracefs() / "available_events").read_text().split()
    assert sorted(listed("tracepoint")) == sorted(f"tracepoint:{event}" for event in events)


def test_functions_of_a_binary_are_those_that_bpftrace_lists() -> None:
    pattern = "uprobe:/bin/bash:readline*"
    ours, theirs = listed(pattern), bpftrace(pattern)
    assert "uprobe:/bin/bash:readline" in ours
    assert sorted(ours) == sorted(set(theirs))


@pytest.mark.parametrize("pattern", ["sched_switch", "sched:sched_switch", "*sched_switch*"])
def test_a_part_of_a_name_finds_probes_of_any_kind(pattern: str) -> None:
    assert "tracepoint:sched:sched_switch" in listed(pattern)


def test_raw_tracepoints_have_their_arguments_with_types() -> None:
    assert listed("-v", "rawtracepoint:sched_switch") == [
        "rawtracepoint:vmlinux:sched_switch",
        "    bool preempt",
        "    struct task_struct * prev",
        "    struct task_struct * next",
        "    unsigned int prev_state",
    ]


def test_a_struct_is_defined_as_bpftrace_defines_it() -> None:
    ours = "\n".join(listed("-v", "struct list_head"))
    theirs = "\n".join(bpftrace("-v", "struct list_head"))
    assert ours.strip() == theirs.strip()
    assert "struct task_struct" in listed("struct task_*")


def test_whatever_is_listed_is_listed_once() -> None:
    found = names(listed("*"))
    assert len(found) == len(set(found))
    assert {"BEGIN", "interval:s:", "software:page-faults:", "tracepoint:raw_syscalls:sys_enter"} <= set(found)


@pytest.mark.parametrize(
    ("pattern", "hint"),
    [
        ("tracepoint:sched:sched_swich", "sched:sched_switch?"),
        ("trcepoint:sched:*", "did you mean tracepoint?"),
        ("usdt:*", "-p PID"),
        ("uprobe:/no/such/file:*", "its path"),
        ("struct task_strukt", "did you mean task_struct?"),
    ],
)
def test_what_is_not_there_is_an_error_with_a_hint(pattern: str, hint: str) -> None:
    done = run(pattern)
    assert done.returncode == ExitCode.USAGE
    assert done.stdout == ""
    assert hint in done.stderr


def test_kinds_that_the_kernel_refuses_are_left_out_with_the_cause() -> None:
    """On a kernel that refuses none there is nothing to say; on one without kprobes they are not there."""
    done = run("*tcp_sendmsg*")
    listed_kprobe = "kprobe:tcp_sendmsg" in done.stdout
    assert listed_kprobe != ("kprobe" in done.stderr)


def test_a_path_is_listed_as_it_is_written(monkeypatch: pytest.MonkeyPatch, loads: Mapping[str, Path]) -> None:
    monkeypatch.chdir(loads["probed"].parent)
    listed = run("uprobe:./probed:tt_*").stdout.splitlines()
    assert listed == ["uprobe:./probed:tt_probed_add", "uprobe:./probed:tt_probed_gate"]
    assert "usdt:./probed:tt_probed:plain" in run("./probed").stdout.splitlines()
    assert run("uprobe:./prob*d:tt_*").stdout.splitlines() == listed


def test_a_reader_that_leaves_early_ends_it_quietly() -> None:
    command = f"{sys.executable} -m tracetop list | head -1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)
    assert done.stdout.count("\n") == 1
    assert "Traceback" not in done.stderr


def test_several_patterns_are_listed_together_and_once() -> None:
    found = listed("tracepoint:sched:sched_sw*,t:syscalls:sys_enter_nanosleep", "tracepoint:sched:sched_switch")
    assert found.count("tracepoint:sched:sched_switch") == 1
    assert "tracepoint:syscalls:sys_enter_nanosleep" in found
    done = run("tracepoint:sched:sched_switch", "tracepoint:sched:no_such_event")
    assert done.stdout == "tracepoint:sched:sched_switch\n"
    assert "no_such_event" in done.stderr


def test_the_probes_of_a_script(tmp_path: Path, loads: Mapping[str, Path]) -> None:
    script = f"tracepoint:sched:sched_switch, interval:s:1 {{ }} BEGIN {{ }} uprobe:{loads['probed']}:tt_* {{ }}"
    probes = [
        "tracepoint:sched:sched_switch",
        "interval:s:",
        f"uprobe:{loads['probed']}:tt_probed_add",
        f"uprobe:{loads['probed']}:tt_probed_gate",
    ]
    assert listed("-e", script) == probes
    file = tmp_path / "mine.bt"
    file.write_text(script.replace("sched_switch", "$1"))
    assert listed(str(file), "sched_switch") == probes
    assert run("-e", "nonsense").returncode == ExitCode.SCRIPT


def test_parameters_of_functions_are_those_of_the_source(loads: Mapping[str, Path]) -> None:
    path = loads["typed"]
    assert listed("-v", f"uprobe:{path}:tt_typed_call") == [
        f"uprobe:{path}:tt_typed_call",
        "    int a",
        "    long int b",
        "    struct tt_record* r",
        "    const char* text",
        "    enum tt_colour colour",
        "    tt_number n",
    ]
    assert listed("-v", "-e", f"uprobe:{path}:tt_typed_result {{ }}")[1:] == ["    int only"]


def test_a_process_alone_means_all_that_it_has_mapped(start: Start) -> None:
    probed = start()
    found = listed("-p", str(probed.pid))
    assert f"uprobe:{probed.path}:tt_probed_add" in found
    assert f"usdt:{probed.path}:tt_probed:plain" in found
