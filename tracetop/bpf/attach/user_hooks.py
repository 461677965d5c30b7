"""Hooks in programs and libraries: breakpoints that the kernel puts into every process that maps the file."""

import ctypes
import os

from tracetop.bpf.attach.kernel_hooks import return_bit
from tracetop.bpf.attach.perf_events import device_type, on_one_cpu
from tracetop.bpf.opening import opened
from tracetop.bpf.syscalls import PerfEventAttr
from tracetop.model.program import ProbeKind, ProbeSpec

_REFERENCE_SHIFT = 32
"""The uprobe's config has the semaphore's place in its upper half.

Since Linux commit a6ca88b241d5 ("trace_uprobe: support reference counter in fd-based uprobe"), in v5.0.
"""


def uprobe(probe: ProbeSpec, program_fd: int) -> list[int]:
    """Attach to a place of a file; of a USDT probe with a semaphore, the kernel counts it up in every process."""
    attr = PerfEventAttr(type=device_type("uprobe"), config2=probe.offset)
    attr.config = probe.semaphore << _REFERENCE_SHIFT
    if probe.kind is ProbeKind.URETPROBE:
        attr.config |= return_bit("uprobe")
    if not probe.target.startswith("/proc/"):
        return _at(probe, attr, probe.target, program_fd)
    with opened(probe.target) as descriptor:  # in a container's root, from which links may lead out
        return _at(probe, attr, f"/proc/self/fd/{descriptor}", program_fd)


def _at(probe: ProbeSpec, attr: PerfEventAttr, path: str, program_fd: int) -> list[int]:
    name = ctypes.create_string_buffer(os.fsencode(path))
    attr.config1 = ctypes.addressof(name)
    return on_one_cpu(attr, program_fd, pid=probe.pid)
