"""May this process trace? One exact cause where it may not, and what to do about it.

Owns: the order of the questions, so that the first answer is the cause and not a consequence. Refuses to own:
single probes; `attach` explains those. The privileged tracer process, once, before anything is compiled.
"""

import errno
import os
from pathlib import Path

from tracetop.bpf.kernel.btf import VMLINUX
from tracetop.bpf.kernel.running_kernel import RunningKernel
from tracetop.bpf.sys.containers import container
from tracetop.bpf.sys.memory_limit import within_memory_limit
from tracetop.bpf.sys.syscalls import MapCreateAttr, PerfEventAttr, bpf, perf_event_open
from tracetop.bpf.sys.sysfs import ensure_tracefs, lockdown_mode
from tracetop.bpf.sys.uapi import Command, MapType, PerfFlag, PerfType
from tracetop.errors import InstallError, KernelError, PrivilegeError, TracetopError
from tracetop.model.abi.capabilities import WANTED, capability_set, may_trace, named
from tracetop.model.abi.perf_events import SOFTWARE_EVENTS

_WHOLE_RANGE = 4294967295


def check_privileges() -> None:
    """Return where this process may load, attach and read BPF programs; tracefs is mounted then.

    PrivilegeError where it lacks a right, KernelError where the kernel lacks or locks what is needed. Types (BTF) are
    no part of that: a script that names none runs without.
    """
    check_capabilities()
    check_namespace()
    check_lockdown()
    check_system_calls()
    ensure_tracefs()


def check_capabilities() -> None:
    """Raise PrivilegeError where this process lacks the capabilities to trace."""
    held = capability_set(Path("/proc/self/status").read_text(), "CapEff")
    if may_trace(held):
        return
    lacks = [name for name in ("CAP_BPF", "CAP_PERFMON") if name not in named(held)]
    if os.geteuid() != 0:
        hint = f"run it with sudo, or with the capabilities {', '.join(WANTED)} as ambient ones"
    elif container():
        hint = "start the container with --cap-add SYS_ADMIN or --privileged"
    else:
        hint = "run it where nothing has taken root's capabilities, as a service's CapabilityBoundingSet= does"
    raise PrivilegeError(
        "no permission to trace the kernel",
        why=f"this process has neither CAP_SYS_ADMIN nor {' with '.join(lacks)}",
        hint=hint,
    )


def check_namespace() -> None:
    """Raise PrivilegeError in a user namespace, whose capabilities are not the machine's."""
    if not owns_all_ids(Path("/proc/self/uid_map").read_text()):
        raise PrivilegeError(
            "root of a user namespace may not trace",
            why="BPF asks for capabilities of the whole machine, not of a container's user namespace",
            hint="run tracetop on the host, or in a container without a user namespace",
        )


def check_lockdown() -> None:
    """Raise KernelError where the lockdown forbids to read kernel memory."""
    if lockdown_mode() == "confidentiality":
        raise KernelError(
            "the kernel is locked down",
            why="lockdown=confidentiality forbids BPF to read kernel memory",
            hint="boot with lockdown=integrity or none; Secure Boot alone does not need confidentiality",
        )


def check_system_calls() -> None:
    """Raise KernelError or PrivilegeError where bpf(2) or perf_event_open(2) is not to be had.

    The capabilities are there: for want of them it would be refused too.
    """
    try:
        try_map(MapType.ARRAY, key_size=4, value_size=8, max_entries=1)  # the least that any program needs
    except OSError as error:
        raise _refused(error, "the system call bpf") from error
    attr = PerfEventAttr(type=PerfType.SOFTWARE, config=SOFTWARE_EVENTS["dummy"].config, flags=PerfFlag.DISABLED)
    try:
        os.close(perf_event_open(attr, cpu=0))
    except OSError as error:
        if error.errno != errno.ENODEV:  # CPU 0 is offline
            raise _refused(error, "the system call perf_event_open") from error


def check_all_programs() -> None:
    """Raise PrivilegeError where this process may not look at programs that others have loaded."""
    if "CAP_SYS_ADMIN" not in named(capability_set(Path("/proc/self/status").read_text(), "CapEff")):
        raise PrivilegeError(
            "no permission to look at the BPF programs of others",
            why="the kernel shows them to CAP_SYS_ADMIN only",
            hint="run it as root, or with sudo",
        )


def check_btf(kernel: RunningKernel) -> None:
    """Raise KernelError where the kernel does not describe its types, InstallError without libbpf."""
    if kernel.btf is None and VMLINUX.exists():
        raise InstallError(
            "the kernel's types cannot be read",
            why="libbpf.so.1 is not installed",
            hint="install libbpf (libbpf1 on Debian and Ubuntu)",
        )
    if kernel.btf is None:
        raise KernelError(
            "the kernel does not describe its types",
            why=f"there is no {VMLINUX}",
            hint="use a kernel built with CONFIG_DEBUG_INFO_BTF=y, as those of most distributions since 2021 are",
        )


def owns_all_ids(uid_map: str) -> bool:
    """Say whether a /proc/PID/uid_map is the machine's own: every user id, mapped to itself."""
    return uid_map.split() == ["0", "0", str(_WHOLE_RANGE)]


def try_map(type_: MapType, *, key_size: int, value_size: int, max_entries: int) -> None:
    """Make a map and let go of it, as loading does. OSError where the kernel refuses it."""
    attr = MapCreateAttr(map_type=type_, key_size=key_size, value_size=value_size, max_entries=max_entries)
    os.close(within_memory_limit(lambda: bpf(Command.MAP_CREATE, attr)))


def _refused(error: OSError, what: str) -> TracetopError:
    """Return why a call that needs no more than the capabilities just checked was refused all the same."""
    if error.errno == errno.ENOSYS:
        return KernelError(
            f"{what} is not there",
            why="the kernel is built without it, or a container's seccomp profile hides it",
            hint="in a container: run tracetop on the host or with --security-opt seccomp=unconfined; "
            "else a kernel with CONFIG_BPF_SYSCALL and CONFIG_PERF_EVENTS",
        )
    if error.errno in (errno.EPERM, errno.EACCES):
        return PrivilegeError(
            f"{what} is forbidden",
            why="a seccomp profile or a security module refuses it although the capabilities are there",
            hint="in a container: --security-opt seccomp=unconfined; else look into the security module's log",
        )
    return KernelError(f"{what} fails", why=error.strerror or str(error), hint="the kernel's log (dmesg) may say more")
