"""Starts that wait for their end in the kernel: none may be ended by an event that does not belong to it."""

import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from tracetop.bpf import KernelSymbols, RunningKernel, UserSymbols
from tracetop.lang import compile_script
from tracetop.library import Library
from tracetop.model.abi.buckets import log_bounds
from tracetop.model.filter import Filter
from tracetop.model.frame import Histogram
from tracetop.model.syscalls import SyscallNames
from tracetop.tracer.aggregate.processes import ProcessTable
from tracetop.tracer.panes.script_content import Machine, Running
from tracetop.tracer.printing.machine_names import MachineNames
from tracetop.tracer.script import upkeep
from tracetop.tracer.script.printed_lines import FileRequests

pytestmark = pytest.mark.kernel
SLEEP_S = 0.5
ANY = Filter()


@pytest.fixture
def syscalls() -> SyscallNames:
    return SyscallNames()


@pytest.fixture
def latency(syscalls: SyscallNames) -> Iterator[Running]:
    """The pane of latencies, counting all system calls of all processes."""
    kernel = RunningKernel()
    names, files = MachineNames(KernelSymbols(), UserSymbols()), FileRequests(lambda _: None)
    machine = Machine(kernel, syscalls, names, ProcessTable(), files)
    script = next(script for script in Library().scripts("latency") if script.name == "latency")
    running = Running(compile_script(script.text, script.name, kernel), machine)
    running.control(ANY, ())
    running.attach()
    yield running
    running.close()


def asleep(process: subprocess.Popen[bytes], number: int) -> None:
    """Wait until the process is in the system call of that number."""
    deadline = time.monotonic() + 10
    while Path(f"/proc/{process.pid}/syscall").read_text().split()[0] != str(number):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def longest_s(latency: Running) -> float:
    """Return the lower bound of the slowest call that was counted."""
    latency.read()
    (view,) = latency.views()
    assert isinstance(view, Histogram)
    return max((log_bounds(bucket)[0] for row in view.rows for bucket in row.total), default=0) / 1e9


def choose_other_call(latency: Running, syscalls: SyscallNames) -> None:
    latency.control(Filter(comm="sleep"), (syscalls.number("getppid"),))


def filter_it_out_and_in(latency: Running, _syscalls: SyscallNames) -> None:
    latency.control(Filter(comm="nobody"), ())
    latency.control(Filter(comm="sleep"), ())


@pytest.mark.parametrize(
    ("change", "counted"), [(choose_other_call, False), (filter_it_out_and_in, False), (lambda *_: None, True)]
)
def test_a_call_begun_before_a_change_is_not_counted_after_it(
    latency: Running, syscalls: SyscallNames, change: Callable[[Running, SyscallNames], None], counted: bool
) -> None:
    """It was begun under another parameter, or its end went by unseen; without a change it is counted."""
    latency.control(Filter(comm="sleep"), ())
    with subprocess.Popen(["sleep", str(SLEEP_S)]) as process:
        asleep(process, syscalls.number("clock_nanosleep"))
        change(latency, syscalls)
        latency.reset()
        process.wait()
    assert (longest_s(latency) > SLEEP_S / 2) is counted


def started(latency: Running) -> set[int]:
    sample = latency._loaded.read("@start")
    found: list[int] = sample.keys[sample.values[:, 0] != 0].copy().view(np.uint32).ravel().tolist()
    return set(found)


def test_the_last_call_of_a_process_does_not_wait_for_the_next_of_its_number(latency: Running) -> None:
    """exit() never returns; a new process first returns from the clone() that its parent made."""
    dead = subprocess.Popen(["true"])
    dead.wait()
    assert dead.pid in started(latency), "else there is nothing to take out"
    spec = next(spec for spec in latency.program.maps if spec.name == "@start")
    upkeep.reclaim(latency._loaded, spec)
    assert dead.pid not in started(latency)


def test_a_thread_that_waits_keeps_its_start(latency: Running, syscalls: SyscallNames) -> None:
    spec = next(spec for spec in latency.program.maps if spec.name == "@start")
    with subprocess.Popen(["sleep", "60"]) as process:
        asleep(process, syscalls.number("clock_nanosleep"))
        upkeep.reclaim(latency._loaded, spec)
        assert process.pid in started(latency)
        process.kill()
