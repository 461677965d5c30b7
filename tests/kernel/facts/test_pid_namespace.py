"""A tracer in a PID namespace of its own, as in a container, gives numbers, names and filters by that namespace."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

pytestmark = pytest.mark.kernel
APART = ("unshare", "-p", "-m", "-f", "--mount-proc", "sh", "-c")
RUN = f"{sys.executable} -m tracetop run -q"


def printed(commands: str) -> str:
    done = subprocess.run([*APART, commands], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_numbers_and_names_are_those_of_the_namespace(loads: Mapping[str, Path]) -> None:
    probed = loads["probed"]
    counts = '@[pid, tid, pid == cpid, usym(reg("ip"))] = count(); @s[ustack(1)] = count();'
    script = f"uprobe:{probed}:tt_probed_add {{ {counts} }}"
    found = printed(f"echo > /dev/shm/tt-line; {RUN} -e '{script}' -c '{probed} 7' < /dev/shm/tt-line")
    lines = [line for line in found.splitlines() if line.startswith("@[")]
    assert len(lines) == 1
    pid, tid, same, name = lines[0].removeprefix("@[").partition("]")[0].split(", ")
    assert (pid, same in ("1", "true"), name) == (tid, True, "tt_probed_add")
    assert int(pid) < 50, "the namespace's number"
    assert lines[0].endswith(": 7")
    assert "tt_probed_add+0" in found


@pytest.mark.parametrize("probe", ["tracepoint:syscalls:sys_enter_getppid", "tracepoint:raw_syscalls:sys_enter"])
def test_a_process_is_named_by_its_number_there(loads: Mapping[str, Path], probe: str) -> None:
    script = f"{probe} /pid == $1/ {{ @n = count(); }} {probe} {{ @all = count(); }}"
    calls = f"sh -c 'sleep 3; exec {loads['calls']} 300'"
    found = printed(f"{calls} & {RUN} -p $! -e '{script}' -- $!")
    n, everything = (int(line.split()[-1]) for line in sorted(found.split("\n")) if line.startswith("@"))
    assert n == everything >= 300


def test_who_is_switched_to_is_filtered_by_its_number_there(loads: Mapping[str, Path]) -> None:
    script = "//! process: args->next_pid\ntracepoint:sched:sched_switch { @[args.next_comm] = count(); }"
    found = printed(f"sh -c 'sleep 2.5; sleep 0.1; exec sleep 0.1' & {RUN} -p $! -e '{script}'")
    assert {line.partition("]")[0] for line in found.splitlines() if line.startswith("@")} <= {"@[sh", "@[sleep"}
    assert "@[" in found
