"""Probes: from what a script writes to the hooks of this kernel.

Owns: the grammar of a probe's text, wildcards, and what is said about a probe that is not there. A new kind of probe
is one more function in `_KINDS`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from tracetop.errors import ScriptError
from tracetop.lang import syntax
from tracetop.lang.numbers import number
from tracetop.lang.source import Source
from tracetop.lang.suggest import did_you_mean
from tracetop.model.kernel import Kernel, TracepointFormat
from tracetop.model.program import ProbeKind

MAX_PROBES = 512
"""More probes than this in one script are refused: attaching them would stall the machine."""
_NS = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000}
_SOFTWARE = {
    "alignment-faults": 1,
    "bpf-output": 1,
    "context-switches": 1000,
    "cpu-clock": 1_000_000,
    "cpu-migrations": 1,
    "dummy": 1,
    "emulation-faults": 1,
    "major-faults": 1,
    "minor-faults": 100,
    "page-faults": 100,
    "task-clock": 1_000_000,
}
"""Software events and the period that a probe without one has, as bpftrace has them."""
_ALIASES = {"cpu": "cpu-clock", "cs": "context-switches", "faults": "page-faults"}
_SHORT = {"t": "tracepoint", "rt": "rawtracepoint", "s": "software", "p": "profile", "i": "interval"}
_MEND_KIND = "use tracepoint, rawtracepoint, software, profile, interval, BEGIN or END"
_LATER_WORDS = """
U asyncwatchpoint aw bench f fentry fexit fr h hardware it iter k kfunc kprobe kr kretfunc kretprobe self test
u uprobe ur uretprobe usdt w watchpoint
"""
_LATER = frozenset(_LATER_WORDS.split())


@dataclass(frozen=True)
class Hook:
    """One place of the kernel that a BPF program goes on."""

    kind: ProbeKind
    category: str = ""
    event: str = ""
    period: int = 0
    """As `ProbeSpec.period`."""
    format: TracepointFormat | None = None
    """Of a tracepoint."""
    arity: int = 0
    """Of a raw tracepoint: how many arguments it passes."""

    @property
    def name(self) -> str:
        """The hook as the language writes it."""
        if self.kind is ProbeKind.TRACEPOINT:
            return f"tracepoint:{self.category}:{self.event}"
        if self.kind is ProbeKind.RAW_TRACEPOINT:
            return f"rawtracepoint:{self.event}"
        return ":".join(part for part in (self.kind.value, self.event, str(self.period or "")) if part)


@dataclass(frozen=True)
class HookedClause:
    """A clause on one of its hooks, with the probe as the script wrote it."""

    clause: syntax.Clause
    hook: Hook
    probe: str


@dataclass(frozen=True)
class Expansion:
    """All clauses on all their hooks, in the script's order, and what had to be left out."""

    clauses: tuple[HookedClause, ...]
    notes: tuple[str, ...]


def expand(source: Source, script: syntax.Script, kernel: Kernel, optional: frozenset[str]) -> Expansion:
    """Return every clause once for every hook its probes name.

    ScriptError for a clause that has no hook on this kernel, unless the header calls all its probes optional.
    """
    hooked: list[HookedClause] = []
    notes: list[str] = []
    for clause in script.clauses:
        found: dict[Hook, str] = {}
        failures: list[tuple[syntax.Probe, ScriptError]] = []
        for probe in clause.probes:
            try:
                for hook in _resolve(source, probe, kernel):
                    found.setdefault(hook, probe.text)
            except MissingProbeError as error:
                failures.append((probe, error))
        if not found and not all(probe.text in optional for probe, _ in failures):
            raise failures[0][1]
        notes += [f"left out {probe.text}: {error.diagnostic.why}" for probe, error in failures]
        hooked += [HookedClause(clause, hook, text) for hook, text in found.items()]
    if not hooked:
        raise source.error(0, "none of the script's probes is on this kernel", mend="see the notes", why=notes[0])
    _refuse_flood(source, hooked)
    return Expansion(tuple(hooked), tuple(dict.fromkeys(notes)))


class MissingProbeError(ScriptError):
    """A probe that is well written and that this kernel does not have."""


def _refuse_flood(source: Source, hooked: list[HookedClause]) -> None:
    hooks = {entry.hook for entry in hooked}
    if len(hooks) > MAX_PROBES:
        raise source.error(
            hooked[-1].clause.probes[0].at,
            f"the script's probes are {len(hooks)} hooks, at most {MAX_PROBES} are allowed",
            why="attaching so many stalls the machine",
            mend="write a narrower wildcard",
        )


def _resolve(source: Source, probe: syntax.Probe, kernel: Kernel) -> list[Hook]:
    kind, *parts = probe.text.split(":")
    kind = _SHORT.get(kind, kind)
    resolver = _KINDS.get(kind)
    if resolver is not None:
        return resolver(_Asked(source, probe, kernel), tuple(parts))
    if kind in _LATER:
        raise source.error(probe.at, f"{kind} probes are not supported yet", mend=_MEND_KIND)
    raise source.error(
        probe.at,
        f"unknown kind of probe {kind}",
        mend=did_you_mean(kind, _KINDS, _MEND_KIND),
    )


@dataclass(frozen=True)
class _Asked:
    """A probe being resolved."""

    source: Source
    probe: syntax.Probe
    kernel: Kernel

    def malformed(self, form: str) -> ScriptError:
        """Return the error for a probe that is not written as `form`."""
        return self.source.error(self.probe.at, f"{self.probe.text} is not a whole probe", mend=f"write it as {form}")

    def missing(self, what: str, name: str, known: list[str]) -> ScriptError:
        """Return the error for an event that this kernel does not have."""
        error = self.source.error(
            self.probe.at,
            f"unknown {what} {name}",
            why="this kernel has no event of that name",
            mend=did_you_mean(name, known, "see the folders of /sys/kernel/tracing/events for those it has"),
        )
        missing = MissingProbeError("", mend="")
        missing.diagnostic = error.diagnostic
        return missing


def _tracepoint(asked: _Asked, parts: tuple[str, ...]) -> list[Hook]:
    if len(parts) != 2 or not all(parts):
        raise asked.malformed("tracepoint:CATEGORY:EVENT")
    category, event = parts
    if "*" in category + event or "?" in category + event:
        pattern = f"{category}:{event}"
        names = sorted(name for name in asked.kernel.tracepoint_names() if fnmatchcase(name, pattern))
    else:
        names = [f"{category}:{event}"]
    hooks = []
    for name in names:
        format_ = asked.kernel.tracepoint(*name.split(":", 1))
        if format_ is not None:
            hooks.append(Hook(ProbeKind.TRACEPOINT, category=format_.category, event=format_.event, format=format_))
    if not hooks:
        raise asked.missing("tracepoint", f"{category}:{event}", list(asked.kernel.tracepoint_names()))
    return hooks


def _rawtracepoint(asked: _Asked, parts: tuple[str, ...]) -> list[Hook]:
    # Newer bpftrace also takes rawtracepoint:CATEGORY:EVENT; the kernel knows raw tracepoints by the event alone.
    if not parts or len(parts) > 2 or not parts[-1]:
        raise asked.malformed("rawtracepoint:EVENT")
    event = parts[-1]
    arity = asked.kernel.raw_tracepoint_arity(event)
    if arity is None:
        known = [name.split(":", 1)[1] for name in asked.kernel.tracepoint_names()]
        raise asked.missing("raw tracepoint", event, known)
    return [Hook(ProbeKind.RAW_TRACEPOINT, event=event, arity=arity)]


def _software(asked: _Asked, parts: tuple[str, ...]) -> list[Hook]:
    if not parts or len(parts) > 2 or (len(parts) == 2 and not _positive(parts[1])):
        raise asked.malformed("software:EVENT:COUNT")
    event = _ALIASES.get(parts[0], parts[0])
    if event not in _SOFTWARE:
        raise asked.missing("software event", event, list(_SOFTWARE))
    return [Hook(ProbeKind.SOFTWARE, event=event, period=int(parts[1]) if len(parts) == 2 else _SOFTWARE[event])]


def _profile(asked: _Asked, parts: tuple[str, ...]) -> list[Hook]:
    period_ns = _period_ns(parts)
    if period_ns is None:
        raise asked.malformed("profile:hz:RATE, profile:ms:N or profile:us:N")
    rate = round(1_000_000_000 / period_ns)
    if rate < 1:
        raise asked.source.error(asked.probe.at, "a profile slower than once a second", mend="use interval:s:N")
    return [Hook(ProbeKind.PROFILE, period=rate)]


def _interval(asked: _Asked, parts: tuple[str, ...]) -> list[Hook]:
    period_ns = _period_ns(parts)
    if period_ns is None:
        raise asked.malformed("interval:s:N, interval:ms:N, interval:us:N or interval:hz:RATE")
    return [Hook(ProbeKind.INTERVAL, period=period_ns)]


def _once(kind: ProbeKind) -> Callable[[_Asked, tuple[str, ...]], list[Hook]]:
    def resolve(asked: _Asked, parts: tuple[str, ...]) -> list[Hook]:
        if parts:
            raise asked.malformed(kind.value)
        return [Hook(kind)]

    return resolve


def _period_ns(parts: tuple[str, ...]) -> int | None:
    """Return the time between two hits of ``UNIT:N``, or None where that is not what stands there."""
    if len(parts) != 2 or not _positive(parts[1]):
        return None
    unit, count = parts[0], int(parts[1])
    if unit == "hz":
        return max(1, 1_000_000_000 // count)
    return _NS[unit] * count if unit in _NS else None


def _positive(text: str) -> bool:
    return bool(number(text, (1 << 32) - 1))


_KINDS: dict[str, Callable[[_Asked, tuple[str, ...]], list[Hook]]] = {
    "tracepoint": _tracepoint,
    "rawtracepoint": _rawtracepoint,
    "software": _software,
    "profile": _profile,
    "interval": _interval,
    "BEGIN": _once(ProbeKind.BEGIN),
    "begin": _once(ProbeKind.BEGIN),
    "END": _once(ProbeKind.END),
    "end": _once(ProbeKind.END),
}
