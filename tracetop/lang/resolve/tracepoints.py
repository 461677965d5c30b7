"""Tracepoints of the kernel: with the record that their format lays out, or raw, with the arguments alone."""

from tracetop.lang.resolve.probe_syntax import is_wildcard
from tracetop.lang.resolve.request import Asked, Expand, MissingProbeError
from tracetop.lang.tree.hook import Hook
from tracetop.model.kinds import ProbeKind


def tracepoint(asked: Asked) -> list[Hook]:
    """``tracepoint:CATEGORY:EVENT``; both may be wildcards, and ``tracepoint:*x*`` is any category's event."""
    parts = ("*", *asked.parts) if len(asked.parts) == 1 and is_wildcard(asked.parts[0]) else asked.parts
    if len(parts) != 2 or not all(parts):
        event = asked.parts[0] if len(asked.parts) == 1 else ""
        known = (name for name in asked.kernel.tracepoint_names() if name.partition(":")[2] == event)
        form = next(known, f"{event}:EVENT" if _is_category(asked, event) else "CATEGORY:EVENT")
        raise asked.malformed(
            f"tracepoint:{form}, see tracetop list" if form.endswith("EVENT") else f"tracepoint:{form}"
        )
    pattern = ":".join(parts)
    names = [pattern]
    if is_wildcard(pattern):
        names = asked.matching(pattern, asked.kernel.tracepoint_names(), "tracepoint")
    hooks = []
    for name in names:
        format_ = asked.kernel.tracepoint(*name.split(":", 1))
        if format_ is not None:
            hook = Hook(
                asked.kind,
                f"tracepoint:{format_.category}:{format_.event}",
                category=format_.category,
                event=format_.event,
                format=format_,
            )
            hooks.append(hook)
    if not hooks:
        entry = f"syscalls:sys_enter_{parts[1]}"
        known_names = [name for name in asked.kernel.tracepoint_names() if name == entry]
        raise asked.missing("tracepoint", pattern, known_names or asked.kernel.tracepoint_names())
    return hooks


def _is_category(asked: Asked, word: str) -> bool:
    return any(name.startswith(f"{word}:") for name in asked.kernel.tracepoint_names())


def raw_tracepoint(asked: Asked) -> list[Hook]:
    """``rawtracepoint:EVENT``, or with a category or module before it: the kernel knows them by the event alone."""
    if not asked.parts or len(asked.parts) > 2 or not asked.parts[-1]:
        raise asked.malformed("rawtracepoint:EVENT")
    event = asked.parts[-1]
    known = {name.split(":", 1)[1] for name in asked.kernel.tracepoint_names()}
    events = asked.matching(event, known, "raw tracepoint") if is_wildcard(event) else [event]
    hooks = []
    for name in events:
        arity = asked.kernel.raw_tracepoint_arity(name)
        if arity is not None:
            function = asked.kernel.raw_tracepoint(name)
            full = f"rawtracepoint:{function.module}:{name}" if function else f"rawtracepoint:{name}"
            hooks.append(Hook(ProbeKind.RAW_TRACEPOINT, full, event=name, arity=arity, function=function))
    if not hooks:
        raise _no_raw_tracepoint(asked, event, known)
    return hooks


def _no_raw_tracepoint(asked: Asked, event: str, known: set[str]) -> MissingProbeError:
    verb = next((verb for verb in ("sys_enter", "sys_exit") if event.startswith(f"{verb}_")), "")
    if not verb:
        return asked.missing("raw tracepoint", event, known)
    return asked.missing(
        "raw tracepoint",
        event,
        (),
        why="single system calls have no raw tracepoint of their own",
        hint=f"use tracepoint:syscalls:{event}, or rawtracepoint:{verb} and compare the call's number",
    )


EXPANSIONS: dict[ProbeKind, Expand] = {ProbeKind.TRACEPOINT: tracepoint, ProbeKind.RAW_TRACEPOINT: raw_tracepoint}
