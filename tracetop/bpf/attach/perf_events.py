"""Perf events with a program on them: on one CPU for all, on each CPU, or on the threads of one process.

Owns: opening, handing the program over, and closing what was opened where one of several fails; the kinds of probes
that are no more than such an event of a clock or a counter; and which events follow the CPUs that come and go.
"""

import errno
import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tracetop.bpf.attach.hooks import Hooks
from tracetop.bpf.sys.cpu_events import CpuEvents, read_event
from tracetop.bpf.sys.syscalls import PerfEventAttr, PerfLinkAttr, bpf, perf_event_open
from tracetop.bpf.sys.sysfs import online_cpus
from tracetop.bpf.sys.uapi import (
    BPF_PERF_EVENT,
    PERF_FORMAT_TOTAL_TIME_ENABLED,
    Breakpoint,
    Command,
    PerfFlag,
    PerfIoctl,
    PerfType,
)
from tracetop.errors import KernelError
from tracetop.model.abi.perf_events import SOFTWARE_EVENTS
from tracetop.model.kinds import ProbeKind
from tracetop.model.program import ProbeSpec

DEVICES = Path("/sys/bus/event_source/devices")
Attach = Callable[[ProbeSpec, int], Hooks]
"""Puts a program on a probe's hook; returns what holds it there. OSError or KernelError."""
_UNWATCHED = {
    errno.ENOSPC: ("the CPU watches few places at once, and all are taken", "watch fewer, or stop what else does"),
    errno.EINVAL: (
        "the kernel watches no such place: code takes a length of 8, and that of the kernel is for kprobes",
        "watch memory by w or rw, and use kprobe or uprobe for code",
    ),
    errno.EOPNOTSUPP: ("this machine cannot watch memory", "use a uprobe or fentry on the function that writes there"),
}
_CPU_CLOCK = SOFTWARE_EVENTS["cpu-clock"].config
_ROUNDS = 5
"""How often the list of threads is read, for those that were made meanwhile."""


def device_type(device: str) -> int:
    """Return the number of a kind of perf event. FileNotFoundError where the kernel has none of it."""
    return int((DEVICES / device / "type").read_text())


def on_one_cpu(attr: PerfEventAttr, program_fd: int, *, pid: int = 0, cookie: int = 0) -> Hooks:
    """Put the program on an event whose hits run it wherever they are: a tracepoint, a kprobe or a uprobe.

    There it can ask for `cookie`, if that is not 0. It goes on when the CPU that the event was opened on has gone.
    """
    return Hooks([_opened(attr, program_fd, cpu=-1 if pid else online_cpus()[0], pid=pid or -1, cookie=cookie)])


def on_threads(attr: PerfEventAttr, program_fd: int, pid: int) -> Hooks:
    """Put the program on an event that each thread of a process counts for itself, those to come included."""
    attr.flags |= PerfFlag.INHERIT | _inherit_thread(attr)
    seen: set[int] = set()
    with _all_or_none() as descriptors:
        for _ in range(_ROUNDS):
            threads = {int(path.name) for path in Path(f"/proc/{pid}/task").iterdir()} - seen
            if not threads:
                break
            for thread in sorted(threads):
                with suppress(ProcessLookupError):
                    descriptors.append(_opened(attr, program_fd, pid=thread))
            seen |= threads
        if not descriptors:
            raise ProcessLookupError(errno.ESRCH, os.strerror(errno.ESRCH))
    return Hooks(descriptors)


def _inherit_thread(attr: PerfEventAttr) -> int:
    """Return the flag that keeps new processes out, where the kernel knows it.

    Since Linux commit 2b26f0aa0049 ("perf: Support only inheriting events if cloned with CLONE_THREAD"), in
    v5.13. Before, the children of the process count too.
    """
    trial = PerfEventAttr(type=attr.type, config=attr.config, sample=attr.sample)
    trial.flags = attr.flags | PerfFlag.INHERIT | PerfFlag.INHERIT_THREAD
    try:
        os.close(perf_event_open(trial, cpu=-1, pid=os.getpid()))
    except OSError as error:
        if error.errno in (errno.EINVAL, errno.E2BIG):
            return 0
        raise
    return PerfFlag.INHERIT_THREAD


def _opened(attr: PerfEventAttr, program_fd: int, *, cpu: int = -1, pid: int = -1, cookie: int = 0) -> int:
    attr.flags |= PerfFlag.DISABLED  # it counts nothing that comes before the program is there
    attr.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED
    event = perf_event_open(attr, cpu=cpu, pid=pid)
    descriptor = event
    try:
        if cookie:
            link = PerfLinkAttr(prog_fd=program_fd, target_fd=event, attach_type=BPF_PERF_EVENT, cookie=cookie)
            descriptor = bpf(Command.LINK_CREATE, link)
        else:
            fcntl.ioctl(event, PerfIoctl.SET_BPF, program_fd)
        fcntl.ioctl(event, PerfIoctl.ENABLE, 0)
    except OSError:
        os.close(event)
        raise
    if cookie:
        os.close(event)  # the link holds it
    return descriptor


@contextmanager
def _all_or_none() -> Iterator[list[int]]:
    """Give a list for descriptors that are closed again where what is inside fails."""
    descriptors: list[int] = []
    try:
        yield descriptors
    except BaseException:
        for descriptor in descriptors:
            os.close(descriptor)
        raise


def hits(descriptors: list[int], period: int, *, last: bool = False) -> int:
    """Return how many hits of a program events had, those included that ran none; `last`: no more are to come."""
    if last:
        for descriptor in descriptors:
            fcntl.ioctl(descriptor, PerfIoctl.DISABLE, 0)
    return sum(read_event(descriptor)[0] // max(period, 1) for descriptor in descriptors)


def counted(probe: ProbeSpec, program_fd: int) -> Hooks:
    """Attach to every `period`-th event that the kernel or the processor counts."""
    type_ = PerfType.HARDWARE if probe.kind is ProbeKind.HARDWARE else PerfType.SOFTWARE
    event = probe.kind.facts.events[probe.event]
    return _on_cpus(PerfEventAttr(type=type_, config=event.config, sample=max(probe.period, 1)), probe, program_fd)


def watchpoint(probe: ProbeSpec, program_fd: int) -> Hooks:
    """Attach to each use of a place in memory, of the one process or wherever the CPUs come by."""
    address, length, mode = probe.event.split(":")
    attr = PerfEventAttr(type=PerfType.BREAKPOINT, sample=1, bp_type=Breakpoint[mode.upper()])
    attr.config1, attr.config2 = int(address, 16), int(length)
    try:
        return _on_cpus(attr, probe, program_fd)
    except OSError as error:
        why, hint = _UNWATCHED.get(error.errno or 0, ("", ""))
        if not why:
            raise
        raise KernelError(f"cannot attach {', '.join(probe.names)}", why=why, hint=hint) from error


def profile(probe: ProbeSpec, program_fd: int) -> Hooks:
    """Attach to a clock of each CPU, `period` times a second."""
    attr = PerfEventAttr(type=PerfType.SOFTWARE, config=_CPU_CLOCK, sample=probe.period, flags=PerfFlag.FREQ)
    return _on_cpus(attr, probe, program_fd)


def interval(probe: ProbeSpec, program_fd: int) -> Hooks:
    """Attach to a clock of one CPU, every `period` nanoseconds."""
    attr = PerfEventAttr(type=PerfType.SOFTWARE, config=_CPU_CLOCK, sample=probe.period)
    return Hooks(events=CpuEvents(lambda cpu: _opened(attr, program_fd, cpu=cpu), single=True))


def _on_cpus(attr: PerfEventAttr, probe: ProbeSpec, program_fd: int) -> Hooks:
    """Attach to an event of each CPU, or of the one process that the probe is put on."""
    if probe.pid:
        return on_threads(attr, program_fd, probe.pid)
    return Hooks(events=CpuEvents(lambda cpu: _opened(attr, program_fd, cpu=cpu)))


ATTACHMENTS: dict[ProbeKind, Attach] = {
    ProbeKind.SOFTWARE: counted,
    ProbeKind.HARDWARE: counted,
    ProbeKind.WATCHPOINT: watchpoint,
    ProbeKind.PROFILE: profile,
    ProbeKind.INTERVAL: interval,
}
