"""Kinds of probes: one record each, of all that the compiler, the loader and the tracer must know of the kind.

Owns: the names, what the kernel takes for each, what a hit costs, and what serves where a kind is missing. Refuses to
own: functions that work on a kind. How a probe's text becomes hooks is in a module of `lang.resolve`, how a program
goes on its hook in one of `bpf.attach`; with these two, a new kind is a record here. Pure.
"""

from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from enum import Enum, IntEnum, StrEnum, auto
from functools import partial
from typing import Self

from tracetop.model.abi.perf_events import HARDWARE_EVENTS, SOFTWARE_EVENTS, PerfEvent


class Family(Enum):
    """What kinds are about: their names are found in the same place, and their hooks fail for the same reasons."""

    TRACEPOINT = auto()
    FUNCTION = auto()
    """Functions of the kernel."""
    USER = auto()
    """Places in programs and libraries: pointers there are the process's."""
    COUNTER = auto()
    """Events that the kernel or the CPU counts or looks out for."""
    TIMER = auto()
    ITERATOR = auto()
    """What the kernel has at one moment, gone through once."""
    ONCE = auto()
    """On no hook: run when the script starts or ends."""


class ProgramType(IntEnum):
    """BPF_PROG_TYPE_*: what the kernel passes a program, and lets it do."""

    KPROBE = 2
    TRACEPOINT = 5
    PERF_EVENT = 7
    RAW_TRACEPOINT = 17
    TRACING = 26


@dataclass(frozen=True)
class ProbeFacts:
    """All that is known of a kind of probe."""

    name: str
    about: str
    """In a few words, for completion."""
    short: str
    """Other names that scripts may use, with spaces between."""
    hit_ns: int = 0
    """What a hit costs beside the program: the kernel's way to it and back, a trap for probes of user space. Orders of
    magnitude, measured with loops of one call; the kernel's statistics see the program alone."""
    _: KW_ONLY
    family: Family
    program: ProgramType
    context: str = ""
    """The C type of what a program is passed; empty for a tracepoint's record, which is the event's own."""
    attach_type: int = 0
    """BPF_TRACE_*, of programs that are loaded for one function of the kernel; 0 for others."""
    returns: bool = False
    """It fires when a function returns."""
    is_told_hook: bool = False
    """One program may be on many hooks, since the kernel tells it (by a cookie of the perf event) on which it runs."""
    is_idle: bool = False
    """It sees nothing of the machine: a script that is left with such kinds alone has nothing to tell."""
    events: Mapping[str, PerfEvent] = field(default_factory=dict)
    """Of a COUNTER: the events by name."""
    written: str = ""
    """How one is written, of a kind that goes anywhere: it has no names to list."""
    serves: str = ""
    """What to write where a kernel takes none of them."""
    feature: str = ""
    """What `tracetop doctor` calls it; empty where it goes with another kind."""
    feature_hint: str = ""
    """What to do without it; empty where the panes of tracetop cannot run then."""

    @property
    def is_on_code(self) -> bool:
        """Whether programs are passed the registers at an instruction."""
        return self.program is ProgramType.KPROBE

    @property
    def is_sample(self) -> bool:
        """Whether a hit is a sample of what a CPU does, its registers too."""
        return self.program is ProgramType.PERF_EVENT and not self.is_idle


_TRACEPOINTS_SERVE = "use tracepoints; `tracetop list` has them"
_NO_UPROBES = "use a kernel with CONFIG_UPROBE_EVENTS"
_traced = partial(ProbeFacts, family=Family.FUNCTION, program=ProgramType.TRACING, context="u64")
_on_code = partial(ProbeFacts, program=ProgramType.KPROBE, context="struct pt_regs")
_kernel = partial(_on_code, family=Family.FUNCTION, is_told_hook=True)
_user = partial(_on_code, family=Family.USER, serves="use a tracepoint of the system calls that the program makes")
_perf_event = partial(ProbeFacts, program=ProgramType.PERF_EVENT, context="struct bpf_perf_event_data")
_raw = partial(ProbeFacts, program=ProgramType.RAW_TRACEPOINT, context="struct bpf_raw_tracepoint_args")
_once = partial(_raw, family=Family.ONCE, is_idle=True)


class ProbeKind(StrEnum):
    """How a program is attached; the usual kinds first."""

    facts: ProbeFacts

    def __new__(cls, facts: ProbeFacts) -> Self:
        """Make a kind that is its name, with its record."""
        kind = str.__new__(cls, facts.name)
        kind._value_ = facts.name
        kind.facts = facts
        return kind

    TRACEPOINT = ProbeFacts(
        "tracepoint",
        "an event that the kernel's own code marks, with named arguments",
        "t",
        150,
        family=Family.TRACEPOINT,
        program=ProgramType.TRACEPOINT,
        is_told_hook=True,
        feature="tracepoints",
    )
    PROFILE = _perf_event("profile", "samples of all CPUs, so many a second", "p", 1000, family=Family.TIMER)
    INTERVAL = _perf_event("interval", "a timer, for printing", "i", 1000, family=Family.TIMER, is_idle=True)
    FENTRY = _traced(
        "fentry",
        "a kernel function is called, with typed arguments",
        "f kfunc",
        20,
        attach_type=24,
        feature="fentry and fexit",
        feature_hint=_TRACEPOINTS_SERVE,
    )
    FEXIT = _traced(
        "fexit",
        "a kernel function returns, with its arguments and retval",
        "fr kretfunc",
        40,
        attach_type=25,
        returns=True,
    )
    KPROBE = _kernel(
        "kprobe", "a kernel function is called", "k", 150, feature="kprobes", feature_hint=_TRACEPOINTS_SERVE
    )
    KRETPROBE = _kernel("kretprobe", "a kernel function returns", "kr", 300, returns=True)
    UPROBE = _user(
        "uprobe",
        "a function of a program or library is called",
        "u",
        1500,
        is_told_hook=True,
        feature="uprobes",
        feature_hint=_NO_UPROBES,
    )
    URETPROBE = _user(
        "uretprobe", "a function of a program or library returns", "ur", 2500, is_told_hook=True, returns=True
    )
    USDT = _user(
        "usdt",
        "an event that a program's own code marks",
        "U",
        1500,
        feature="static probes of programs (USDT)",
        feature_hint=_NO_UPROBES,
    )
    SOFTWARE = _perf_event(
        "software",
        "an event that the kernel counts, such as page faults",
        "s",
        300,
        family=Family.COUNTER,
        events=SOFTWARE_EVENTS,
        feature="sampling and software events",
    )
    HARDWARE = _perf_event(
        "hardware",
        "an event that the CPU counts, such as cache misses",
        "h",
        1000,
        family=Family.COUNTER,
        events=HARDWARE_EVENTS,
        serves="use profile:hz:99, or software:cpu-clock",
        feature="hardware counters (PMU)",
        feature_hint="sample by time instead: profile:hz:99",
    )
    WATCHPOINT = _perf_event(
        "watchpoint",
        "memory at an address is written or read",
        "w",
        10_000,
        family=Family.COUNTER,
        written="watchpoint:ADDRESS:LENGTH:MODE, e.g. watchpoint:0x404038:8:w",
    )
    RAW_TRACEPOINT = _raw(
        "rawtracepoint",
        "a tracepoint with its arguments as the kernel passes them",
        "rt raw_tracepoint",
        50,
        family=Family.TRACEPOINT,
        serves="use tracepoint instead of rawtracepoint",
    )
    ITER = ProbeFacts(
        "iter",
        "each task, file or mapping that there is, once",
        "it",
        family=Family.ITERATOR,
        program=ProgramType.TRACING,
        context="u64",
        attach_type=28,
        serves="list with ps, lsof and /proc what is there",
    )
    BEGIN = _once("BEGIN", "once, before the others", "begin")
    END = _once("END", "once, after the others", "end")
    SELF = _once("self", "a signal comes to tracetop run", "", written="self:signal:SIGUSR1")
    BENCH = _once("bench", "measured by tracetop run --bench", "", written="bench:NAME")


TIMER_UNITS = {
    "hz": ("times a second", ("49", "99", "999")),
    "s": ("seconds", ("1", "5", "10")),
    "ms": ("milliseconds", ("10", "100", "500")),
    "us": ("microseconds", ("100", "1000")),
}
"""What a TIMER's number can count: in words, and the numbers that are usual."""
NOT_TAKEN = {
    "asyncwatchpoint": "use watchpoint with an address, or a uprobe on the function that is handed it",
    "test": "use BEGIN, and exit(1) where a condition does not hold",
}
"""Kinds of bpftrace's that there are none of here, each with what serves."""
SHORT = {short: kind.value for kind in ProbeKind for short in kind.facts.short.split()} | {
    "aw": "asyncwatchpoint",
}
"""Names of kinds in full, by other names that scripts use."""


def probe_kind(word: str) -> ProbeKind | None:
    """Return the kind that a script names so, in full or short; None where it is not one that is taken."""
    full = SHORT.get(word, word)
    return next((kind for kind in ProbeKind if kind.value == full), None)
