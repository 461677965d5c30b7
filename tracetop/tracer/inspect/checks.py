"""What this machine offers to a tracer, one check after the other, each with its cause and its hint.

Owns: the checks of kernel, rights and BCC, in an order in which the first that fails is the cause of the others.
Refuses to own: the scripts that tracetop ships (`doctor`). Runs in the process that answers one question.
"""

import os
import platform
import resource
from collections.abc import Callable, Iterator
from pathlib import Path

from msgspec.structs import replace

from tracetop.bpf import (
    MapType,
    RunningKernel,
    RunTimeStats,
    check_btf,
    check_capabilities,
    check_lockdown,
    check_namespace,
    check_system_calls,
    container,
    ensure_tracefs,
    has_symbol,
    load_bcc,
    lockdown_mode,
    try_map,
)
from tracetop.errors import Diagnostic, ExitCode, KernelError, TracetopError
from tracetop.model.abi.relocations import HelperId
from tracetop.model.kernel import lacks_helper
from tracetop.model.kinds import ProbeKind
from tracetop.model.wire.inquiries import Finding, Verdict

_ARCHITECTURES = ("x86_64", "aarch64")
_LARGE_MAP_BYTES = 16 << 20
_RING_BYTES = 4096
_LEAST_SAMPLE_RATE = 49
"""Samples per second of the pane of kernel stacks."""
_LACKING = "CAP_SYS_ADMIN"
_ANY_FUNCTION = "schedule"
_MULTI = "bpf_kprobe_multi_link_attach"
"""The kernel's function that is there where kprobes can be put on by the thousand."""
_HELPERS = {
    "bpf_loop": (HelperId.LOOP, "loops of any length", "use unroll() or a range of at most 64 (Linux 5.17 has it)"),
    "for_each": (HelperId.FOR_EACH_MAP_ELEM, "loops over maps", "print the map instead (Linux 5.13 has it)"),
}
"""By check: a helper that scripts may call; the compiler asks for it by the same question."""


def examine_rights(kernel: RunningKernel) -> Iterator[Finding]:
    """Yield what the process is and may do; nothing after the first that is BAD can work.

    What would only repeat that capabilities are missing is not asked.
    """
    yield _kernel(kernel)
    yield Finding(id="container", title="container", verdict=Verdict.GOOD, detail=container() or "none")
    capabilities = attempt("capabilities", "capabilities", _capabilities)
    yield capabilities
    yield attempt("namespace", "user namespace", lambda: _done(check_namespace, "the machine's own"))
    yield attempt("lockdown", "lockdown", lambda: _done(check_lockdown, lockdown_mode() or "none"))
    if capabilities.verdict is Verdict.GOOD:
        yield attempt("bpf", "system calls bpf and perf_event_open", lambda: _done(check_system_calls, "allowed"))


def examine_machine(kernel: RunningKernel) -> Iterator[Finding]:
    """Yield what kernel and installation offer to a process that may trace."""
    yield attempt("tracefs", "tracefs", lambda: str(ensure_tracefs()))
    yield _types(kernel)
    yield attempt("bcc", "BCC", _bcc)
    yield attempt("memlock", "locked memory", _memlock)
    yield attempt("ring_buffer", "ring buffer", lambda: _map(MapType.RINGBUF, 0, 0, _RING_BYTES, "events in order"))
    features = [kind for kind in ProbeKind if kind.facts.feature]
    for kind in features:
        if not kind.facts.feature_hint:
            yield attempt(kind.value, kind.facts.feature, lambda kind=kind: _taken(kernel, kind))  # type: ignore[misc]
    yield attempt("sample_rate", "sampling rate", _sample_rate)
    for kind in features:
        if kind.facts.feature_hint:
            reason = kernel.refuses(kind)
            hint = "run it as root" if _LACKING in reason else kind.facts.feature_hint
            yield _offered(kind.value, kind.facts.feature, reason, hint)
    yield _many_kprobes(kernel)
    for name, (helper, title, hint) in _HELPERS.items():
        function = f"bpf_{helper.name.lower()}"
        lacks = lacks_helper(kernel, helper) or not (kernel.btf or has_symbol(function))
        yield _offered(name, title, f"this kernel has no {function}" if lacks else "", hint)
    yield _symbols(kernel)
    yield _statistics()


def attempt(id_: str, title: str, look: Callable[[], str]) -> Finding:
    """Return the finding of a look that returns what it found, or raises why it cannot be."""
    try:
        return Finding(id=id_, title=title, verdict=Verdict.GOOD, detail=look())
    except TracetopError as error:
        return bad(id_, title, error.diagnostic)


def bad(id_: str, title: str, diagnostic: Diagnostic) -> Finding:
    """Return the finding of something that cannot work."""
    return Finding(
        id=id_,
        title=title,
        verdict=Verdict.BAD,
        detail=diagnostic.what,
        why=diagnostic.why,
        hint=diagnostic.hint,
        code=diagnostic.code,
    )


def _kernel(kernel: RunningKernel) -> Finding:
    detail = f"Linux {platform.release()}, {kernel.arch}, {kernel.cpus} CPUs"
    if kernel.arch in _ARCHITECTURES:
        return Finding(id="kernel", title="kernel", verdict=Verdict.GOOD, detail=detail)
    error = KernelError(detail, why=f"system calls of {kernel.arch} are not known", hint="use x86-64 or aarch64")
    return bad("kernel", "kernel", error.diagnostic)


def _done(check: Callable[[], None], detail: str) -> str:
    check()
    return detail


def _capabilities() -> str:
    check_capabilities()
    return "root" if os.geteuid() == 0 else "granted without being root"


def _types(kernel: RunningKernel) -> Finding:
    """Return whether types are known; without them only scripts that name one are refused."""
    found = attempt("btf", "kernel types (BTF)", lambda: _done(lambda: check_btf(kernel), "/sys/kernel/btf/vmlinux"))
    return found if found.verdict is Verdict.GOOD else replace(found, verdict=Verdict.NONE, code=ExitCode.OK)


def _bcc() -> str:
    bcc = load_bcc()
    return f"{bcc.__version__} in {Path(bcc.__file__ or '').parent}"


def _memlock() -> str:
    """Make a map of 16 MiB, more than the limit of a kernel that still counts maps as locked memory (before 5.11)."""
    limit, _ = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    said = "unlimited" if limit == resource.RLIM_INFINITY else f"{limit >> 10} KiB"
    try:
        return _map(MapType.ARRAY, 4, 8, _LARGE_MAP_BYTES // 8, f"maps of 16 MiB fit (ulimit -l: {said})")
    except KernelError as error:
        raise KernelError(
            "large maps do not fit", why=f"locked memory is limited to {said}", hint="ulimit -l unlimited"
        ) from error


def _map(type_: MapType, key_bytes: int, value_bytes: int, entries: int, detail: str) -> str:
    try:
        try_map(type_, key_size=key_bytes, value_size=value_bytes, max_entries=entries)
    except OSError as error:
        raise KernelError(
            "the kernel refuses such a map", why=error.strerror or str(error), hint="use Linux 5.8 or newer"
        ) from error
    return detail


def _taken(kernel: RunningKernel, kind: ProbeKind) -> str:
    if reason := kernel.refuses(kind):
        raise KernelError(f"no {kind} probes", why=reason, hint="use a kernel that has them: most do")
    return "taken"


def _sample_rate() -> str:
    rate, paranoid = _sysctl("perf_event_max_sample_rate"), _sysctl("perf_event_paranoid")
    if rate < _LEAST_SAMPLE_RATE:
        raise KernelError(
            f"at most {rate} samples per second",
            why="kernel.perf_event_max_sample_rate is so low: the kernel lowers it where sampling took too long",
            hint="as root: sysctl kernel.perf_event_max_sample_rate=100000",
        )
    return f"up to {rate} per second (perf_event_paranoid {paranoid}, which does not bind root)"


def _sysctl(name: str) -> int:
    try:
        return int(Path(f"/proc/sys/kernel/{name}").read_text())
    except OSError as error:
        raise KernelError(
            "no perf events", why=f"kernel.{name} is not there", hint="use a kernel with CONFIG_PERF_EVENTS"
        ) from error


def _many_kprobes(kernel: RunningKernel) -> Finding:
    title, hint = "kprobes, thousands at once", "attach fewer (Linux 5.18 has it)"
    if reason := kernel.refuses(ProbeKind.KPROBE):
        return _offered("kprobe_multi", title, reason, ProbeKind.KPROBE.facts.feature_hint)
    return _offered("kprobe_multi", title, "" if has_symbol(_MULTI) else f"this kernel has no {_MULTI}", hint)


def _symbols(kernel: RunningKernel) -> Finding:
    hidden = kernel.address(_ANY_FUNCTION) is None
    reason = "the kernel hides their addresses from who has not CAP_SYSLOG (kernel.kptr_restrict)" if hidden else ""
    hint = "run it as root, or with CAP_SYSLOG too; stacks show addresses until then"
    return _offered("symbols", "names of the kernel's functions", reason, hint)


def _statistics() -> Finding:
    with RunTimeStats() as statistics:
        reason = "" if statistics.on else "the kernel has no such switch (Linux 5.8 has it), or it needs CAP_SYS_ADMIN"
        return _offered("statistics", "statistics of what programs cost", reason, "costs are not shown")


def _offered(id_: str, title: str, reason: str, hint: str) -> Finding:
    """Return the finding of something that tracetop's own panes can do without."""
    if not reason:
        return Finding(id=id_, title=title, verdict=Verdict.GOOD, detail="offered")
    return Finding(id=id_, title=title, verdict=Verdict.NONE, detail="not offered", why=reason, hint=hint)
