"""Hooks in programs and libraries: breakpoints that the kernel puts into every process that maps the file."""

import ctypes
import os

from tracetop.bpf.attach.hooks import Hooks
from tracetop.bpf.attach.instruction_boundaries import begins_instruction
from tracetop.bpf.attach.kernel_hooks import return_bit
from tracetop.bpf.attach.perf_events import Attach, device_type, on_one_cpu
from tracetop.bpf.symbols.elf import Elf
from tracetop.bpf.sys.lively_threads import lively_thread
from tracetop.bpf.sys.safe_open import opened
from tracetop.bpf.sys.syscalls import PerfEventAttr
from tracetop.errors import KernelError
from tracetop.model.kinds import Family, ProbeKind
from tracetop.model.program import ProbeSpec

_REFERENCE_SHIFT = 32
"""The uprobe's config has the semaphore's place in its upper half.

Since Linux commit a6ca88b241d5 ("trace_uprobe: support reference counter in fd-based uprobe"), in v5.0.
"""
_LONGEST_INSTRUCTION = 16


def uprobe(probe: ProbeSpec, program_fd: int) -> Hooks:
    """Attach to a place of a file; of a USDT probe with a semaphore, the kernel counts it up in every process.

    KernelError for a place in the middle of an instruction: the kernel would break the program there.
    """
    attr = PerfEventAttr(type=device_type("uprobe"), config2=probe.offset)
    attr.config = probe.semaphore << _REFERENCE_SHIFT
    if probe.kind.facts.returns:
        attr.config |= return_bit("uprobe")
    with opened(probe.target) as descriptor:
        if probe.kind is ProbeKind.UPROBE and ("+" in probe.event or probe.event.startswith("0x")):
            _refuse_middle(probe, descriptor)
        # In a container's root links may lead out, so the file that is open is named, not its path.
        path = f"/proc/self/fd/{descriptor}" if probe.target.startswith("/proc/") else probe.target
        name = ctypes.create_string_buffer(os.fsencode(path))
        attr.config1 = ctypes.addressof(name)
        return on_one_cpu(attr, program_fd, pid=lively_thread(probe.pid) if probe.pid else 0, cookie=probe.cookie)


def _refuse_middle(probe: ProbeSpec, descriptor: int) -> None:
    elf = Elf.open(descriptor, probe.target)
    address = elf.address(probe.offset)
    found = elf.symbols.find(address) if address is not None else None
    if found is None:
        begins, why = None, "no function is known there, so nobody can tell where an instruction begins"
    else:
        inside = found[1]
        code = os.pread(descriptor, inside + _LONGEST_INSTRUCTION, probe.offset - inside)
        begins = begins_instruction(code, inside)
        why = (
            f"no instruction of {found[0]} begins {inside} bytes into it"
            if begins is False
            else "there is no disassembler"
        )
    if not begins:
        raise KernelError(
            f"cannot attach {', '.join(probe.names)}",
            why=why,
            hint=f"use a place where objdump -d {probe.target} shows an instruction, or the function's start",
        )


ATTACHMENTS: dict[ProbeKind, Attach] = {kind: uprobe for kind in ProbeKind if kind.facts.family is Family.USER}
