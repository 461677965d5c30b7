"""Frames written by hand, as a tracer would send them: the ones that docs/json.md shows, and hostile ones."""

from tracetop.errors import Diagnostic, ExitCode
from tracetop.model.abi.buckets import log_index
from tracetop.model.filter import Filter
from tracetop.model.frame import (
    Column,
    ColumnKind,
    Cost,
    Frame,
    Histogram,
    HistRow,
    Log,
    Number,
    PaneFrame,
    PaneState,
    Row,
    Sort,
    StackTree,
    Table,
    TracerCost,
    View,
)
from tracetop.model.program import KeyRole, LinearScale, Unit

HOSTILE = "\x1b[2J\x9b\u202e[red]\n\udcff"
HARMLESS = "\\x1b[2J\\x9b\\u202e[red]\\n\\xff"


def syscalls_table() -> Table:
    return Table(
        name="@",
        columns=(
            Column("syscall", "syscall", ColumnKind.KEY, role=KeyRole.SYSCALL),
            Column("per_s", "/s", ColumnKind.RATE),
            Column("total", "total", ColumnKind.TOTAL),
            Column("errors_per_s", "errors/s", ColumnKind.RATE),
            Column("errors_total", "errors", ColumnKind.TOTAL),
        ),
        rows=(
            Row("read", ("read", 1200.5, 1234567, 2.0, 40)),
            Row("futex", ("futex", 310.0, 9800, 0.0, 0)),
        ),
        rows_total=41,
        sums=(None, 1620.5, 1250000, 2.0, 41),
        sort=Sort("per_s"),
    )


def processes_table(comm: str = "nginx") -> Table:
    return Table(
        name="@",
        columns=(
            Column("pid", "pid", ColumnKind.KEY, role=KeyRole.PID),
            Column("name", "name", ColumnKind.TEXT, role=KeyRole.COMM),
            Column("user", "user", ColumnKind.TEXT),
            Column("cpu_percent", "cpu%", ColumnKind.PERCENT),
            Column("rss_bytes", "rss", ColumnKind.VALUE, Unit.BYTES),
            Column("syscalls_per_s", "syscalls/s", ColumnKind.RATE),
            Column("syscalls_total", "syscalls", ColumnKind.TOTAL),
            Column("command", "command", ColumnKind.TEXT),
        ),
        rows=(
            Row("812:1763834400", (812, comm, "www-data", 3.2, 12582912, 940.0, 88000, f"{comm}: worker"), 812, comm),
            Row("977:1763834461", (977, "sh", None, None, None, 0.0, 31, None), 977, "sh", exited=True),
        ),
        rows_total=2,
        sums=(None, None, None, 3.2, None, 940.0, 88031, None),
        sort=Sort("syscalls_per_s"),
    )


def latency_histogram() -> Histogram:
    """Mostly 90 ns, a tenth 5 ms; a tenth of all in the last interval."""
    fast, slow = log_index(90), log_index(5_000_000)
    return Histogram(
        name="@",
        unit=Unit.NS,
        linear=None,
        key_columns=(),
        rows=(HistRow("", (), {fast: 90, slow: 10}, {fast: 900, slow: 100}),),
        rows_total=1,
    )


def sizes_histogram() -> Histogram:
    """Two keys on a linear scale; values above 100 fall into its open last bucket (6)."""
    return Histogram(
        name="@sizes",
        unit=Unit.NONE,
        linear=LinearScale(0, 100, 20),
        key_columns=(Column("comm", "comm", ColumnKind.KEY, role=KeyRole.COMM),),
        rows=(
            HistRow("73", ("sh",), {1: 2, 6: 2}, {1: 5, 6: 5}),
            HistRow("64", ("dd",), {}, {3: 1}),
        ),
        rows_total=2,
    )


def stack_tree(symbol: str = "vfs_read") -> StackTree:
    return StackTree(
        name="@",
        symbols=("", "do_syscall_64", symbol, "schedule"),
        parent=(0, 0, 1, 1),
        symbol=(0, 1, 2, 3),
        self_total=(0, 5, 80, 15),
        total=(100, 100, 80, 15),
        self_recent=(0, 1, 8, 0),
        recent=(9, 9, 8, 0),
        window_s=30.0,
        lost={"collision": 3},
    )


def big_number() -> Number:
    return Number(name="@opens", columns=(Column("opens_total", "opens", ColumnKind.TOTAL),), cells=(17,))


def log(first: int = 120, *lines: str) -> Log:
    return Log(name="printed", first=first, lines=lines or ("open /etc/passwd", "open /proc/1/stat"))


def pane(name: str, *views: View, state: PaneState = PaneState.ON) -> PaneFrame:
    return PaneFrame(
        name=name,
        title={"syscalls": "System calls"}.get(name, name.capitalize()),
        state=state,
        views=views,
        cost=Cost(ns_per_event=53.0, events_per_s=2000.0, percent=0.01, age_s=1.0),
    )


def frame(*panes: PaneFrame, seq: int = 1) -> Frame:
    return Frame(
        seq=seq,
        time=1763834500.25,
        elapsed_s=1.0,
        interval_s=1.0,
        filter=Filter(),
        panes={each.name: each for each in panes},
        tracer=TracerCost(cpu_percent=0.4, rss_bytes=157286400),
    )


def loading(seq: int = 0) -> Frame:
    return frame(pane("syscalls", state=PaneState.LOADING), seq=seq)


def failed(name: str = "stacks") -> PaneFrame:
    diagnostic = Diagnostic(
        what="the profile probe cannot attach",
        why="this kernel allows no perf events",
        hint="set kernel.perf_event_paranoid to 2 or less",
        where="stacks.bt:4:1",
        code=ExitCode.KERNEL,
    )
    return PaneFrame(name=name, title="Kernel stacks", state=PaneState.FAILED, diagnostic=diagnostic)


def bundled() -> Frame:
    """All four bundled panes, as docs/json.md shows them."""
    return frame(
        pane("syscalls", syscalls_table()),
        pane("latency", latency_histogram()),
        pane("processes", processes_table()),
        pane("stacks", stack_tree()),
        seq=7,
    )
