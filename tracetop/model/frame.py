"""A Frame: everything the tracer knows at one tick, in the shape that all readers read.

Owns: the types of a frame. Refuses to own: what is drawn (`view`) and how counts were made (`tracer`). The same
bytes are what the screen gets, what a recording holds and what `batch --json` prints a digest of.
"""

from enum import StrEnum

import msgspec

from tracetop.errors import Diagnostic
from tracetop.model.filter import Filter
from tracetop.model.program import KeyRole, LinearScale, Unit

Cell = int | float | str | None
LOSS_WINDOW_S = 30.0
"""What is lost makes a pane incomplete for so long."""


class ColumnKind(StrEnum):
    """What a column's cells mean."""

    KEY = "key"
    """Part of the row's key, already readable (a system call's name, a process's number)."""
    RATE = "rate"
    """Per second, over the last interval."""
    TOTAL = "total"
    """Since start or the last reset."""
    VALUE = "value"
    """A value that is not a count: an average, a minimum, a process's memory."""
    ID = "id"
    """A number as the script wrote it, which may name something (a sector, an address): shown whole, never rounded."""
    PERCENT = "percent"
    """0 to 100 of one core, or of the machine's memory."""
    TEXT = "text"


class Column(msgspec.Struct, frozen=True):
    """One column of a table. `id` is its stable name in JSON, e.g. ``per_s``, ``errors_total``, ``rss_bytes``."""

    id: str
    title: str
    kind: ColumnKind
    unit: Unit = Unit.NONE
    role: KeyRole | None = None


class Row(msgspec.Struct, frozen=True, array_like=True):
    """One row; `cells` in the order of the table's columns."""

    id: str
    """Stable and unique in its table for as long as the thing lives; a process's is ``pid:start``."""
    cells: tuple[Cell, ...]
    pid: int = 0
    """The process that Enter drills into, 0 where the row has none."""
    comm: str = ""
    """The task name that `c` drills into, empty where the row has none."""
    exited: bool = False


class Sort(msgspec.Struct, frozen=True):
    """The order that the top rows were taken by."""

    column: str
    descending: bool = True


class Table(msgspec.Struct, frozen=True, kw_only=True, tag="table", tag_field="view"):
    """Maps that share a key, joined: one row a key, the top `len(rows)` of `rows_total` by `sort`."""

    name: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    rows_total: int
    sums: tuple[float | int | None, ...]
    """By column, over all rows_total rows; None where a sum means nothing."""
    sort: Sort


class HistRow(msgspec.Struct, frozen=True, array_like=True):
    """One distribution: sparse buckets, index to count, of the last interval and since the last reset."""

    id: str
    key: tuple[Cell, ...]
    recent: dict[int, int]
    total: dict[int, int]


class Histogram(msgspec.Struct, frozen=True, kw_only=True, tag="histogram", tag_field="view"):
    """A hist or lhist map. Bucket bounds are `model.abi.buckets`'s; `linear` is None for the logarithmic scale."""

    name: str
    unit: Unit
    linear: LinearScale | None
    key_columns: tuple[Column, ...]
    rows: tuple[HistRow, ...]
    """The busiest first; one row with an empty key for a map without a key."""
    rows_total: int


class StackTree(msgspec.Struct, frozen=True, kw_only=True, tag="stacks", tag_field="view"):
    """Stacks merged into one tree, outermost frame first. Node 0 is the root; every parent stands before its children.

    The five sequences have one entry a node. ``recent`` counts the samples of the last `window_s` seconds.
    """

    name: str
    symbols: tuple[str, ...]
    """Distinct frame names; `symbol[i]` indexes it. With ``+0x`` offsets where the pane asked for them."""
    parent: tuple[int, ...]
    symbol: tuple[int, ...]
    self_total: tuple[int, ...]
    total: tuple[int, ...]
    self_recent: tuple[int, ...]
    recent: tuple[int, ...]
    window_s: float
    lost: dict[str, int]
    """Samples without a stack by reason (``collision``, ``unreadable``), since the last reset; not in the tree."""
    unit: Unit = Unit.NONE
    """What is summed up by stack, where it is not a number of samples: nanoseconds off the CPU, bytes allocated."""


class Number(msgspec.Struct, frozen=True, kw_only=True, tag="number", tag_field="view"):
    """A map without a key that is not a distribution."""

    name: str
    columns: tuple[Column, ...]
    cells: tuple[Cell, ...]


class Log(msgspec.Struct, frozen=True, kw_only=True, tag="log_lines", tag_field="view"):
    """What a script printed; a frame has the lines since the frame before, and says where they belong."""

    name: str
    first: int
    """Number of the first of `lines`, counted from the script's start: a reader drops what it has already."""
    lines: tuple[str, ...]
    """Unescaped, without their newlines; one that the script has not ended is held back."""
    lost: int = 0
    """Events that did not fit into the buffer, or lines that came faster than they are kept, since the last reset."""


View = Table | Histogram | StackTree | Number | Log


class PaneState(StrEnum):
    """What a pane is doing."""

    LOADING = "loading"
    ON = "on"
    OFF = "off"
    """Switched off by the user: its probes are detached."""
    ASKING = "asking"
    """Loaded, not attached: `PaneFrame.hot` says what it would cost, `Proceed` answers."""
    FAILED = "failed"
    """Cannot run; `PaneFrame.diagnostic` says why."""


class Cost(msgspec.Struct, frozen=True):
    """What a pane's programs cost, from the kernel's BPF statistics; measured in short windows, `age_s` ago."""

    ns_per_event: float = 0.0
    events_per_s: float = 0.0
    percent: float = 0.0
    """Of one core."""
    age_s: float = 0.0


class Hot(msgspec.Struct, frozen=True):
    """What a script would cost, estimated from how often its hooks were hit for a moment."""

    events_per_s: float
    percent: float
    """Of one core, without sampling."""


class Variant(msgspec.Struct, frozen=True):
    """One of the scripts that a pane can show, e.g. ``runqueue`` of the pane ``latency``."""

    name: str
    title: str
    parameter: str = ""
    """What its ``$1`` means (``syscall``), empty where it has none."""


class PaneFrame(msgspec.Struct, frozen=True, kw_only=True):
    """One pane at one tick."""

    name: str
    title: str
    state: PaneState
    views: tuple[View, ...] = ()
    diagnostic: Diagnostic | None = None
    """Why it is FAILED, or why the last change to it was refused (state stays ON then)."""
    notes: tuple[str, ...] = ()
    """One line each: parts that this kernel cannot do."""
    limits: tuple[str, ...] = ()
    """Why numbers may be too low though nothing was lost on the way: what the script asks for, as it is written."""
    dropped: int = 0
    """Failed map updates since the last reset: the map is full."""
    missed: int = 0
    """Runs that the kernel skipped (recursion) since the last reset."""
    lost_recently: dict[str, int] | None = None
    """How much of `losses`, by kind, was lost in the last `LOSS_WINDOW_S` seconds; None: all of it."""
    cost: Cost = Cost()
    variant: str = ""
    variants: tuple[Variant, ...] = ()
    params: tuple[str, ...] = ()
    """The positional parameters in force, as the user wrote them (``openat``)."""
    hot: Hot | None = None
    """Why the pane is ASKING."""
    sample: int = 1
    """One in so many events is counted; counts and rates are scaled back, so they are estimates where it is not 1."""
    bundled: bool = True
    """Whether tracetop ships the script; else a user wrote or edited it."""
    script: str = ""
    """The script's text in the first frame after it was loaded, empty in later ones."""

    @property
    def losses(self) -> dict[str, int]:
        """What was lost since the last reset, by kind, none of them 0.

        ``update``, ``event``, ``line``; ``stack REASON`` a sample without a stack, ``sum UNIT`` what such ones sum up.
        """
        lost = {"update": self.dropped, "event": self.missed}
        lost["line"] = sum(view.lost for view in self.views if isinstance(view, Log))
        for view in [view for view in self.views if isinstance(view, StackTree)]:
            for reason, count in view.lost.items():
                kind = f"sum {view.unit}" if view.unit else f"stack {reason}"
                lost[kind] = lost.get(kind, 0) + count
        return {kind: count for kind, count in lost.items() if count}

    @property
    def recent_losses(self) -> dict[str, int]:
        """What was lost in the last `LOSS_WINDOW_S` seconds, by kind."""
        return self.losses if self.lost_recently is None else self.lost_recently

    @property
    def complete(self) -> bool:
        """True where nothing was dropped, missed or lost of late, nor may be: the numbers of that time are exact."""
        return not (self.recent_losses or self.sample > 1 or self.limits)


class TracerCost(msgspec.Struct, frozen=True):
    """The tracer process itself, over the last interval."""

    cpu_percent: float = 0.0
    rss_bytes: int = 0


class Frame(msgspec.Struct, frozen=True, kw_only=True, tag="frame"):
    """All panes at one tick, with what is in force in the kernel."""

    seq: int
    """Rises by one with each read of the maps. A frame with the `seq` of the one before has the same numbers and only
    says what is now in force (a filter, a pane switched off): histories must not count it twice."""
    time: float
    """Seconds since the epoch, at the reads."""
    elapsed_s: float
    """Since the previous frame's reads: what rates were divided by."""
    interval_s: float
    """Wanted time between frames."""
    filter: Filter
    panes: dict[str, PaneFrame]
    tracer: TracerCost = TracerCost()
    cpus: int = 0
    """Those that are online; 0 where nobody has looked."""
    final: bool = False
    """True for the last frame of a tracer that was asked to stop: its logs are what scripts print in END."""

    def logs(self) -> tuple[Log, ...]:
        """Return what the scripts of all panes printed."""
        return tuple(view for pane in self.panes.values() for view in pane.views if isinstance(view, Log))
