"""Probes that go by a clock or a counter (profile, interval, software and hardware events), and those that run once."""

from tracetop.errors import ScriptError
from tracetop.lang.resolve.request import Asked, Expand
from tracetop.lang.tree.hook import Hook
from tracetop.lang.vocabulary.literals import amount, integer
from tracetop.model.abi.perf_events import ALIASES
from tracetop.model.kinds import TIMER_UNITS, ProbeKind
from tracetop.model.program import NS_IN, Unit

_WATCHED_BYTES = (1, 2, 4, 8)
_WATCHED_MODES = ("w", "rw", "x")
_MAX_PERIOD = (1 << 63) - 1
_RECORD, _FUNCTION = "bpf_iter__", "bpf_iter_"
"""What the kernel's names begin with of what a program is handed, and of the function that it stands for."""
_USUAL = ("task", "task_file", "task_vma", "bpf_map", "bpf_prog", "bpf_link", "cgroup", "tcp", "udp", "unix", "netlink")


def counted(asked: Asked) -> list[Hook]:
    """``software:EVENT:COUNT`` and ``hardware:EVENT:COUNT``."""
    known = asked.kind.facts.events
    parts = asked.parts[:1] if asked.parts[1:] in (("",), ("*",)) else asked.parts
    count = amount(parts[1]) if len(parts) == 2 else 0
    if not 1 <= len(parts) <= 2 or not parts[0] or count is None or (len(parts) == 2 and not 0 < count <= _MAX_PERIOD):
        raise asked.malformed(f"{asked.kind}:EVENT:COUNT")
    event = ALIASES.get(parts[0], parts[0])
    if event not in known:
        raise asked.missing(f"{asked.kind} event", parts[0], [*known, *ALIASES], hint=f"use one of {', '.join(known)}")
    name = f"{asked.kind}:{parts[0]}" + (f":{count}" if count else "")
    return [Hook(asked.kind, name, event=event, period=count or known[event].period, pid=asked.pid)]


def profile(asked: Asked) -> list[Hook]:
    """``profile:hz:RATE``, ``profile:UNIT:N`` or ``profile:TIME``: on every CPU."""
    period_ns, name = _period(asked, "profile:hz:RATE, profile:ms:N or profile:10ms")
    rate = round(NS_IN[Unit.S] / period_ns)
    if rate < 1:
        raise asked.error("a profile slower than once a second", hint="use interval:s:N")
    return [Hook(asked.kind, name, period=rate, pid=asked.pid)]


def interval(asked: Asked) -> list[Hook]:
    """``interval:s:N``, ``interval:hz:RATE`` or ``interval:TIME``: on one CPU."""
    period_ns, name = _period(asked, "interval:s:N, interval:hz:RATE or interval:1s")
    return [Hook(asked.kind, name, period=period_ns)]


def watchpoint(asked: Asked) -> list[Hook]:
    """``watchpoint:ADDRESS:LENGTH:MODE``: of the process that is named, else of the kernel."""
    forms = asked.kind.facts.written
    if len(asked.parts) != 3:
        raise asked.malformed(forms)
    address, length, mode = amount(asked.parts[0]), amount(asked.parts[1]), "".join(sorted(asked.parts[2]))
    if not address:
        raise asked.error(
            f"{asked.parts[0] or 'nothing'} is not an address",
            hint="write a number: nm shows those of a program's variables, /proc/kallsyms those of the kernel's",
        )
    if length not in _WATCHED_BYTES or (address % length and mode != "x"):
        lengths = ", ".join(map(str, _WATCHED_BYTES))
        raise asked.error(
            f"{asked.parts[1]} bytes at {address:#x} cannot be watched",
            why=f"the CPU watches {lengths} bytes, at an address that is a multiple of so many",
            hint=f"write {forms}",
        )
    if mode not in _WATCHED_MODES:
        raise asked.error(
            f"{asked.parts[2]} is not a way to use memory", hint=f"write one of {', '.join(_WATCHED_MODES)}"
        )
    event = f"{address:#x}:{length}:{mode}"
    return [Hook(asked.kind, f"watchpoint:{event}", event=event, pid=asked.user_pid)]


def once(asked: Asked) -> list[Hook]:
    """``begin`` and ``end``, or in capitals; ``probe`` has them in small letters."""
    if asked.parts not in ((), ("*",)):
        raise asked.malformed(asked.kind.value)
    return [Hook(asked.kind, asked.kind.value.lower())]


def signalled(asked: Asked) -> list[Hook]:
    """``self:signal:SIGUSR1``."""
    if asked.parts != ("signal", "SIGUSR1"):
        raise asked.malformed(asked.kind.facts.written)
    return [Hook(asked.kind, asked.kind.facts.written)]


def measured(asked: Asked) -> list[Hook]:
    """``bench:NAME``."""
    if len(asked.parts) != 1 or not asked.parts[0]:
        raise asked.malformed(asked.kind.facts.written)
    return [Hook(asked.kind, f"{asked.kind}:{asked.parts[0]}", event=asked.parts[0])]


def iterator(asked: Asked) -> list[Hook]:
    """``iter:NAME``, e.g. ``iter:task``."""
    if asked.wanted_live:
        raise asked.error(
            f"{asked.probe.text} goes through what is there once", hint="run it with tracetop run, not as a pane"
        )
    if len(asked.parts) == 2:
        raise asked.error("iterators are not pinned", hint=f"write iter:{asked.parts[0]}, which prints at once")
    if len(asked.parts) != 1 or not asked.parts[0]:
        raise asked.malformed("iter:NAME, e.g. iter:task")
    name = asked.parts[0]
    if asked.kernel.struct(f"{_RECORD}{name}") is None:
        raise asked.missing("iterator", name, [each for each in _USUAL if asked.kernel.struct(f"{_RECORD}{each}")])
    return [Hook(asked.kind, f"iter:{name}", event=f"{_FUNCTION}{name}", target="vmlinux")]


def _no_period(asked: Asked, forms: str) -> ScriptError:
    """Return the error for a clock without a time, or with a wrong one."""
    text = asked.probe.text
    unit, number = asked.parts if len(asked.parts) == 2 else ("", "")
    if amount(number) == 0:
        return asked.error(f"{text} would never come", hint=f"write a number from 1, as in {asked.kind}:{unit}:1")
    if amount(number) and unit not in TIMER_UNITS:
        often = f"{asked.kind}:hz:{number} for {number} a second"
        return asked.error(
            f"{unit} is not a unit of time", hint=f"write {often}, or a time with s, ms or us: {asked.kind}:ms:{number}"
        )
    if number and integer(number):
        return asked.error(f"{text} has two units", hint=f"write {asked.kind}:{number}")
    return asked.malformed(forms)


def _period(asked: Asked, forms: str) -> tuple[int, str]:
    """Return the time between two hits in nanoseconds, and the probe's full name."""
    match asked.parts:
        case (time,):
            period_ns = integer(time)
            if period_ns is not None and 0 < period_ns < 1000:
                unit = "s" if asked.kind is ProbeKind.INTERVAL else "ms"
                raise asked.error(
                    f"{asked.probe.text} is less than a microsecond",
                    why="a number without a unit is nanoseconds",
                    hint=f"write {asked.kind}:hz:{time} for {time} a second, or the unit: {asked.kind}:{time}{unit}",
                )
            name = f"{asked.kind}:us:{(period_ns or 0) // 1000}"
        case (unit, count):
            units = amount(count) or 0
            if unit == "hz" and units:
                period_ns = max(1, NS_IN[Unit.S] // units)
            else:
                period_ns = NS_IN.get(unit, 0) * units if unit in TIMER_UNITS else 0
            name = f"{asked.kind}:{unit}:{units}"
        case _:
            period_ns, name = None, ""
    if not period_ns or period_ns > _MAX_PERIOD:
        raise _no_period(asked, forms)
    return period_ns, name


EXPANSIONS: dict[ProbeKind, Expand] = {
    ProbeKind.SOFTWARE: counted,
    ProbeKind.HARDWARE: counted,
    ProbeKind.WATCHPOINT: watchpoint,
    ProbeKind.PROFILE: profile,
    ProbeKind.INTERVAL: interval,
    ProbeKind.BEGIN: once,
    ProbeKind.END: once,
    ProbeKind.SELF: signalled,
    ProbeKind.BENCH: measured,
    ProbeKind.ITER: iterator,
}
