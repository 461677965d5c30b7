"""From the probes that a script writes to the hooks of this kernel: which kind each is, and what if one is not there.

Owns: the pass over a script's clauses. A kind's own hooks are found by the function that its module's `EXPANSIONS` has.
"""

import re
from dataclasses import dataclass

from tracetop.errors import ScriptError, did_you_mean
from tracetop.lang.advice.foreign_words import instead_of
from tracetop.lang.resolve import kernel_functions, timers_and_counters, tracepoints, usdt, user_functions
from tracetop.lang.resolve.probe_syntax import is_wildcard, take_apart
from tracetop.lang.resolve.request import MAX_PROBES, Asked, Expand, MissingProbeError, RefusedProbeError, flood
from tracetop.lang.source import Source
from tracetop.lang.tree import syntax
from tracetop.lang.tree.hook import Hook
from tracetop.lang.tree.walk import nodes
from tracetop.model.kernel import Kernel
from tracetop.model.kinds import NOT_TAKEN, SHORT, ProbeKind, probe_kind

_EXPANSIONS: dict[ProbeKind, Expand] = {
    **tracepoints.EXPANSIONS,
    **kernel_functions.EXPANSIONS,
    **user_functions.EXPANSIONS,
    **usdt.EXPANSIONS,
    **timers_and_counters.EXPANSIONS,
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
    missing: str = ""
    """What a probe is that is not on this kernel: ``error``, ``warn`` (a note) or ``ignore``; where the script does not
    say, an error unless its clause has others."""
    pid: int = 0
    """The only process that user-space, sampling and counting probes are put on; 0 for all."""
    params: tuple[str, ...] | None = None
    """``$1`` and so on, where they are known."""
    mode: str = ""
    """``bench``: only what is measured is to run, else all but that."""
    child: int = 0
    """The only process that user-space probes are put on where `pid` is 0; it has not executed its program yet."""
    probe_filter: str = ""
    """A regular expression that the names of probes match, but for BEGIN and END; empty for all."""


def expand(source: Source, script: syntax.Script, kernel: Kernel, wanted: Wanted) -> Expansion:
    """Return every clause once for every hook its probes name.

    A clause is left out where all its probes are of kinds that this kernel refuses, or are optional and not there, or
    optional and the clause needs what the kernel has not; with a note. Else
    ScriptError for one that has no hook here, and where what is left sees nothing of the machine.
    """
    hooked: list[HookedClause] = []
    failures: list[tuple[syntax.Probe, MissingProbeError]] = []
    left_out: list[str] = []
    for clause in script.clauses:
        lacking = _lacking(clause, kernel) if all(probe.text in wanted.optional for probe in clause.probes) else ""
        if lacking:
            left_out += [f"left out {probe.text}: {lacking}" for probe in clause.probes]
            continue
        found: dict[Hook, str] = {}
        failed: list[tuple[syntax.Probe, MissingProbeError]] = []
        probes = [
            probe for probe in clause.probes if _is_measured(probe) == (wanted.mode == "bench") and not _is_test(probe)
        ]
        if not probes:
            continue
        for probe in probes:
            try:
                for hook in _resolve(source, probe, kernel, wanted):
                    if _is_wanted(hook, wanted):
                        found.setdefault(hook, probe.text)
            except MissingProbeError as error:
                failed.append((probe, error))
        if wanted.missing == "error" and failed:
            raise failed[0][1]
        if not found:
            _refuse_typos(failed, wanted)
        failures += failed
        hooked += [HookedClause(clause, hook, text) for hook, text in found.items()]
    if not hooked and not failures:
        if wanted.probe_filter:
            raise source.error(0, "no probe matches the filter", hint="write another --probe-filter")
        what = "there is no bench probe" if wanted.mode else "there are only test or bench probes"
        raise source.error(0, f"{what} in the script", hint="tracetop run --bench runs those, and no others")
    _refuse_rest(source, script, hooked, failures, wanted)
    notes = () if wanted.missing == "ignore" else tuple(dict.fromkeys(_note(*failure) for failure in failures))
    return Expansion(tuple(hooked), (*notes, *left_out))


def _lacking(clause: syntax.Clause, kernel: Kernel) -> str:
    """Return what a clause needs that the kernel has not, empty where it has all.

    Loops came with Linux commit e6f2dd0f8067 ("bpf: Add bpf_loop helper"), in v5.17.
    """
    loops = any(isinstance(node, syntax.While | syntax.For) for node in nodes(clause.body))
    return "loops need Linux 5.17" if loops and kernel.constant("BPF_FUNC_loop") is None else ""


def _is_measured(probe: syntax.Probe) -> bool:
    return probe.text.partition(":")[0] == ProbeKind.BENCH


def _is_test(probe: syntax.Probe) -> bool:
    """Say whether it is for bpftrace's own test mode: outside of it such clauses are left out."""
    return probe.text.partition(":")[0] == "test"


def _is_wanted(hook: Hook, wanted: Wanted) -> bool:
    always = hook.kind in (ProbeKind.BEGIN, ProbeKind.END)
    return always or bool(re.search(wanted.probe_filter, hook.name))


def _refuse_typos(failed: list[tuple[syntax.Probe, MissingProbeError]], wanted: Wanted) -> None:
    """Raise the first failure of a clause without a hook that the kernel did not refuse, unless it is allowed."""
    allowed = bool(wanted.missing) or all(probe.text in wanted.optional for probe, _ in failed)
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
    accepted = wanted.missing and hooked  # the script does with what is left, if that is only its beginning
    if failures and not accepted and all(entry.hook.kind.facts.is_idle for entry in hooked):
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
    word, parts = take_apart(source, probe, wanted.params)
    name = SHORT.get(word, word)
    if name in NOT_TAKEN:
        raise source.error(probe.at, f"{name} probes are not supported", hint=NOT_TAKEN[name])
    kind = probe_kind(name)
    if kind is None:
        raise _unknown_kind(source, probe, word, kernel)
    asked = Asked(source, probe, kernel, kind, parts, wanted.pid, wanted.child, wanted.params is None)
    why = kernel.refuses(kind) if kind.facts.serves else ""
    if why:
        raise asked.refused(why, kind.facts.serves)
    return _EXPANSIONS[kind](asked)


def _unknown_kind(source: Source, probe: syntax.Probe, kind: str, kernel: Kernel) -> ScriptError:
    known = [each.value for each in ProbeKind]
    usual = f"begin it with a kind: {', '.join(known)}"
    hint = _whole(probe.text, kernel) or instead_of(kind, "probe") or did_you_mean(kind, [*known, *NOT_TAKEN], usual)
    return source.error(probe.at, f"unknown kind of probe {kind}", hint=hint)


def _whole(text: str, kernel: Kernel) -> str:
    """Return the hint for a probe that is written without its kind, empty where the kernel has none of that name."""
    if text.upper() in ("BEGIN", "END"):
        return f"write {text.upper()}"
    event = next((name for name in kernel.tracepoint_names() if text in (name, name.partition(":")[2])), "")
    if event:
        return f"write tracepoint:{event}"
    return f"write kprobe:{text}" if text.isidentifier() and kernel.function(text) else ""
