"""Puts a loaded program on its hook, as descriptors that detach it when they are closed.

Owns: which family attaches which kind, and running BEGIN and END. Refuses to own: when, and why a hook may fail
(`reasons`). No hook here is pinned or has a name in the kernel, so all of them end with the process. The tracer's one
thread.
"""

import ctypes
from collections.abc import Callable

from tracetop.bpf.attach import kernel_hooks, timers_and_counters, user_hooks
from tracetop.bpf.attach.attach_errors import explain
from tracetop.bpf.sys.syscalls import Command, TestRunAttr, bpf
from tracetop.errors import KernelError
from tracetop.model.kinds import ProbeKind
from tracetop.model.program import ProbeSpec

_TEST_CONTEXT_BYTES = 12 * 8
"""The most arguments that a raw tracepoint has, 8 bytes each."""

_ATTACHERS: dict[ProbeKind, Callable[[ProbeSpec, int], list[int]]] = {
    ProbeKind.TRACEPOINT: kernel_hooks.tracepoint,
    ProbeKind.RAW_TRACEPOINT: kernel_hooks.raw_tracepoint,
    ProbeKind.KPROBE: kernel_hooks.kprobe,
    ProbeKind.KRETPROBE: kernel_hooks.kprobe,
    ProbeKind.FENTRY: kernel_hooks.trampoline,
    ProbeKind.FEXIT: kernel_hooks.trampoline,
    ProbeKind.UPROBE: user_hooks.uprobe,
    ProbeKind.URETPROBE: user_hooks.uprobe,
    ProbeKind.USDT: user_hooks.uprobe,
    ProbeKind.SOFTWARE: timers_and_counters.software,
    ProbeKind.HARDWARE: timers_and_counters.hardware,
    ProbeKind.PROFILE: timers_and_counters.profile,
    ProbeKind.INTERVAL: timers_and_counters.interval,
}


def attach(probe: ProbeSpec, program_fd: int) -> list[int]:
    """Attach the program to its hook; return the descriptors that hold it there.

    KernelError or PrivilegeError with the one cause. BEGIN and END have no hook: see `run_once`.
    """
    try:
        return _ATTACHERS[probe.kind](probe, program_fd)
    except OSError as error:
        raise explain(probe, error) from error


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
            hint="take BEGIN and END out of the script, or use Linux 5.10 or newer",
        ) from error


__all__ = ["attach", "run_once"]
