"""Scripts on many hooks, on the running kernel: exact counts of known calls, told apart by the hook they came by."""

import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.kernel.batch import go, waiting
from tests.kernel.scripts.test_run import attached, start

pytestmark = pytest.mark.kernel
_CALLS = """
import ctypes, sys
call = ctypes.CDLL(None).syscall
sys.stdin.readline()
for number in (4, 5, 6, 40, 63, 166, 110, 110):  # stat, fstat, lstat, sendfile, uname, umount2, getppid; all in vain
    call(number, -1, 0, 0, 0)
"""
"""Of x86-64: the calls whose events have other names, among them."""
_ODD = ("newstat", "newfstat", "newlstat", "sendfile64", "newuname", "umount")


def counted(pid: int, text: str, process: "subprocess.Popen[str]") -> Counter[str]:
    """Return what a script counts by its one key while a process that waits makes its calls and ends."""
    with start("-p", str(pid), "-e", text) as run:
        attached(run)
        go(process)
        process.communicate()
        output = run.communicate(timeout=30)[0]
    pairs = [line.removeprefix("@[").rsplit("]: ", 1) for line in output.splitlines() if line.startswith("@[")]
    return Counter({key: int(count) for key, count in pairs})


def odd_calls(text: str) -> Counter[str]:
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-I", "-c", _CALLS], stdin=pipe, stdout=pipe, text=True) as process:
        return counted(process.pid, text, process)


def test_each_call_is_counted_once_under_its_own_event(loads: Mapping[str, Path]) -> None:
    with waiting(loads["calls"], "5000", "-w") as process:
        found = counted(process.pid, "tracepoint:syscalls:sys_enter_* { @[probe] = count(); }", process)
    assert found["tracepoint:syscalls:sys_enter_getppid"] == 5000
    assert sum(found.values()) < 5100, "the rest is its end"


def test_results_come_with_their_events(loads: Mapping[str, Path]) -> None:
    with waiting(loads["calls"], "5000", "-w") as process:
        text = "tracepoint:syscalls:sys_exit_* /args.ret > 0/ { @[probe, args.__syscall_nr] = count(); }"
        found = counted(process.pid, text, process)
    assert found["tracepoint:syscalls:sys_exit_getppid, 110"] == 5000


@pytest.mark.parametrize("verb", ["sys_enter", "sys_exit"])
def test_all_events_together_count_as_they_do_alone(verb: str) -> None:
    """For calls whose events have names of their own: through one raw tracepoint, and through their tracepoints."""
    together = odd_calls(f"tracepoint:syscalls:{verb}_* {{ @[probe, args.__syscall_nr] = count(); }}")
    probes = ", ".join(f"tracepoint:syscalls:{verb}_{name}" for name in _ODD)
    alone = odd_calls(f"{probes} {{ @[probe, args.__syscall_nr] = count(); }}")
    assert len(alone) == len(_ODD)
    assert {key: together[key] for key in alone} == alone


def test_hooks_that_share_a_program_are_told_apart() -> None:
    """37 tracepoints, one program, which learns from the kernel on which it runs; `__syscall_nr` says it too."""
    probes = ", ".join(f"tracepoint:syscalls:sys_enter_{pattern}" for pattern in ("new*", "g*", "u*", "sendf*"))
    found = odd_calls(f"{probes} {{ @[probe, args.__syscall_nr] = count(); }}")
    numbers = {"newstat": 4, "newfstat": 5, "newlstat": 6, "sendfile64": 40, "newuname": 63, "umount": 166}
    assert all(found[f"tracepoint:syscalls:sys_enter_{name}, {number}"] for name, number in numbers.items())
    assert found["tracepoint:syscalls:sys_enter_getppid, 110"] == 2
    assert len({key.rsplit(", ", 1)[1] for key in found}) == len(found), "each event has one number"
