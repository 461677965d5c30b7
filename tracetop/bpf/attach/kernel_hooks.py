"""Hooks in the kernel itself: tracepoints, raw tracepoints, and functions by breakpoint or trampoline."""

import ctypes
import errno
import os
import re
from pathlib import Path

from tracetop.bpf.attach.hooks import Hooks
from tracetop.bpf.attach.perf_events import DEVICES, Attach, device_type, on_one_cpu
from tracetop.bpf.sys.syscalls import PerfEventAttr, RawTracepointAttr, bpf
from tracetop.bpf.sys.sysfs import tracefs
from tracetop.bpf.sys.uapi import Command, PerfType
from tracetop.model.kinds import ProbeKind
from tracetop.model.program import ProbeSpec


def tracepoint(probe: ProbeSpec, program_fd: int) -> Hooks:
    """Attach to a tracepoint: the program sees the events of all CPUs, whichever CPU the event is opened on."""
    event_id = int((tracefs() / "events" / probe.category / probe.event / "id").read_text())
    return on_one_cpu(
        PerfEventAttr(type=PerfType.TRACEPOINT, config=event_id, sample=1), program_fd, cookie=probe.cookie
    )


def raw_tracepoint(probe: ProbeSpec, program_fd: int) -> Hooks:
    """Attach to a raw tracepoint."""
    attr = RawTracepointAttr(name=probe.event.encode(), prog_fd=program_fd, cookie=probe.cookie)
    return Hooks([bpf(Command.RAW_TRACEPOINT_OPEN, attr)])


def trampoline(_probe: ProbeSpec, program_fd: int) -> Hooks:
    """Attach a program that was loaded for one function (fentry, fexit) to just that function."""
    return Hooks([bpf(Command.RAW_TRACEPOINT_OPEN, RawTracepointAttr(name=None, prog_fd=program_fd))])


def kprobe(probe: ProbeSpec, program_fd: int) -> Hooks:
    """Attach to a function's start, to a place in it, or to its return.

    Since Linux commit e12f03d7031a ("perf/core: Implement the 'perf_kprobe' PMU"), in v4.17; such a probe has no name
    in tracefs that could be left behind.
    """
    attr = PerfEventAttr(type=device_type("kprobe"), config2=probe.offset)
    if probe.kind.facts.returns:
        attr.config = return_bit("kprobe")
    name = ctypes.create_string_buffer(probe.event.encode())
    if probe.target:  # by address, for another function of that name may stand before it in the kernel's list
        attr.config2 += _module_address(probe.target, probe.event)
    else:
        attr.config1 = ctypes.addressof(name)
    return on_one_cpu(attr, program_fd, cookie=probe.cookie)


def return_bit(device: str) -> int:
    """Return the bit of an event's config that asks for a function's return."""
    text = (DEVICES / device / "format" / "retprobe").read_text()
    return 1 << int(text.partition(":")[2])


def _module_address(module: str, function: str) -> int:
    line = re.compile(rf"^([0-9a-f]+) [tT] {re.escape(function)}\t\[{re.escape(module)}\]$", re.MULTILINE)
    match = line.search(Path("/proc/kallsyms").read_text())
    if match is None or not int(match[1], 16):
        raise OSError(errno.ENOENT, os.strerror(errno.ENOENT))
    return int(match[1], 16)


ATTACHMENTS: dict[ProbeKind, Attach] = {
    ProbeKind.TRACEPOINT: tracepoint,
    ProbeKind.RAW_TRACEPOINT: raw_tracepoint,
    ProbeKind.KPROBE: kprobe,
    ProbeKind.KRETPROBE: kprobe,
    ProbeKind.FENTRY: trampoline,
    ProbeKind.FEXIT: trampoline,
}
