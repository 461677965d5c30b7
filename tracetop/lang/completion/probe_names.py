"""Probes that could stand at the cursor: kinds, then what each kind has on this kernel.

Owns: the names after each colon, and which of many names a few letters mean. Keeps the kernel's lists, of 2,000
tracepoints and 60,000 functions. Pure.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import takewhile

from tracetop.model.kernel import Kernel
from tracetop.model.kinds import TIMER_UNITS, Family, ProbeKind, probe_kind
from tracetop.model.wire.messages import Completion

MOST = 50
"""Names that are offered at most."""
_LEAST_LETTERS = 3
"""From so many on they are looked for in the names of events and functions, without a kind before them."""
Words = list[Completion]


class ProbeWords:
    """The probes of one kernel, for completion."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel

    def complete(self, written: str) -> tuple[str, Words]:
        """Return the unfinished last part of a probe, and what could stand there.

        KernelError for a binary that cannot be read.
        """
        word, *parts = written.split(":")
        if not parts:
            kinds = [kind for kind in self._kinds() if kind.word.startswith(word)]
            return word, [*kinds, *self._anywhere(word)]
        kind = probe_kind(word)
        return parts[-1], self._after(kind, parts) if kind else []

    def _after(self, kind: ProbeKind, parts: list[str]) -> Words:
        match kind.facts.family:
            case Family.TRACEPOINT:
                if kind is ProbeKind.TRACEPOINT:
                    return self._tracepoint(parts)
                return _words(best(parts[-1], self._raw_tracepoints), "raw tracepoint")
            case Family.FUNCTION:
                return _words(best(parts[-1], self._functions), "kernel function")
            case Family.USER:
                return self._usdt(parts) if kind is ProbeKind.USDT else self._symbol(parts)
            case Family.COUNTER:
                return _words(best(parts[0], sorted(kind.facts.events)), "event") if len(parts) == 1 else []
            case Family.TIMER:
                return _times(parts)
            case Family.ITERATOR | Family.ONCE:
                return []

    def _tracepoint(self, parts: list[str]) -> Words:
        if len(parts) == 1:
            begun = any(name.startswith(parts[0]) for name in self._categories)
            return _words(best(parts[0], self._categories if begun else self._tracepoints), "tracepoints")
        events = [name.split(":", 1)[1] for name in self._tracepoints if name.startswith(f"{parts[0]}:")]
        return _words(best(parts[-1], events), "tracepoint")

    def _symbol(self, parts: list[str]) -> Words:
        path = self._kernel.binary(parts[0].strip('"')) if len(parts) > 1 else None
        return _words(best(parts[-1], sorted(self._kernel.user_symbols(path))), "function") if path else []

    def _usdt(self, parts: list[str]) -> Words:
        path = self._kernel.binary(parts[0].strip('"')) if len(parts) > 1 else None
        probes = self._kernel.usdt_probes(path) if path else ()
        if len(parts) == 2:
            names = {f"{probe.provider}:{probe.name}" for probe in probes}
        else:
            names = {probe.name for probe in probes if probe.provider == parts[1]}
        return _words(best(parts[-1], sorted(names)), "static probe")

    def _kinds(self) -> Iterator[Completion]:
        """Yield every kind of probe; those that this kernel does not take come last."""
        refused = []
        for kind in ProbeKind:
            why = self._kernel.refuses(kind)
            word = (kind.facts.written or kind.value) if kind.facts.family is Family.ONCE else f"{kind.value}:"
            if why:
                refused.append(Completion(word, f"not here: {why}"))
            else:
                yield Completion(word, kind.facts.about)
        yield from refused

    def _anywhere(self, fragment: str) -> Words:
        """Return whole probes whose event or function has these letters in its name."""
        if len(fragment) < _LEAST_LETTERS:
            return []
        words = _words([f"tracepoint:{name}" for name in best(fragment, self._tracepoints)], "tracepoint")
        for kind in (ProbeKind.FENTRY, ProbeKind.KPROBE):
            if not self._kernel.refuses(kind):
                found = [f"{kind.value}:{name}" for name in best(fragment, self._functions)]
                return words + _words(found, "kernel function")
        return words

    @cached_property
    def _tracepoints(self) -> list[str]:
        return sorted(self._kernel.tracepoint_names())

    @cached_property
    def _categories(self) -> list[str]:
        return sorted({f"{name.split(':', 1)[0]}:" for name in self._tracepoints})

    @cached_property
    def _functions(self) -> list[str]:
        return sorted(self._kernel.function_names())

    @cached_property
    def _raw_tracepoints(self) -> list[str]:
        return sorted(name.split(":", 1)[1] for name in self._tracepoints)


def best(fragment: str, names: Sequence[str]) -> list[str]:
    """Return at most MOST of the sorted names: first those that begin so, then those a part of which does.

    Last come names that have the letters anywhere. Case does not matter but for those that begin so.
    """
    first = bisect_left(names, fragment)
    found = list(takewhile(lambda name: name.startswith(fragment), names[first : first + MOST]))
    if len(found) < MOST and fragment:
        small = fragment.lower()
        others = [name for name in names if small in name.lower() and not name.startswith(fragment)]
        others.sort(key=lambda name: (_rank(small, name.lower()), len(name), name))
        found += others[: MOST - len(found)]
    return found


def _rank(fragment: str, name: str) -> int:
    if name.startswith(fragment):
        return 0
    return 1 if any(part.startswith(fragment) for part in name.replace(":", "_").split("_")) else 2


def _words(names: Iterable[str], about: str) -> Words:
    return [Completion(name, about) for name in names]


def _times(parts: list[str]) -> Words:
    if len(parts) == 1:
        return [Completion(f"{unit}:", about) for unit, (about, _) in TIMER_UNITS.items() if unit.startswith(parts[0])]
    about, usual = TIMER_UNITS.get(parts[0], ("", ()))
    return _words([count for count in usual if count.startswith(parts[1])], about)
