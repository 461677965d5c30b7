"""Which kinds of probes this kernel does not take at all, and why.

Owns: one line for each. Refuses to own: a single probe that fails (`attach`), and what the process may do
(`privileges`). Each answer comes from trying the least that the kind needs. The privileged tracer process.
"""

import ctypes
import errno
import os
import struct
from pathlib import Path

from tracetop.bpf.attach.perf_events import device_type
from tracetop.bpf.kernel.btf import Btf
from tracetop.bpf.sys.syscalls import PerfEventAttr, ProgramLoadAttr, RawTracepointAttr, bpf, perf_event_open
from tracetop.bpf.sys.sysfs import find_tracefs, lockdown_mode, online_cpus
from tracetop.bpf.sys.uapi import ENOTSUPP, Command, Opcode, PerfFlag, PerfType
from tracetop.model.abi.capabilities import capability_set, named
from tracetop.model.abi.perf_events import HARDWARE_EVENTS, SOFTWARE_EVENTS
from tracetop.model.kinds import Family, ProbeKind, ProgramType

_RETURN_ZERO = struct.pack("=BBhiBBhi", Opcode.MOVE_CONSTANT, 0, 0, 0, Opcode.EXIT, 0, 0, 0)
"""The shortest program: r0 = 0; exit."""
_CPU_CYCLES, _DUMMY = HARDWARE_EVENTS["cpu-cycles"].config, SOFTWARE_EVENTS["dummy"].config
_TEST_FUNCTION = "bpf_fentry_test1"
"""A function of the kernel that does nothing and is there for such trials."""
_ITERATED = "bpf_iter_task"
_NO_KPROBES = "kprobes are compiled out of this kernel (CONFIG_KPROBES, CONFIG_KPROBE_EVENTS)"
_NO_UPROBES = "uprobes are compiled out of this kernel (CONFIG_UPROBES, CONFIG_UPROBE_EVENTS)"


def why_refused(kind: ProbeKind, btf: Btf | None) -> str:
    """Return in one line why this kernel takes no probe of that kind; empty where it takes them."""
    if lockdown_mode() == "confidentiality":
        return "the kernel is locked down (confidentiality), which forbids BPF to read its memory"
    match kind.facts.program:
        case ProgramType.KPROBE:
            return _breakpoint("uprobe", _NO_UPROBES) if kind.facts.family is Family.USER else _kprobe()
        case ProgramType.TRACING if kind is ProbeKind.ITER:
            return _iterator(btf)
        case ProgramType.TRACING:
            return _trampoline(btf)
        case ProgramType.PERF_EVENT if kind is ProbeKind.HARDWARE:
            return _perf_event(PerfType.HARDWARE, _CPU_CYCLES)
        case ProgramType.PERF_EVENT:
            return _perf_event(PerfType.SOFTWARE, _DUMMY)
        case ProgramType.TRACEPOINT:
            return "" if find_tracefs() else "tracefs is not mounted, and could not be"
        case ProgramType.RAW_TRACEPOINT:
            return "" if btf else "the kernel does not describe its raw tracepoints (CONFIG_DEBUG_INFO_BTF)"


def _kprobe() -> str:
    return _breakpoint("kprobe", _NO_KPROBES)


def _breakpoint(device: str, why_absent: str) -> str:
    """Ask for a probe where none can be, at address 0 or in a file without a name: what may not be is refused before.

    For want of a right, or by the lockdown of the kernel, which knows one for kprobes alone.
    """
    try:
        type_ = device_type(device)
    except FileNotFoundError:
        return why_absent
    no_name = ctypes.create_string_buffer(b"")
    attr = PerfEventAttr(type=type_, flags=PerfFlag.DISABLED)
    attr.config1 = ctypes.addressof(no_name) if device == "uprobe" else 0
    try:
        os.close(perf_event_open(attr, cpu=online_cpus()[0]))
    except OSError as error:
        if error.errno in (errno.EPERM, errno.EACCES):
            return why_forbidden(f"{device}s")
    return ""


def why_forbidden(what: str) -> str:
    """Return in one line why the kernel refuses something to a process that may trace."""
    mode = lockdown_mode()
    if mode not in ("", "none"):
        return f"the kernel is locked down ({mode}), which forbids {what}"
    if "CAP_SYS_ADMIN" not in named(capability_set(Path("/proc/self/status").read_text(), "CapEff")):
        return f"this kernel asks for CAP_SYS_ADMIN for {what}"
    return f"the kernel forbids {what} (EPERM), by a policy of its own"


def _perf_event(type_: int, config: int) -> str:
    try:
        os.close(
            perf_event_open(PerfEventAttr(type=type_, config=config, flags=PerfFlag.DISABLED), cpu=online_cpus()[0])
        )
    except OSError as error:
        if type_ == PerfType.HARDWARE and error.errno in (errno.ENOENT, errno.EOPNOTSUPP, errno.ENODEV):
            return "this machine shows the kernel no hardware counters, as most virtual machines do"
        return f"the kernel refuses perf events ({error.strerror})"
    return ""


def _trampoline(btf: Btf | None) -> str:
    """Try a program on a function that was made for such trials: load it, attach it, take it off."""
    number = btf.function_number(_TEST_FUNCTION) if btf else None
    if number is None:
        return "the kernel does not describe its functions (CONFIG_DEBUG_INFO_BTF)"
    try:
        program = _load_traced(number, ProbeKind.FENTRY)
    except OSError as error:
        if error.errno in (errno.EPERM, errno.EACCES):
            return "the kernel forbids programs on functions (EPERM), by a policy stricter than the usual lockdown"
        return f"the kernel refuses programs on functions ({error.strerror}): it may be older than v5.5"
    try:
        os.close(bpf(Command.RAW_TRACEPOINT_OPEN, RawTracepointAttr(name=None, prog_fd=program)))
    except OSError as error:
        if error.errno == ENOTSUPP:
            return "this kernel cannot call programs from functions on this architecture"
        return f"the kernel does not attach programs to functions ({error.strerror})"
    finally:
        os.close(program)
    return ""


def _iterator(btf: Btf | None) -> str:
    """Try to load a program that goes through tasks."""
    number = btf.function_number(_ITERATED) if btf else None
    if number is None:
        return "this kernel has no iterators (before v5.8), or does not describe them (CONFIG_DEBUG_INFO_BTF)"
    try:
        os.close(_load_traced(number, ProbeKind.ITER))
    except OSError as error:
        return f"the kernel refuses iterators ({error.strerror})"
    return ""


def _load_traced(number: int, kind: ProbeKind) -> int:
    instructions = ctypes.create_string_buffer(_RETURN_ZERO)
    license_ = ctypes.create_string_buffer(b"GPL")
    attr = ProgramLoadAttr(
        prog_type=ProgramType.TRACING,
        insn_cnt=2,
        insns=ctypes.addressof(instructions),
        license=ctypes.addressof(license_),
        expected_attach_type=kind.facts.attach_type,
        attach_btf_id=number,
    )
    return bpf(Command.PROG_LOAD, attr)
