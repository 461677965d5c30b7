"""Puts a loaded program on its hook, as descriptors that detach it when they are closed, and takes it off again.

In: a `ProbeSpec` and the descriptor of a program. Out: its `Hooks`, or a KernelError with the one cause; `Attachment`
has those of a whole script.
Owns: attaching any kind, by the function that its module's `ATTACHMENTS` has; running BEGIN and END; and how hooks are
let go of, since the kernel waits up to 0.1 s at each one, until no CPU is inside the program any more, and lets nobody
else attach or detach meanwhile. Refuses to own: when, and why a hook may fail (`attach_errors`). No hook here is pinned
or has a name in the kernel, so all of them end with the process. The tracer's one thread, and one of its own for many
hooks that nobody waits for, which touches nothing but their descriptors.
"""

import ctypes
import os
import threading

from tracetop.bpf.attach import kernel_hooks, perf_events, user_hooks
from tracetop.bpf.attach.attach_errors import explain
from tracetop.bpf.attach.hooks import Hooks as Hooks
from tracetop.bpf.attach.perf_events import Attach
from tracetop.bpf.attach.perf_events import hits as hits
from tracetop.bpf.sys.syscalls import TestRunAttr, bpf
from tracetop.bpf.sys.uapi import Command
from tracetop.errors import KernelError
from tracetop.model.kinds import ProbeKind
from tracetop.model.program import ProbeSpec

FEW = 8
"""Hooks that are closed at once: a second, at the worst."""
_TEST_CONTEXT_BYTES = 12 * 8
"""The most arguments that a raw tracepoint has, 8 bytes each."""

_ATTACHMENTS: dict[ProbeKind, Attach] = {
    **kernel_hooks.ATTACHMENTS,
    **user_hooks.ATTACHMENTS,
    **perf_events.ATTACHMENTS,
}


def attach(probe: ProbeSpec, program_fd: int) -> Hooks:
    """Attach the program to its hook; return what holds it there.

    KernelError or PrivilegeError with the one cause. BEGIN and END have no hook: see `run_once`.
    """
    try:
        return _ATTACHMENTS[probe.kind](probe, program_fd)
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


def release(descriptors: list[int]) -> None:
    """Close hooks; none of their programs runs any more then."""
    for descriptor in descriptors:
        os.close(descriptor)


def release_unwatched(descriptors: list[int]) -> threading.Thread:
    """Close hooks in the background; return the thread that does it.

    Their programs still run until it has ended.
    """
    thread = threading.Thread(target=release, args=(descriptors,), name="release", daemon=True)
    thread.start()
    return thread
