"""What stands in written-down frames: tables, histograms, stacks and logs that are the same for each seed."""

import random
import re
from pathlib import Path

import msgspec

from tracetop.model.abi.buckets import log_index
from tracetop.model.frame import (
    Column,
    ColumnKind,
    Histogram,
    HistRow,
    Log,
    Number,
    Row,
    Sort,
    StackTree,
    Table,
    View,
)
from tracetop.model.program import KeyRole, Unit

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
STACKS = (Path(__file__).parent / "stacks.txt").read_text()


class FakeViews:
    """Makes the views of each pane, tick by tick, from a seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._seq = 0
        self._totals: dict[str, int] = {}
        self._hist_total: dict[int, int] = {}
        self._seq_of_log: dict[str, int] = {}
        self.offsets = False
        self.sorts = {"syscalls": Sort("per_s"), "processes": Sort("per_s")}
        self.scripts: dict[str, str] = {}
        """Of panes that were added or edited."""

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
