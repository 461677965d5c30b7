"""Which probes there are: what `tracetop list` prints, and the types that scripts may name.

Owns: the pattern's grammar and the names of each kind's probes. Refuses to own: what a script may do with one
(`lang.resolve`). Runs in the process that answers one question, as root; loads neither BCC nor the grammar.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase, translate
from itertools import islice, repeat

from tracetop.bpf import RunningKernel, ensure_tracefs
from tracetop.errors import KernelError, TracetopError, UsageError, did_you_mean
from tracetop.lang import is_wildcard
from tracetop.model.abi.perf_events import ALIASES
from tracetop.model.kinds import SHORT, TIMER_UNITS, Family, ProbeKind, probe_kind
from tracetop.model.wire.inquiries import Entry, Listing, ListProbes, Remark
from tracetop.tracer.inspect.argument_lines import argument_lines, parameter_lines
from tracetop.tracer.inspect.c_declarations import enum_lines, struct_lines

_COMMA = re.compile(r',(?=(?:[^"]*"[^"]*")*[^"]*$)')
_RECORD = "bpf_iter__"
"""What the kernel's names begin with of what an iterator is handed."""
_BATCH = 2000
"""Entries of one message."""
_TAGS = ("struct", "union", "enum")
_ANYWHERE = tuple(kind for kind in sorted(ProbeKind) if kind.facts.family is not Family.USER and not kind.facts.returns)
"""The kinds that a pattern without one is looked for in."""


@dataclass(frozen=True)
class Asked:
    """One pattern, and how it is asked."""

    pattern: str
    verbose: bool
    pid: int


@dataclass(frozen=True)
class Wanted:
    """A pattern, understood."""

    kinds: tuple[ProbeKind, ...]
    """In the order in which they are listed."""
    globs: tuple[str, ...]
    """A probe is listed where one of these matches its name."""
    path: str = ""
    """Of user-space probes: the binary, or a wildcard for several."""

    def matching(self, names: Iterable[str]) -> Iterator[str]:
        """Yield the names that match, in their order."""
        matches = re.compile("|".join(map(translate, self.globs))).match
        return (name for name in names if matches(name))


def list_probes(question: ListProbes, kernel: RunningKernel) -> Iterator[Listing | Remark]:
    """Yield what matches. UsageError or KernelError where nothing does."""
    seen: set[str] = set()
    failures: list[TracetopError] = []
    for pattern in dict.fromkeys(part for text in question.patterns for part in _separate(text)):
        asked = Asked(pattern, question.verbose, question.pid)
        source = _types if _tag(pattern) in _TAGS else _probes
        before = len(seen)
        try:
            yield from in_batches(source(asked, kernel), seen)
        except TracetopError as error:
            failures.append(error)
            continue
        if len(seen) == before:
            failures.append(_nothing(asked, kernel))
    if failures and not seen:
        raise failures[0]
    for failure in failures:
        yield Remark(f"{failure.diagnostic.what}: {failure.diagnostic.why}")


def in_batches(entries: Iterator[Entry | Remark], seen: set[str]) -> Iterator[Listing | Remark]:
    """Yield entries in messages, each name that is not in `seen` once."""
    while batch := list(islice(entries, _BATCH)):
        yield from (each for each in batch if isinstance(each, Remark))
        listed = {each.name: each for each in batch if isinstance(each, Entry) and each.name not in seen}
        seen.update(listed)
        if listed:
            yield Listing(tuple(listed.values()))


def _separate(text: str) -> list[str]:
    """Return the patterns that stand between commas; those in quotes are a C++ function's parameters."""
    parts = _COMMA.split(text)
    return [part.strip() for part in parts if part.strip()]


def _tag(pattern: str) -> str:
    return pattern.partition(" ")[0]


def understand(pattern: str) -> Wanted:
    """Return what a pattern asks for.

    It is a probe with wildcards (``tracepoint:syscalls:*``), a kind alone, a path, or a part of any probe's name.
    """
    word, colon, rest = pattern.partition(":")
    kind = SHORT.get(word, word)
    # Where the others are there, so are those of returns: they are listed only when they are named.
    named = tuple(
        each for each in ProbeKind if fnmatchcase(each.value, kind) and (kind == each or not each.facts.returns)
    )
    if not colon and "/" in pattern:
        return Wanted((ProbeKind.UPROBE, ProbeKind.USDT), ("*",), pattern)
    if not colon and (is_wildcard(word) or not named):
        return Wanted(_ANYWHERE, (pattern if is_wildcard(pattern) else f"*{pattern}*",))
    if not named:  # the kind was left out: sched:sched_switch
        return Wanted(_ANYWHERE, (f"*:{pattern}",))
    parts = tuple(rest.split(":")) if rest else ()
    if any(kind == each for each in named if each.facts.family is Family.USER):
        path, *probe = parts or ("*",)
        return Wanted(named, (f"{kind}:*:{':'.join(probe) or '*'}",), path)
    kinds = tuple(each for each in named if each.facts.family is not Family.USER)
    return Wanted(kinds, tuple(glob for each in kinds for glob in _globs(each, parts)))


def _globs(kind: ProbeKind, parts: tuple[str, ...]) -> tuple[str, ...]:
    """Return what a probe of that kind may be called, where after the kind stand `parts`."""
    if kind.facts.family is Family.ONCE:
        return (f"{kind}:*",) if kind.facts.written else (kind.value,)
    if not parts:
        return (f"{kind}:*",)
    if kind is ProbeKind.TRACEPOINT:
        text = ":".join(parts)
        return (f"{kind}:{text}",) if len(parts) > 1 else (f"{kind}:{text}:*", f"{kind}:*:{text}")
    if kind.facts.family in (Family.COUNTER, Family.TIMER):  # a number follows
        return (f"{kind}:{parts[0]}:",)
    if kind is ProbeKind.RAW_TRACEPOINT:
        return (f"{kind}:*:{parts[-1]}",)
    return (f"{kind}:{parts[-1]}",)  # a module or category before it says nothing more


def _probes(asked: Asked, kernel: RunningKernel) -> Iterator[Entry | Remark]:
    wanted = understand(asked.pattern)
    reasons: dict[str, list[str]] = {}
    for kind in wanted.kinds:
        if reason := kernel.refuses(kind):
            reasons.setdefault(reason, []).append(kind.value)
            continue
        try:
            if kind.facts.family is Family.USER:
                yield from _user(kernel, kind, wanted, asked)
                continue
            for name in wanted.matching(_names(kernel, kind)):
                yield Entry(name, argument_lines(kind, name, kernel) if asked.verbose else ())
        except TracetopError as error:
            if len(wanted.kinds) == 1:
                raise
            yield Remark(f"{kind} probes are not listed: {error.diagnostic.what}: {error.diagnostic.why}")
    if sum(map(len, reasons.values())) == len(wanted.kinds):
        return  # nothing is left: the error says why
    for reason, kinds in reasons.items():
        yield Remark(f"{', '.join(kinds)} probes are not listed: {reason}")


def _names(kernel: RunningKernel, kind: ProbeKind) -> Iterable[str]:
    """Return the names of a kind's probes, of a kind that is not of user space."""
    names: Iterable[str]
    match kind.facts.family:
        case Family.TRACEPOINT if kind is ProbeKind.TRACEPOINT:
            ensure_tracefs()
            names = kernel.tracepoint_names()
        case Family.TRACEPOINT:
            names = sorted(kernel.raw_tracepoint_names())
        case Family.FUNCTION:
            names = sorted(set(kernel.function_names()))
        case Family.COUNTER:
            known = kind.facts.events
            also = (name for name, event in ALIASES.items() if event in known)
            names = [f"{name}:" for name in sorted([*known, *also])]
        case Family.ITERATOR:
            names = sorted(name.removeprefix(_RECORD) for name in kernel.type_names("struct") if _RECORD in name)
        case Family.TIMER:
            names = [f"{unit}:" for unit in sorted(TIMER_UNITS)]
        case _:
            return (kind.facts.written or kind.value,)
    return (f"{kind}:{name}" for name in names)


def _user(kernel: RunningKernel, kind: ProbeKind, wanted: Wanted, asked: Asked) -> Iterator[Entry]:
    """Yield the probes of one kind in the binaries that the pattern's path stands for."""
    for written, binary in _binaries(kernel, kind, wanted.path, asked.pid):
        try:
            if kind is ProbeKind.USDT:
                probes = {f"{kind}:{written}:{each.provider}:{each.name}": 0 for each in kernel.usdt_probes(binary)}
            else:
                symbols = kernel.user_symbols(binary)
                probes = {f"{kind}:{written}:{name}": symbol.offset for name, symbol in symbols.items()}
        except KernelError:
            if is_wildcard(wanted.path):  # not everything that a wildcard stands for is a program
                continue
            raise
        names = tuple(wanted.matching(sorted(probes)))
        lines: Iterable[tuple[str, ...]] = repeat(())
        if asked.verbose and kind is ProbeKind.UPROBE:
            lines = parameter_lines(binary, tuple(probes[name] for name in names), kernel)
        yield from map(Entry, names, lines)


def _binaries(kernel: RunningKernel, kind: ProbeKind, path: str, pid: int) -> list[tuple[str, str]]:
    """Return what a path, a name or a wildcard stands for, as written and absolute; UsageError where nothing is."""
    if path == "*" and not pid:
        raise UsageError(
            f"{kind} probes of which program?",
            why="every program and library has its own",
            hint=f"name one, e.g. {kind}:/bin/bash:* or {kind}:libc:*, or a process with -p PID",
        )
    names = kernel.binaries(path, pid) if is_wildcard(path) else (path,)
    found = ((name, kernel.binary(name, pid)) for name in names)
    known = [(name if "/" in name else binary, binary) for name, binary in found if binary]
    if not known:
        raise UsageError(
            f"no program or library {path}",
            why="it is not a file, not a program in PATH, and not a library that the dynamic linker knows",
            hint="write its path, e.g. /usr/bin/bash, or a library's name: libc",
        )
    return known


def _types(asked: Asked, kernel: RunningKernel) -> Iterator[Entry]:
    tag, _, pattern = asked.pattern.partition(" ")
    pattern = pattern.strip() or "*"
    names = sorted(set(filter(re.compile(translate(pattern)).match, kernel.type_names(tag))))
    for name in names if is_wildcard(pattern) else [pattern] * (pattern in names):
        yield Entry(f"{tag} {name}", _definition(tag, name, kernel) if asked.verbose else ())


def _definition(tag: str, name: str, kernel: RunningKernel) -> tuple[str, ...]:
    if tag == "enum":
        return enum_lines(name, kernel.enum_names(name))
    struct = kernel.struct(name)
    return struct_lines(struct, kernel.struct) if struct else ()


def _nothing(asked: Asked, kernel: RunningKernel) -> TracetopError:
    """Return the error of a pattern that nothing matches."""
    tag, _, name = asked.pattern.partition(" ")
    if tag in _TAGS:
        return UsageError(
            f"no {asked.pattern}",
            why="the kernel's type information has none of that name",
            hint=did_you_mean(name, kernel.type_names(tag), f"try `tracetop list '{tag} *{name[:4]}*'`"),
        )
    wanted = understand(asked.pattern)
    what = f"no probe matches {asked.pattern}"
    refusals = [kernel.refuses(kind) for kind in wanted.kinds]
    if refusals and all(refusals):
        return KernelError(what, why=refusals[0], hint="see `tracetop doctor` for the kinds that this kernel takes")
    if (written := [each.facts.written for each in wanted.kinds]) and all(written):
        return UsageError(what, why="they can be anywhere, so there are no names to list", hint=f"write {written[0]}")
    if wanted.path:
        return UsageError(
            what, why="the binary has none of that name", hint=f"see all with `tracetop list {wanted.path}`"
        )
    kind, colon, name = asked.pattern.partition(":")
    if colon and probe_kind(kind) is None:
        known = [each.value for each in ProbeKind]
        return UsageError(
            what, why=f"{kind} is not a kind of probe", hint=did_you_mean(kind, known, f"use {', '.join(known)}")
        )
    events = [each.partition(":")[2] for each in _names(kernel, ProbeKind.TRACEPOINT)]
    near = did_you_mean(name or kind, events, "write a part of its name, e.g. `tracetop list '*exec*'`")
    return UsageError(what, why="this kernel has none of that name", hint=near)
