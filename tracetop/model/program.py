"""What the compiler makes of a script, and what the loader needs to run it.

Owns: the typed description of a compiled script (its maps, probes, C text and header). Refuses to own: how the
text was parsed (`lang`) and what the kernel holds (`bpf`). Frozen; made in the tracer process.
"""

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from tracetop.model.abi.perf_events import CLOCKS
from tracetop.model.kinds import Family, ProbeKind
from tracetop.model.value import INTEGER, ValuePart, ValueType
from tracetop.model.value_kinds import ValueKind


class KeyRole(StrEnum):
    """What a part of a map's key means: how it is printed, and what Enter on it drills into."""

    PID = "pid"
    """A process (tgid)."""
    TID = "tid"
    COMM = "comm"
    UID = "uid"
    CPU = "cpu"
    SYSCALL = "syscall"
    """A system-call number of this machine's architecture."""
    KSTACK = "kstack"
    USTACK = "ustack"
    STRING = "string"
    INTEGER = "integer"


class Unit(StrEnum):
    """The unit of a value; axis labels and number formats come from it."""

    NONE = ""
    NS = "ns"
    US = "us"
    MS = "ms"
    S = "s"
    BYTES = "bytes"


NS_IN: Mapping[str, int] = {Unit.NS: 1, Unit.US: 1_000, Unit.MS: 1_000_000, Unit.S: 1_000_000_000}
"""Nanoseconds in one of each unit of time."""


class Layout(StrEnum):
    """How the kernel holds a map."""

    ARRAY = "array"
    HASH = "hash"
    PERCPU_ARRAY = "percpu_array"
    PERCPU_HASH = "percpu_hash"
    LRU_HASH = "lru_hash"
    """One that gives up the entry that was used least lately for one that is new, instead of being full."""
    LRU_PERCPU_HASH = "lru_percpu_hash"

    @property
    def is_array(self) -> bool:
        """Whether the key is an index, and every index is always there."""
        return self in (Layout.ARRAY, Layout.PERCPU_ARRAY)

    @property
    def is_per_cpu(self) -> bool:
        """Whether the kernel holds a value of every possible CPU."""
        return self in (Layout.PERCPU_ARRAY, Layout.PERCPU_HASH, Layout.LRU_PERCPU_HASH)

    @property
    def evicts(self) -> bool:
        """Whether old entries go to make room."""
        return self in (Layout.LRU_HASH, Layout.LRU_PERCPU_HASH)


class KeyPart(msgspec.Struct, frozen=True):
    """One part of a map's key: `size` bytes at `offset` of the key as the kernel holds it, in host byte order."""

    role: KeyRole
    offset: int
    size: int
    signed: bool = False
    label: str = ""
    """Heading: what the script called it, e.g. ``id``, ``pid``, ``dev``."""
    type: ValueType = INTEGER
    """How its bytes are decoded and printed."""


class LinearScale(msgspec.Struct, frozen=True):
    """The arguments of ``lhist(x, low, high, step)``."""

    low: int
    high: int
    step: int


class TimeSeries(msgspec.Struct, frozen=True):
    """The arguments of ``tseries(x, interval_ns, slots, aggregation)``.

    The kernel's key is the map's key parts, then ``u32 slot``, the epoch modulo `slots`. One CPU's value is ``u64
    epoch`` (nsecs / `slot_ns`), ``s64 number`` (last value, sum, smallest or largest; of AVG and COUNT the sum) and
    ``u64 count`` of what was aggregated; a program that finds another epoch there begins anew. A slot whose epoch is
    `slots` or more older than its key's newest is over. A map of SCALAR is shared by the CPUs.
    """

    slot_ns: int
    slots: int
    kind: ValueKind
    """SCALAR (the last value), SUM, AVG, MIN, MAX or COUNT."""


class MapSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One map of a script. `name` has the ``@``; a map without a name is ``@``."""

    name: str
    c_name: str
    """The name of the table in the C text."""
    kind: ValueKind
    layout: Layout
    keys: tuple[KeyPart, ...] = ()
    """Empty for a map without a key. A keyed hist's or lhist's kernel key has a u32 bucket after these parts."""
    key_size: int
    """Bytes of the kernel's key, bucket and padding included (4 for arrays: the index)."""
    value_size: int
    """Bytes of one CPU's value in the kernel. What is in them follows from `kind`: `bpf.maps.cpu_merge` reads them."""
    max_entries: int
    others: int = 0
    """Entries of a second table of the kernel, `others_name`, for numbers that are no index of this array."""
    unit: Unit = Unit.NONE
    linear: LinearScale | None = None
    bits: int = 0
    """Of a HIST: what its script asks for, each power of two in ``2 ** bits`` parts; the kernel's own are finer."""
    series: TimeSeries | None = None
    value: ValueType = INTEGER
    """Of SCALAR, STRING and VALUE: how the value's bytes are decoded and printed; of others, the sign of a number."""
    scratch: bool = False
    """True where the script only keeps state between probes here (``@start[tid]``): read by no view."""
    state: bool = False
    """True where the script deletes entries key by key: shown after what it counts, where it is shown at all."""
    kept_slots: bool = False
    """True where `delete` only writes zero, so a zero value means absent and the tracer reclaims old slots."""
    sampled: bool = False
    """True where all that is counted here is of events that `tt_control.sample` picks: counts are scaled back by it."""
    loses_updates: bool = False
    """True where CPUs read a value, change it and write it back in steps, so that they undo each other's updates."""
    drop_slot: int = 0
    """Index into the program's ``tt_drops`` where failed updates of this map are counted."""

    @property
    def limit(self) -> str:
        """Why its numbers may be too low though no update failed; empty where they are not."""
        if self.layout.evicts:
            return f"{self.name} evicts old entries"
        return f"{self.name} may lose updates between CPUs" if self.loses_updates else ""

    @property
    def others_name(self) -> str:
        """The name of that second table in the C text."""
        return f"{self.c_name}_others"


class ProbeSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One BPF program of a script and the one hook it goes on."""

    function: str
    """The name of the C function."""
    kind: ProbeKind
    category: str = ""
    """Of a TRACEPOINT, e.g. ``syscalls``."""
    event: str = ""
    """Of a TRACEPOINT or RAW_TRACEPOINT the event (``sys_enter``), of SOFTWARE and HARDWARE the kernel's name
    (``page-faults``), of KPROBE, KRETPROBE, FENTRY and FEXIT the kernel's function, of UPROBE and URETPROBE the symbol,
    of USDT the provider and name (``libc:setjmp``), of WATCHPOINT address, length and mode (``0x404038:8:rw``)."""
    target: str = ""
    """Of UPROBE, URETPROBE and USDT the binary's absolute path; of kernel functions the module, empty for any."""
    offset: int = 0
    """Of UPROBE, URETPROBE and USDT bytes into the file; of KPROBE bytes into the function."""
    semaphore: int = 0
    """Of USDT: bytes into the file of the counter that enables the probe; 0 for none."""
    pid: int = 0
    """The only process that the hook is put on; 0 for all. Of user-space, sampling and counting probes."""
    period: int = 0
    """Of PROFILE samples per second per CPU; of INTERVAL nanoseconds; of SOFTWARE and HARDWARE events per hit; of
    WATCHPOINT 0: each use is a hit."""
    cookie: int = 0
    """The number of the hook, where one function is on many: the function learns it from the kernel."""
    hooks: int = 1
    """How many of the script's hooks this one stands for."""
    names: tuple[str, ...]
    """The probes as the script names them; more than one where clauses were fused into one program."""
    line: int = 1
    """Line of the script's first clause of this program, from 1."""

    @property
    def is_checked(self) -> bool:
        """Whether the kernel's count of the event tells exactly how many hits there were, those missed included.

        That of a clock does not, nor that of the CPU's counters, which stand still while the kernel holds them back,
        nor one that each thread counts for itself, with a remainder of its own.
        """
        if self.kind.facts.family is not Family.COUNTER or self.kind is ProbeKind.HARDWARE:
            return False
        return self.event not in CLOCKS and (self.period <= 1 or not self.pid)


class MapAction(msgspec.Struct, frozen=True, tag="map"):
    """``clear`` or ``zero`` of a map."""

    verb: str
    map_name: str


class PrintMap(msgspec.Struct, frozen=True, tag="print_map"):
    """``print(@map, top, div)``; 0 for what the script leaves out."""

    map_name: str
    top: int = 0
    div: int = 0


class PrintValue(msgspec.Struct, frozen=True, tag="print_value"):
    """``print(value)``; the payload is the value."""

    value: ValueType


class PrintEntry(msgspec.Struct, frozen=True, tag="print_entry"):
    """``print(@map[keys])``; the payload holds the keys and, of a map that all CPUs share, the value of that moment."""

    map_name: str
    keys: tuple[ValuePart, ...]
    value: ValuePart | None = None


class Conversion(msgspec.Struct, frozen=True):
    """One conversion of a format: how the next of its arguments is written."""

    letter: str
    """``d``, ``i``, ``u``, ``o``, ``x``, ``X``, ``b``, ``c``, ``s``, ``p``, ``r``, ``rx`` or ``rh``."""
    flags: str = ""
    """Of ``-``, ``+``, a blank, ``#`` and ``0``."""
    field: str = ""
    """Least width and precision as C and Python write them: ``8``, ``.3``, ``8.3``."""
    bits: int = 64
    """What the length modifier, or its lack, leaves of a number."""


class Place(msgspec.Struct, frozen=True):
    """Where something stands in a script: line and column from 1."""

    file: str
    line: int
    column: int
    excerpt: str
    """The line, and below it a caret."""
    end_line: int = 0
    end_column: int = 0
    """Just after the end of what stands there, where that is known."""


class Format(msgspec.Struct, frozen=True, tag="format"):
    """Text made of a format and the payload's parts, for `verb`.

    ``printf`` and ``errorf`` print it, ``cat`` prints the file of that path, ``system`` runs it in a shell, ``join``
    prints the arguments with `parts` between them, ``time`` prints the clock by `parts`, which is strftime's format.
    """

    verb: str
    parts: tuple[str | Conversion, ...]
    """What stands there as it is, and the conversions, one for each argument."""
    arguments: tuple[ValuePart, ...] = ()
    place: Place | None = None
    """Of ``errorf`` and ``warnf``: where they stand in the script."""

    @property
    def text(self) -> str:
        """What stands there as it is, of a format without conversions."""
        return "".join(part for part in self.parts if isinstance(part, str))


class Exit(msgspec.Struct, frozen=True, tag="exit"):
    """``exit(code)``; the payload is `code`, an s64."""


class Warned(msgspec.Struct, frozen=True, tag="warned"):
    """What a program met that makes its numbers odd, such as a division by 0; without a payload."""

    text: str
    place: Place


Action = MapAction | PrintMap | PrintValue | PrintEntry | Format | Exit | Warned
"""What user space does when the kernel sends the action's number, with the payload that it describes."""
ENDED_MAP = "@tt_ended"
"""The map that the compiler adds to a pane of processes: by process and time, what it had counted when its number
came to name another."""
EVENT_HEADER_BYTES = 8
"""``struct { u32 action; u32 zero; }`` before an event's payload; a payload's offsets count from after it."""


class Program(msgspec.Struct, frozen=True, kw_only=True):
    """A script, compiled: everything that loading, reading and drawing it takes."""

    name: str
    """The file's stem, e.g. ``syscalls``."""
    script: str
    c_text: str
    maps: tuple[MapSpec, ...]
    probes: tuple[ProbeSpec, ...]
    actions: tuple[Action, ...] = ()
    """By the number that the program sends through ``tt_events``."""
    header: dict[str, str] = {}
    """The ``//! name: value`` lines at the head of the script."""
    stack_map: str = ""
    """C name of the kernel-stack map, empty where the script takes no stacks."""
    stack_maps: tuple[str, ...] = ()
    """C names of all stack maps, that one included."""
    callbacks: tuple[str, ...] = ()
    """C functions that other functions of the program hand to the kernel's loop helpers; see `bpf.load.linker`."""
    ended: tuple[str, ...] = ()
    """The maps whose numbers the values of ENDED_MAP hold, after the name of a process that has ended."""
    options: dict[str, str] = {}
    """The script's ``config``, by key."""
    notes: tuple[str, ...] = ()
    """One line each: probes that this kernel lacks and that the script runs on without."""
