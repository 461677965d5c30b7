"""A source of written-down frames, as the tracer would send them: the same for each seed, so screens compare."""

import random
import re
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import msgspec

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
    Hot,
    Log,
    Number,
    PaneFrame,
    PaneState,
    Row,
    Sort,
    StackTree,
    Table,
    TracerCost,
    Variant,
    View,
)
from tracetop.model.program import KeyRole, Unit
from tracetop.model.wire.messages import (
    AddPane,
    Checked,
    CheckScript,
    Command,
    Complete,
    Completion,
    Completions,
    Hello,
    Message,
    Proceed,
    RemovePane,
    ReplaceScript,
    SelectVariant,
    SetEnabled,
    SetFilter,
    SetInterval,
    SetOffsets,
    SetParams,
    SetSort,
)
from tracetop.source.source import Ended, Listener

SYSCALLS = (  # noqa: SIM905 - forty lines of quotes say less
    "futex read write epoll_wait recvmsg sendmsg poll openat close newfstatat mmap munmap ioctl writev nanosleep "
    "clock_nanosleep getpid rt_sigprocmask rt_sigaction lseek pread64 pwrite64 fcntl access brk mprotect madvise "
    "sched_yield getdents64 statx accept4 connect socket bind wait4 clone3 execve exit_group kill prctl"
).split()
COMMANDS = (
    ("postgres", "postgres: writer process"),
    ("nginx", "nginx: worker process"),
    ("node", "/usr/bin/node --max-old-space-size=4096 /srv/app/server.js"),
    ("python3", "/usr/bin/python3 -m uvicorn api.main:app --workers 4"),
    ("redis-server", "/usr/bin/redis-server 127.0.0.1:6379"),
    ("systemd-journal", "/lib/systemd/systemd-journald"),
    ("sshd", "sshd: admin [priv]"),
    ("rustc", "/usr/bin/rustc --crate-name tokio --edition=2021 src/lib.rs"),
    ("kworker/0:1", ""),
    ("bash", "-bash"),
    ("[/]", "evil \x1b[31mred\x1b[0m [red]markup[/red]"),
    ("containerd", "/usr/bin/containerd --log-level info"),
)
WORDS = (
    ("tracepoint:syscalls:sys_enter_open", "tracepoint"),
    ("tracepoint:syscalls:sys_enter_openat", "tracepoint"),
    ("tracepoint:syscalls:sys_enter_openat2", "tracepoint"),
    ("count", "function: how often"),
    ("comm", "builtin: name of the task"),
    *(
        (f"tracepoint:sched:sched_{name}", "tracepoint")
        for name in (
            "switch",
            "wakeup",
            "wakeup_new",
            "waking",
            "process_exec",
            "process_exit",
            "process_fork",
            "stat_wait",
            "stat_runtime",
            "migrate_task",
        )
    ),
)
STACKS = (Path(__file__).parent / "stacks.txt").read_text()
VARIANTS = (
    Variant("syscall_latency", "system calls", "syscall"),
    Variant("runqueue", "run queue wait"),
    Variant("block", "block I/O"),
)


Maker = tuple[str, Callable[[], tuple[View, ...]], Cost]
"""Title, views and cost of a pane."""


class FakeSource:
    """Answers commands as the tracer does, and makes one frame each time a test (or its own thread) says so."""

    def __init__(self, seed: int = 1) -> None:
        self.sent: list[Command] = []
        self.restarts = 0
        self.closed = False
        self._random = random.Random(seed)
        self._listener: Listener | None = None
        self._seq = 0
        self._totals: dict[str, int] = {}
        self._hist_total: dict[int, int] = {}
        self._trees: list[tuple[int, ...]] = []
        self.interval_s = 1.0
        self.filter = Filter()
        self.variant = VARIANTS[0].name
        self.params: tuple[str, ...] = ()
        self.offsets = False
        self.states = dict.fromkeys(("syscalls", "latency", "processes", "stacks"), PaneState.ON)
        self.sorts = {"syscalls": Sort("per_s"), "processes": Sort("per_s")}
        self.changes: dict[str, Callable[[PaneFrame], PaneFrame]] = {}
        """By pane: what a test does to each of its frames."""
        self._stop = threading.Event()
        self.scripts: dict[str, str] = {}
        """Of panes that were added or edited."""
        self.sent_scripts: set[str] = set()
        self.edited: set[str] = set()
        self.refusals: dict[str, Diagnostic] = {}
        self.samples: dict[str, int] = {}
        self._seq_of_log: dict[str, int] = {}

    def start(self, listener: Listener) -> None:
        self._listener = listener
        self.emit(Hello(protocol=1, pid=4711, kernel="6.18.0-cloud-amd64", cpus=8, hostname="db-primary-1"))

    def emit(self, message: Message | Ended) -> None:
        assert self._listener
        self._listener(message)

    def tick(self) -> Frame:
        """Send the next frame."""
        frame = self.next_frame()
        self.emit(frame)
        return frame

    def run(self, interval_s: float = 1.0) -> None:
        """Send frames from a thread until closed."""

        def loop() -> None:
            while not self._stop.wait(interval_s):
                self.tick()

        threading.Thread(target=loop, daemon=True).start()

    def send(self, command: Command) -> None:
        self.sent.append(command)
        match command:
            case SetFilter():
                self.filter = command.filter
            case SetInterval():
                self.interval_s = command.interval_s
            case SetEnabled():
                self.states[command.pane] = PaneState.ON if command.enabled else PaneState.OFF
            case SelectVariant():
                self.variant = command.variant
                self.params = ()
            case SetParams():
                self.params = command.params
            case SetSort():
                self.sorts[command.pane] = command.sort
            case SetOffsets():
                self.offsets = command.offsets
            case CheckScript():
                at = command.script.find("bad")
                wrong = None if at < 0 else wrong_at(command.script, at)
                self.emit(Checked(command.serial, wrong, max(0, at)))
            case Complete():
                self.emit(completions(command))
            case _:
                self._run(command)

    def _run(self, command: Command) -> None:
        match command:
            case AddPane():
                self.states[command.pane.name] = PaneState.LOADING
                self._load(command.pane.name, command.pane.script, bundled=not command.pane.script)
            case ReplaceScript():
                self._load(command.pane, command.script, bundled=False)
            case RemovePane():
                self.states.pop(command.pane, None)
                self.scripts.pop(command.pane, None)
            case Proceed():
                self.states[command.pane] = PaneState.ON
                self.samples[command.pane] = command.sample
            case _:
                pass

    def _load(self, name: str, text: str, *, bundled: bool) -> None:
        """Have a script loaded with the next frame, or refused: one with ``refused`` in it is."""
        self._seq_of_log[name] = 0
        if "refused" not in text:
            self.scripts[name] = text
            self.sent_scripts.discard(name)
            self.edited |= {name} if not bundled else set()
            self.states[name] = PaneState.ASKING if "hot" in text else PaneState.ON
            self.refusals.pop(name, None)
        else:
            self.refusals[name] = wrong_at(text, text.index("refused"))
            if name not in self.scripts:
                self.states[name] = PaneState.FAILED

    def restart(self) -> None:
        self.restarts += 1
        self.emit(Hello(protocol=1, pid=4712, kernel="6.18.0-cloud-amd64", cpus=8, hostname="db-primary-1"))

    def close(self) -> None:
        self.closed = True
        self._stop.set()

    def next_frame(self) -> Frame:
        self._seq += 1
        makers: dict[str, Maker] = {
            "syscalls": ("System calls", self._syscalls, Cost(57, 410_233, 2.34, 3)),
            "latency": ("Latency", self._latency, Cost(223, 205_120, 4.57, 3)),
            "processes": ("Processes", self._processes, Cost(98, 410_233, 4.02, 3)),
            "stacks": ("Kernel stacks", self._stacks, Cost(2900, 392, 0.11, 3)),
        }
        panes = {}
        added: dict[str, Maker] = {
            name: (name, partial(self._views_of, name), Cost(140, 1_200, 0.02, 1))
            for name in self.states
            if name not in makers
        }
        for name, (title, views, cost) in {**makers, **added}.items():
            if name not in self.states:
                continue
            state = self.states[name]
            is_on = state is PaneState.ON
            made = views()
            script = self.scripts.get(name, "") if name not in self.sent_scripts else ""
            self.sent_scripts.add(name)
            frame = PaneFrame(
                name=name,
                title=title,
                state=state,
                script=script,
                bundled=name not in self.edited,
                diagnostic=self.refusals.get(name),
                sample=self.samples.get(name, 1),
                hot=Hot(410_000, 8.0) if state is PaneState.ASKING else None,
                views=made if is_on else (),
                cost=cost if is_on else Cost(),
                variant=self.variant if name == "latency" else "",
                variants=VARIANTS if name == "latency" else (),
                params=self.params if name == "latency" else (),
            )
            panes[name] = self.changes.get(name, _same)(frame)
        return Frame(
            seq=self._seq,
            time=1_800_000_000.0 + self._seq,
            elapsed_s=1.0,
            interval_s=self.interval_s,
            filter=self.filter,
            panes=panes,
            tracer=TracerCost(1.2, 139 << 20),
        )

    def _rate(self, base: float) -> float:
        """Return a rate that in two of five ticks is another than usual."""
        return base if self._random.random() < 0.6 else base * self._random.uniform(0.7, 1.3)

    def _sorted(self, rows: list[Row], columns: tuple[Column, ...], sort: Sort) -> tuple[Row, ...]:
        place = [column.id for column in columns].index(sort.column)
        return tuple(sorted(rows, key=lambda row: row.cells[place], reverse=sort.descending))  # type: ignore[arg-type, return-value]

    def _views_of(self, name: str) -> tuple[View, ...]:
        """Return a view for each map that the script names, by what the name begins with, and a log for a printf."""
        script = self.scripts.get(name, "")
        views: list[View] = []
        for word in dict.fromkeys(re.findall(r"@\w*", script)):
            of = {"@h": self._latency, "@k": self._stacks, "@num": self._number}
            made = next((make for start, make in of.items() if word.startswith(start)), self._by_name)
            views += [msgspec.structs.replace(view, name=word) for view in made()]
        return (*views, *([self._log(name)] if "printf" in script else []))

    def _by_name(self) -> tuple[View, ...]:
        columns = (
            Column("comm", "comm", ColumnKind.KEY, role=KeyRole.COMM),
            Column("per_s", "/s", ColumnKind.RATE),
            Column("total", "total", ColumnKind.TOTAL),
        )
        rows = [
            Row(comm, (comm, self._rate(9_000 / (place + 1)), 50_000 // (place + 1)), comm=comm)
            for place, (comm, _) in enumerate(COMMANDS)
        ]
        sums = (None, *(sum(row.cells[i] for row in rows) for i in (1, 2)))  # type: ignore[misc]
        sort = Sort("per_s")
        made = Table(
            name="@", columns=columns, rows=self._sorted(rows, columns, sort), rows_total=12, sums=sums, sort=sort
        )
        return (made,)

    def _number(self) -> tuple[View, ...]:
        columns = (Column("per_s", "/s", ColumnKind.RATE), Column("total", "total", ColumnKind.TOTAL))
        return (Number(name="@n", columns=columns, cells=(self._rate(1_234.0), 1_234 * self._seq)),)

    def _log(self, name: str) -> Log:
        first = self._seq_of_log[name]
        times = 4 if "long" in self.scripts[name] else 1
        lines = tuple(f"{10_000 + number:6} {COMMANDS[number % 12][1] * times}" for number in range(first, first + 7))
        self._seq_of_log[name] = first + 7
        return Log(name="printf", first=first, lines=lines)

    def _syscalls(self) -> tuple[View, ...]:
        columns = (
            Column("syscall", "syscall", ColumnKind.KEY, role=KeyRole.SYSCALL),
            Column("per_s", "calls/s", ColumnKind.RATE),
            Column("errors_per_s", "errors/s", ColumnKind.RATE),
            Column("total", "total", ColumnKind.TOTAL),
        )
        rows = []
        for place, name in enumerate(SYSCALLS):
            rate = self._rate(180_000 / (place + 1) ** 1.7)
            self._totals[name] = self._totals.get(name, 12_345) + int(rate)
            errors = rate * 0.04 if name in ("read", "futex", "openat", "recvmsg") else 0.0
            rows.append(Row(name, (name, rate, errors, self._totals[name])))
        sums = (None, *(sum(row.cells[i] for row in rows) for i in (1, 2, 3)))  # type: ignore[misc]
        sort = self.sorts["syscalls"]
        made = Table(
            name="@calls",
            columns=columns,
            rows=self._sorted(rows, columns, sort),
            rows_total=len(rows),
            sums=sums,
            sort=sort,
        )
        return (made,)

    def _processes(self) -> tuple[View, ...]:
        columns = (
            Column("pid", "pid", ColumnKind.KEY, role=KeyRole.PID),
            Column("name", "name", ColumnKind.TEXT, role=KeyRole.COMM),
            Column("user", "user", ColumnKind.TEXT),
            Column("cpu_percent", "cpu%", ColumnKind.PERCENT),
            Column("rss_bytes", "rss", ColumnKind.VALUE, Unit.BYTES),
            Column("threads", "thr", ColumnKind.VALUE),
            Column("per_s", "calls/s", ColumnKind.RATE),
            Column("switches_per_s", "switches/s", ColumnKind.RATE),
            Column("faults_per_s", "faults/s", ColumnKind.RATE),
            Column("read_bytes_per_s", "read/s", ColumnKind.RATE, Unit.BYTES),
            Column("started", "started", ColumnKind.TEXT),
            Column("command", "command", ColumnKind.TEXT),
        )
        rows = []
        for place in range(60):
            comm, command = COMMANDS[place % len(COMMANDS)]
            pid = 800 + 37 * place
            rate = self._rate(90_000 / (place + 1) ** 1.4)
            cells = (
                pid,
                comm,
                ("postgres", "www-data", "root", "app")[place % 4],
                round(96 / (place + 1), 1),
                (900 << 20) // (place + 1),
                1 + place % 9,
                rate,
                rate / 40,
                rate / 90 if place % 3 else 0.0,
                rate * 210 if place % 5 else 0.0,
                "09:41:17",
                command or comm,
            )
            rows.append(Row(f"{pid}:{pid * 7}", cells, pid=pid, comm=comm, exited=place == 23))
        sums = (*(None,) * 6, *(sum(row.cells[i] for row in rows) for i in (6, 7, 8, 9)), None, None)  # type: ignore[misc]
        sort = self.sorts["processes"]
        made = Table(
            name="@proc",
            columns=columns,
            rows=self._sorted(rows, columns, sort),
            rows_total=214,
            sums=sums,
            sort=sort,
        )
        return (made,)

    def _latency(self) -> tuple[View, ...]:
        recent: dict[int, int] = {}
        for peak_ns, spread, count in ((900, 0.7, 4000), (60_000, 0.9, 700), (4_200_000, 0.4, 90 * (self._seq % 4))):
            for _ in range(count // 10):
                index = log_index(int(peak_ns * self._random.lognormvariate(0, spread)))
                recent[index] = recent.get(index, 0) + 41
        for index, count in recent.items():
            self._hist_total[index] = self._hist_total.get(index, 0) + count
        row = HistRow("", (), recent, dict(self._hist_total))
        return (Histogram(name="@ns", unit=Unit.NS, linear=None, key_columns=(), rows=(row,), rows_total=1),)

    def _stacks(self) -> tuple[View, ...]:
        symbols, parents, names = ["all"], [0], [0]
        selfs = [0]
        places: dict[tuple[str, ...], int] = {(): 0}
        for line in STACKS.strip().splitlines():
            stack, _, weight = line.rpartition(" ")
            path: tuple[str, ...] = ()
            for name in stack.split(";"):
                above, path = path, (*path, name)
                if path not in places:
                    places[path] = len(parents)
                    shown = f"{name}+0x1c" if self.offsets else name
                    if shown not in symbols:
                        symbols.append(shown)
                    parents.append(places[above])
                    names.append(symbols.index(shown))
                    selfs.append(0)
            selfs[places[path]] += int(self._rate(int(weight)))
        totals = list(selfs)
        for node in range(len(parents) - 1, 0, -1):
            totals[parents[node]] += totals[node]
        made = StackTree(
            name="@stacks",
            symbols=tuple(symbols),
            parent=tuple(parents),
            symbol=tuple(names),
            self_total=tuple(selfs),
            total=tuple(totals),
            self_recent=tuple(selfs),
            recent=tuple(totals),
            window_s=10.0,
            lost={},
        )
        return (made,)


def wrong_at(text: str, at: int) -> Diagnostic:
    """Return what is wrong with the word at an offset."""
    row, column = text[:at].count("\n"), at - (text.rfind("\n", 0, at) + 1)
    word = re.split(r"\W", text[at:])[0]
    return Diagnostic(
        what=f"unknown function {word}",
        why="there is none of that name",
        hint="did you mean bswap?",
        where=f"script:{row + 1}:{column + 1}",
        excerpt=f"{text.split(chr(10))[row]}\n{' ' * column}^",
        code=ExitCode.SCRIPT,
    )


def completions(asked: Complete) -> Completions:
    """Return the words that begin as the text before the cursor ends."""
    match = re.search(r"[\w:]*$", asked.script[: asked.at])
    begun = match.group() if match else ""
    words = tuple(Completion(word, about) for word, about in WORDS if word.startswith(begun))
    return Completions(asked.serial, asked.at - len(begun), words)


def _same(frame: PaneFrame) -> PaneFrame:
    return frame


def failed(frame: PaneFrame) -> PaneFrame:
    """Return the pane as it is where its tracepoint is unknown."""
    diagnostic = Diagnostic(
        what="unknown tracepoint block:block_rq_issued",
        why="this kernel has no event of that name",
        hint="did you mean block:block_rq_issue?",
        where="latency.bt:3:14",
        excerpt="tracepoint:block:block_rq_issued\n                 ^",
        code=ExitCode.SCRIPT,
    )
    return msgspec.structs.replace(frame, state=PaneState.FAILED, views=(), diagnostic=diagnostic)


def lossy(frame: PaneFrame) -> PaneFrame:
    """Return the pane as it is after its map filled."""
    return msgspec.structs.replace(frame, dropped=12_400)
