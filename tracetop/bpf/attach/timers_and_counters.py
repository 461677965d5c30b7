"""Hooks on a clock or a counter: software and hardware events, profile, interval."""

from tracetop.bpf.attach.perf_events import Attach, on_each_cpu, on_one_cpu, on_threads
from tracetop.bpf.sys.syscalls import PerfEventAttr
from tracetop.model.kinds import ProbeKind
from tracetop.model.perf_events import SOFTWARE_EVENTS
from tracetop.model.program import ProbeSpec

_TYPE_HARDWARE, _TYPE_SOFTWARE = 0, 1
_CPU_CLOCK = SOFTWARE_EVENTS["cpu-clock"].config
_FLAG_FREQUENCY = 1 << 10


def counted(probe: ProbeSpec, program_fd: int) -> list[int]:
    """Attach to every `period`-th event that the kernel or the processor counts."""
    type_ = _TYPE_HARDWARE if probe.kind is ProbeKind.HARDWARE else _TYPE_SOFTWARE
    event = probe.kind.facts.events[probe.event]
    return _on_cpus(PerfEventAttr(type=type_, config=event.config, sample=max(probe.period, 1)), probe, program_fd)


def profile(probe: ProbeSpec, program_fd: int) -> list[int]:
    """Attach to a clock of each CPU, `period` times a second."""
    attr = PerfEventAttr(type=_TYPE_SOFTWARE, config=_CPU_CLOCK, sample=probe.period, flags=_FLAG_FREQUENCY)
    return _on_cpus(attr, probe, program_fd)


def interval(probe: ProbeSpec, program_fd: int) -> list[int]:
    """Attach to a clock of one CPU, every `period` nanoseconds."""
    return on_one_cpu(PerfEventAttr(type=_TYPE_SOFTWARE, config=_CPU_CLOCK, sample=probe.period), program_fd)


def _on_cpus(attr: PerfEventAttr, probe: ProbeSpec, program_fd: int) -> list[int]:
    """Attach to an event of each CPU, or of the one process that the probe is put on."""
    return on_threads(attr, program_fd, probe.pid) if probe.pid else on_each_cpu(attr, program_fd)


ATTACHMENTS: dict[ProbeKind, Attach] = {
    ProbeKind.SOFTWARE: counted,
    ProbeKind.HARDWARE: counted,
    ProbeKind.PROFILE: profile,
    ProbeKind.INTERVAL: interval,
}
