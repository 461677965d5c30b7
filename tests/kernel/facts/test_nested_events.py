"""Interrupts come while other programs are at work: their events are counted all the same."""

import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tracetop.bpf import Loaded, RunningKernel
from tracetop.lang import Options, compile_script
from tracetop.model.program import Program

pytestmark = pytest.mark.kernel
# On a classic tracepoint, and long at work at every call: no other classic program runs on its CPU meanwhile.
AT_WORK = "tracepoint:syscalls:sys_enter_getppid { unroll(20) { @[kstack(30)] = count(); } @n = args.__syscall_nr; }"
SOFTIRQS = "tracepoint:irq:softirq_entry { @[args.vec] = count(); }"


def softirqs() -> int:
    """Return how many soft interrupts the kernel says there were, of all kinds."""
    lines = Path("/proc/softirqs").read_text().splitlines()[1:]
    return sum(int(word) for line in lines for word in line.split()[1:])


def test_no_soft_interrupt_is_missed_beside_a_program_at_work(
    load: Callable[[Program], Loaded], loads: Mapping[str, Path]
) -> None:
    kernel = RunningKernel()
    work, counting = (load(compile_script(text, "t", kernel, Options(()))) for text in (AT_WORK, SOFTIRQS))
    work.attach()
    with subprocess.Popen([loads["calls"], "100000000"], stdout=subprocess.DEVNULL) as calls:
        counting.attach()
        start, begun = softirqs(), int(counting.read("@").values.sum())
        time.sleep(2)
        counted = int(counting.read("@").values.sum()) - begun
        there_were = softirqs() - start
        calls.kill()
    assert counting.missed() == 0
    assert counted == pytest.approx(there_were, rel=0.02, abs=20)
