"""Events that the kernel and the CPU count by themselves: their names, their numbers, and how many make a hit.

Owns: the one table of them, of bpftrace's names and the kernel's PERF_COUNT_SW_* and PERF_COUNT_HW_*. Pure.
"""

from typing import NamedTuple


class PerfEvent(NamedTuple):
    """One event that is counted."""

    config: int
    """The kernel's number of it."""
    period: int
    """How many make a hit where a probe does not say, as bpftrace has it."""


SOFTWARE_EVENTS = {
    "alignment-faults": PerfEvent(7, 1),
    "bpf-output": PerfEvent(10, 1),
    "context-switches": PerfEvent(3, 1000),
    "cpu-clock": PerfEvent(0, 1_000_000),
    "cpu-migrations": PerfEvent(4, 1),
    "dummy": PerfEvent(9, 1),
    "emulation-faults": PerfEvent(8, 1),
    "major-faults": PerfEvent(6, 1),
    "minor-faults": PerfEvent(5, 100),
    "page-faults": PerfEvent(2, 100),
    "task-clock": PerfEvent(1, 1_000_000),
}
CLOCKS = ("cpu-clock", "task-clock")
"""Of these the software events that count nanoseconds."""
HARDWARE_EVENTS = {
    "backend-stalls": PerfEvent(8, 1_000_000),
    "branch-instructions": PerfEvent(4, 100_000),
    "branch-misses": PerfEvent(5, 100_000),
    "bus-cycles": PerfEvent(6, 100_000),
    "cache-misses": PerfEvent(3, 1_000_000),
    "cache-references": PerfEvent(2, 1_000_000),
    "cpu-cycles": PerfEvent(0, 1_000_000),
    "frontend-stalls": PerfEvent(7, 1_000_000),
    "instructions": PerfEvent(1, 1_000_000),
    "ref-cycles": PerfEvent(9, 1_000_000),
}
ALIASES = {
    "branches": "branch-instructions",
    "cpu": "cpu-clock",
    "cs": "context-switches",
    "cycles": "cpu-cycles",
    "faults": "page-faults",
}
"""Other names that scripts use."""
