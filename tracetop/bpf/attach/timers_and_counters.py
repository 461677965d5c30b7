"""Hooks on a clock or a counter: software and hardware events, profile, interval."""

from tracetop.bpf.attach.perf_events import on_each_cpu, on_one_cpu, on_threads
from tracetop.bpf.sys.syscalls import PerfEventAttr
from tracetop.model.program import ProbeSpec

_TYPE_HARDWARE, _TYPE_SOFTWARE = 0, 1
_CPU_CLOCK = 0
_FLAG_FREQUENCY = 1 << 10
SOFTWARE_EVENTS = {
    "cpu-clock": 0,
    "task-clock": 1,
    "page-faults": 2,
    "context-switches": 3,
    "cpu-migrations": 4,
    "minor-faults": 5,
    "major-faults": 6,
    "alignment-faults": 7,
    "emulation-faults": 8,
    "dummy": 9,
    "bpf-output": 10,
}
"""PERF_COUNT_SW_* by the kernel's names."""
HARDWARE_EVENTS = {
    "cpu-cycles": 0,
    "instructions": 1,
    "cache-references": 2,
    "cache-misses": 3,
    "branch-instructions": 4,
    "branch-misses": 5,
    "bus-cycles": 6,
    "frontend-stalls": 7,
    "backend-stalls": 8,
    "ref-cycles": 9,
}
"""PERF_COUNT_HW_*."""


def software(probe: ProbeSpec, program_fd: int) -> list[int]:
    """Attach to every `period`-th event that the kernel counts."""
    return _counted(probe, _TYPE_SOFTWARE, SOFTWARE_EVENTS[probe.event], program_fd)


def hardware(probe: ProbeSpec, program_fd: int) -> list[int]:
    """Attach to every `period`-th event that the processor counts."""
    return _counted(probe, _TYPE_HARDWARE, HARDWARE_EVENTS[probe.event], program_fd)


def profile(probe: ProbeSpec, program_fd: int) -> list[int]:
    """Attach to a clock of each CPU, `period` times a second."""
    attr = PerfEventAttr(type=_TYPE_SOFTWARE, config=_CPU_CLOCK, sample=probe.period, flags=_FLAG_FREQUENCY)
    return on_threads(attr, program_fd, probe.pid) if probe.pid else on_each_cpu(attr, program_fd)


def interval(probe: ProbeSpec, program_fd: int) -> list[int]:
    """Attach to a clock of one CPU, every `period` nanoseconds."""
    return on_one_cpu(PerfEventAttr(type=_TYPE_SOFTWARE, config=_CPU_CLOCK, sample=probe.period), program_fd)


def _counted(probe: ProbeSpec, kind: int, config: int, program_fd: int) -> list[int]:
    attr = PerfEventAttr(type=kind, config=config, sample=max(probe.period, 1))
    return on_threads(attr, program_fd, probe.pid) if probe.pid else on_each_cpu(attr, program_fd)
