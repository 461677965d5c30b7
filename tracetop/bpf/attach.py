"""Puts a loaded program on its hook, as descriptors that detach it when they are closed.

Owns: the five kinds of hooks and why one may fail. Refuses to own: when. No hook here is pinned or has a name in
the kernel, so all of them end with the process. The tracer's one thread.
"""

import ctypes
import errno
import fcntl
import os
from collections.abc import Callable

from tracetop.bpf.cpus import online_cpus
from tracetop.bpf.privileges import lockdown_mode
from tracetop.bpf.syscalls import Command, PerfEventAttr, RawTracepointAttr, TestRunAttr, bpf, perf_event_open
from tracetop.bpf.tracefs import tracefs
from tracetop.errors import KernelError, PrivilegeError, TracetopError
from tracetop.model.program import ProbeKind, ProbeSpec

_TYPE_SOFTWARE, _TYPE_TRACEPOINT = 1, 2
_CPU_CLOCK = 0
_FLAG_FREQUENCY = 1 << 10
_IOC_ENABLE = 0x2400
_IOC_SET_BPF = 0x40042408
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
_TEST_CONTEXT_BYTES = 12 * 8
"""The most arguments that a raw tracepoint has, 8 bytes each."""


def attach(probe: ProbeSpec, program_fd: int) -> list[int]:
    """Attach the program to its hook; return the descriptors that hold it there.

    KernelError or PrivilegeError with the one cause. BEGIN and END have no hook: see `run_once`.
    """
    try:
        return _ATTACHERS[probe.kind](probe, program_fd)
    except OSError as error:
        raise _explain(probe, error) from error


def run_once(probe: ProbeSpec, program_fd: int) -> None:
    """Run a BEGIN or END program once, on a context of zeros.

    Since Linux commit 1b4d60ec162f ("bpf: Enable BPF_PROG_TEST_RUN for raw_tracepoint"), in v5.10; KernelError before.
    """
    context = ctypes.create_string_buffer(_TEST_CONTEXT_BYTES)
    attr = TestRunAttr(prog_fd=program_fd, ctx_size_in=_TEST_CONTEXT_BYTES, ctx_in=ctypes.addressof(context))
    try:
        bpf(Command.PROG_TEST_RUN, attr)
    except OSError as error:
        raise KernelError(
            f"cannot run {probe.names[0]}",
            why=f"this kernel runs no program on demand ({error.strerror})",
            mend="take BEGIN and END out of the script, or use Linux 5.10 or newer",
        ) from error


def _tracepoint(probe: ProbeSpec, program_fd: int) -> list[int]:
    # A BPF program on a tracepoint's perf event sees the events of all CPUs, whichever CPU the event is opened on.
    event_id = int((tracefs() / "events" / probe.category / probe.event / "id").read_text())
    return [_perf_event(PerfEventAttr(type=_TYPE_TRACEPOINT, config=event_id, sample=1), online_cpus()[0], program_fd)]


def _raw_tracepoint(probe: ProbeSpec, program_fd: int) -> list[int]:
    return [bpf(Command.RAW_TRACEPOINT_OPEN, RawTracepointAttr(name=probe.event.encode(), prog_fd=program_fd))]


def _software(probe: ProbeSpec, program_fd: int) -> list[int]:
    config = SOFTWARE_EVENTS[probe.event]
    attr = PerfEventAttr(type=_TYPE_SOFTWARE, config=config, sample=max(probe.period, 1))
    return _on_each_cpu(attr, program_fd)


def _profile(probe: ProbeSpec, program_fd: int) -> list[int]:
    attr = PerfEventAttr(type=_TYPE_SOFTWARE, config=_CPU_CLOCK, sample=probe.period, flags=_FLAG_FREQUENCY)
    return _on_each_cpu(attr, program_fd)


def _interval(probe: ProbeSpec, program_fd: int) -> list[int]:
    attr = PerfEventAttr(type=_TYPE_SOFTWARE, config=_CPU_CLOCK, sample=probe.period)
    return [_perf_event(attr, online_cpus()[0], program_fd)]


_ATTACHERS: dict[ProbeKind, Callable[[ProbeSpec, int], list[int]]] = {
    ProbeKind.TRACEPOINT: _tracepoint,
    ProbeKind.RAW_TRACEPOINT: _raw_tracepoint,
    ProbeKind.SOFTWARE: _software,
    ProbeKind.PROFILE: _profile,
    ProbeKind.INTERVAL: _interval,
}


def _on_each_cpu(attr: PerfEventAttr, program_fd: int) -> list[int]:
    descriptors: list[int] = []
    try:
        for cpu in online_cpus():
            try:
                descriptors.append(_perf_event(attr, cpu, program_fd))
            except OSError as error:
                if error.errno != errno.ENODEV:  # this CPU went offline just now
                    raise
    except OSError:
        for descriptor in descriptors:
            os.close(descriptor)
        raise
    return descriptors


def _perf_event(attr: PerfEventAttr, cpu: int, program_fd: int) -> int:
    descriptor = perf_event_open(attr, cpu=cpu)
    try:
        fcntl.ioctl(descriptor, _IOC_SET_BPF, program_fd)
        fcntl.ioctl(descriptor, _IOC_ENABLE, 0)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _explain(probe: ProbeSpec, error: OSError) -> TracetopError:
    """Turn the errno of an attach into its cause."""
    what = f"cannot attach {', '.join(probe.names)}"
    why = error.strerror or str(error)
    if isinstance(error, FileNotFoundError):
        return KernelError(
            what,
            why="this kernel has no such event",
            mend="see the folders of /sys/kernel/tracing/events for those it has",
        )
    mend = "run as root of the machine, not of a container; the kernel's log (dmesg) may say what forbids it"
    if isinstance(error, PermissionError):
        mode = lockdown_mode()
        if mode in ("integrity", "confidentiality"):
            why = f"the kernel is locked down ({mode})"
        return PrivilegeError(what, why=why, mend=mend)
    if error.errno == errno.EINVAL and probe.kind is ProbeKind.RAW_TRACEPOINT:
        # The kernel compares the context that a program reads with the event's arguments only when it attaches.
        why = "the program reads more arguments than this event has"
    elif error.errno == errno.EINVAL and probe.kind is ProbeKind.PROFILE:
        why = f"{probe.period} samples per second may be more than kernel.perf_event_max_sample_rate allows"
        mend = "sample less often: 49 or 99 times per second are usual"
    elif error.errno == errno.EMFILE:
        why, mend = "this process has too many open files", "open fewer panes, or raise the limit with `ulimit -n`"
    return KernelError(what, why=why, mend=mend)
