"""Why a hook cannot be had: the errno of an attach turned into its one cause, and what to do about it.

Owns: the table of causes, by kind of probe and errno. Refuses to own: what is done about a probe that is missing.
"""

import errno
from typing import NamedTuple

from tracetop.bpf.sys.sysfs import lockdown_mode
from tracetop.bpf.sys.uapi import ENOTSUPP
from tracetop.errors import KernelError, PrivilegeError, TracetopError
from tracetop.model.kinds import Family, ProbeKind
from tracetop.model.program import ProbeSpec


class _Cause(NamedTuple):
    why: str
    hint: str


_LOG = "the kernel's log (dmesg) may say what forbids it"
_NO_COUNTERS = _Cause(
    "this machine does not count that event; virtual machines seldom count any", "use profile:hz:99 or software events"
)
_UNTRACEABLE = _Cause(
    "the kernel allows no probe there: the function is part of what handles probes, or the place has one already",
    "use another function near it, or a tracepoint",
)


def explain(probe: ProbeSpec, error: OSError) -> TracetopError:
    """Return the error to raise for an attach that failed."""
    what = f"cannot attach {', '.join(probe.names)}"
    if error.errno in (errno.EPERM, errno.EACCES):
        return _forbidden(probe, what, error)
    cause = _cause(probe, error.errno or 0) or _Cause(error.strerror or str(error), _LOG)
    return KernelError(what, why=cause.why, hint=cause.hint)


def _forbidden(probe: ProbeSpec, what: str, error: OSError) -> TracetopError:
    if error.errno == errno.EACCES and probe.kind.facts.family is Family.USER:
        return KernelError(
            what, why=f"{probe.target} may not be read or is on a file system without programs", hint=_LOG
        )
    mode = lockdown_mode()
    locked = mode in ("integrity", "confidentiality")
    why = f"the kernel is locked down ({mode})" if locked else error.strerror or str(error)
    return PrivilegeError(what, why=why, hint=f"run as root of the machine, not of a container; {_LOG}")


def _cause(probe: ProbeSpec, code: int) -> _Cause | None:
    if code == errno.EMFILE:
        return _Cause("this process has too many open files", "open fewer panes, or raise the limit with `ulimit -n`")
    if code == errno.ESRCH and probe.pid:
        return _Cause(f"process {probe.pid} has ended", "name a process that runs")
    if probe.kind.facts.family is Family.FUNCTION:
        return _function_cause(probe, code)
    return _user_cause(probe, code) if probe.kind.facts.family is Family.USER else _event_cause(probe, code)


def _event_cause(probe: ProbeSpec, code: int) -> _Cause | None:
    if probe.kind is ProbeKind.HARDWARE and code in (errno.ENOENT, errno.EOPNOTSUPP, errno.ENODEV, errno.EINVAL):
        return _NO_COUNTERS
    if code == errno.ENOENT:
        return _Cause("this kernel has no such event", "see the folders of /sys/kernel/tracing/events for those it has")
    if code == errno.EINVAL and probe.kind is ProbeKind.RAW_TRACEPOINT:
        # The kernel compares the context that a program reads with the event's arguments only when it attaches.
        return _Cause("the program reads more arguments than this event has", _LOG)
    if code == errno.EINVAL and probe.kind is ProbeKind.PROFILE:
        return _Cause(
            f"{probe.period} samples per second may be more than kernel.perf_event_max_sample_rate allows",
            "sample less often: 49 or 99 times per second are usual",
        )
    return None


def _function_cause(probe: ProbeSpec, code: int) -> _Cause | None:
    if code in (errno.ENOENT, errno.EADDRNOTAVAIL):
        return _Cause(
            "the kernel has no such function, or only inlined in others; or it has no kprobes (CONFIG_KPROBE_EVENTS)",
            f"see `tracetop list '{probe.kind}:*{probe.event}*'`",
        )
    if code == errno.EILSEQ or (code == errno.EINVAL and probe.offset):
        return _Cause(
            f"{probe.offset} bytes into {probe.event} no instruction begins",
            "use an offset at which objdump -d shows one, or none",
        )
    if code in (errno.EINVAL, errno.EBUSY, errno.EOPNOTSUPP, ENOTSUPP):
        return _UNTRACEABLE
    return None


def _user_cause(probe: ProbeSpec, code: int) -> _Cause | None:
    if code == errno.ENOENT:
        return _Cause(
            f"{probe.target} is not there any more, or this kernel has no uprobes", "name a file that is there"
        )
    if code in (errno.EOPNOTSUPP, ENOTSUPP):
        return _Cause(f"the kernel cannot step over the instruction at {probe.event}", "use another offset or function")
    if code in (errno.EINVAL, errno.EIO, errno.ENOTDIR):
        why = f"no program can be mapped from {probe.target} at that place"
        if probe.semaphore:
            why = "another tool holds the place without its semaphore, or the semaphore cannot be counted"
        return _Cause(why, "name the file itself, on a local file system, and a function of it")
    return None
