"""From the probes that a script writes to the hooks of this kernel: which kind each is, and what if one is not there.

A new kind of probe is one more line of `_KINDS`, and a function that returns its hooks.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tracetop.errors import ScriptError
from tracetop.lang.advice import foreign_words
from tracetop.lang.resolve import kernel_functions, timers_and_counters, tracepoints, usdt, user_functions
from tracetop.lang.resolve.probe_syntax import is_wildcard, take_apart
from tracetop.lang.resolve.request import MAX_PROBES, Asked, MissingProbeError, RefusedProbeError, flood
from tracetop.lang.source import Source
from tracetop.lang.tree import syntax
from tracetop.lang.tree.hook import Hook
from tracetop.lang.vocabulary.suggest import did_you_mean
from tracetop.model.kernel import Kernel
from tracetop.model.kinds import ProbeKind


def once(asked: Asked) -> list[Hook]:
    """``BEGIN`` and ``END``, in either case."""
    if asked.parts not in ((), ("*",)):
        raise asked.malformed(asked.kind.value)
    return [Hook(asked.kind, asked.probe.text.partition(":")[0])]


_KINDS: dict[ProbeKind, Callable[[Asked], list[Hook]]] = {
    ProbeKind.TRACEPOINT: tracepoints.tracepoint,
    ProbeKind.RAW_TRACEPOINT: tracepoints.raw_tracepoint,
    ProbeKind.KPROBE: kernel_functions.kernel_function,
    ProbeKind.KRETPROBE: kernel_functions.kernel_function,
    ProbeKind.FENTRY: kernel_functions.kernel_function,
    ProbeKind.FEXIT: kernel_functions.kernel_function,
    ProbeKind.UPROBE: user_functions.user_function,
    ProbeKind.URETPROBE: user_functions.user_function,
    ProbeKind.USDT: usdt.usdt,
    ProbeKind.SOFTWARE: timers_and_counters.counted,
    ProbeKind.HARDWARE: timers_and_counters.counted,
    ProbeKind.PROFILE: timers_and_counters.profile,
    ProbeKind.INTERVAL: timers_and_counters.interval,
    ProbeKind.BEGIN: once,
    ProbeKind.END: once,
}
SHORT = {
    "t": "tracepoint",
    "rt": "rawtracepoint",
    "raw_tracepoint": "rawtracepoint",
    "k": "kprobe",
    "kr": "kretprobe",
    "f": "fentry",
    "kfunc": "fentry",
    "fr": "fexit",
    "kretfunc": "fexit",
    "u": "uprobe",
    "ur": "uretprobe",
    "U": "usdt",
    "s": "software",
    "h": "hardware",
    "p": "profile",
    "i": "interval",
    "w": "watchpoint",
    "aw": "asyncwatchpoint",
    "it": "iter",
    "begin": "BEGIN",
    "end": "END",
}
INSTEAD = {
    "watchpoint": "trace who writes there with a uprobe or fentry on the function that does",
    "asyncwatchpoint": "trace who writes there with a uprobe or fentry on the function that does",
    "iter": "count with tracepoint:sched probes, or list with ps, lsof and /proc what is there already",
    "self": "use interval:s:1 and a condition, or BEGIN and END",
    "test": "use BEGIN, and exit(1) where a condition does not hold",
    "bench": "use BEGIN with a loop, and print the difference of nsecs",
}
"""Kinds of bpftrace's that are not taken, each with what serves."""
_UNHOOKED = {ProbeKind.BEGIN, ProbeKind.END, ProbeKind.INTERVAL}
"""Kinds that see nothing of the machine: a script that is left with them alone has nothing to tell."""
_SERVES = {
    ProbeKind.HARDWARE: "use profile:hz:99, or software:cpu-clock",
    ProbeKind.USDT: "use a tracepoint of the system calls that the program makes",
    ProbeKind.UPROBE: "use a tracepoint of the system calls that the program makes",
    ProbeKind.URETPROBE: "use a tracepoint of the system calls that the program makes",
    ProbeKind.RAW_TRACEPOINT: "use tracepoint instead of rawtracepoint",
}


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


@dataclass(frozen=True)
class Wanted:
    """What script and asker say of its probes beside their text."""

    optional: frozenset[str] = frozenset()
    """Probes that the script can do without, as it writes them."""
    missing: str = "error"
    """What a clause is that has no probe on this kernel: ``error``, ``warn`` (a note) or ``ignore``."""
    pid: int = 0
    """The only process that user-space, sampling and counting probes are put on; 0 for all."""
    params: tuple[str, ...] | None = None
    """``$1`` and so on, where they are known."""
    child: int = 0
    """The only process that user-space probes are put on where `pid` is 0; it has not executed its program yet."""


def expand(source: Source, script: syntax.Script, kernel: Kernel, wanted: Wanted) -> Expansion:
    """Return every clause once for every hook its probes name.

    A clause is left out where all its probes are of kinds that this kernel refuses, or are optional; with a note. Else
    ScriptError for one that has no hook here, and where what is left sees nothing of the machine.
    """
    hooked: list[HookedClause] = []
    failures: list[tuple[syntax.Probe, MissingProbeError]] = []
    for clause in script.clauses:
        found: dict[Hook, str] = {}
        failed: list[tuple[syntax.Probe, MissingProbeError]] = []
        for probe in clause.probes:
            try:
                for hook in _resolve(source, probe, kernel, wanted):
                    found.setdefault(hook, probe.text)
            except MissingProbeError as error:
                failed.append((probe, error))
        if not found:
            _refuse_typos(failed, wanted)
        failures += failed
        hooked += [HookedClause(clause, hook, text) for hook, text in found.items()]
    _refuse_rest(source, script, hooked, failures, wanted)
    notes = () if wanted.missing == "ignore" else tuple(dict.fromkeys(_note(*failure) for failure in failures))
    return Expansion(tuple(hooked), notes)


def _refuse_typos(failed: list[tuple[syntax.Probe, MissingProbeError]], wanted: Wanted) -> None:
    """Raise the first failure of a clause without a hook that is no refusal of the kernel's, unless it is allowed."""
    allowed = wanted.missing != "error" or all(probe.text in wanted.optional for probe, _ in failed)
    typo = next((error for _, error in failed if not isinstance(error, RefusedProbeError)), None)
    if typo and not allowed:
        raise typo


def _refuse_rest(
    source: Source,
    script: syntax.Script,
    hooked: list[HookedClause],
    failures: list[tuple[syntax.Probe, MissingProbeError]],
    wanted: Wanted,
) -> None:
    """Refuse a script of which nothing is left to run, or far too much."""
    if not hooked and failures and all(probe.text in wanted.optional for probe, _ in failures):
        why = _note(*failures[0])
        raise source.error(0, "none of the script's probes is on this kernel", hint="see the notes", why=why)
    if failures and all(entry.hook.kind in _UNHOOKED for entry in hooked):
        for probe, error in failures:
            if probe.text not in wanted.optional:
                raise error
    hooks = {entry.hook for entry in hooked}
    if len(hooks) > MAX_PROBES:
        probes = [probe for clause in script.clauses for probe in clause.probes]
        raise flood(source, next((probe for probe in probes if is_wildcard(probe.text)), probes[-1]), len(hooks))


def _note(probe: syntax.Probe, error: MissingProbeError) -> str:
    said = error.diagnostic
    return f"left out {probe.text}: {said.why}" + (f"; {said.hint}" if isinstance(error, RefusedProbeError) else "")


def _resolve(source: Source, probe: syntax.Probe, kernel: Kernel, wanted: Wanted) -> list[Hook]:
    written = take_apart(source, probe, wanted.params)
    name = SHORT.get(written.kind, written.kind)
    if name in INSTEAD:
        raise source.error(probe.at, f"{name} probes are not supported", hint=INSTEAD[name])
    kind = next((each for each in ProbeKind if each.value == name), None)
    if kind is None:
        raise _unknown_kind(source, probe, written.kind, kernel)
    asked = Asked(source, probe, kernel, kind, written.parts, wanted.pid, wanted.child)
    if kind in _SERVES:
        why = kernel.refuses(kind)
        if why:
            raise asked.refused(why, _SERVES[kind])
    return _KINDS[kind](asked)


def _unknown_kind(source: Source, probe: syntax.Probe, kind: str, kernel: Kernel) -> ScriptError:
    known = [each.value for each in ProbeKind]
    usual = f"begin it with a kind: {', '.join(known)}"
    hint = _whole(probe.text, kernel) or foreign_words.PROBES.get(kind) or did_you_mean(kind, [*known, *INSTEAD], usual)
    return source.error(probe.at, f"unknown kind of probe {kind}", hint=hint)


def _whole(text: str, kernel: Kernel) -> str:
    """Return the hint for a probe that is written without its kind, empty where it is none that the kernel has."""
    if text.upper() in ("BEGIN", "END"):
        return f"write {text.upper()}"
    event = next((name for name in kernel.tracepoint_names() if text in (name, name.partition(":")[2])), "")
    if event:
        return f"write tracepoint:{event}"
    return f"write kprobe:{text}" if text.isidentifier() and kernel.function(text) else ""
