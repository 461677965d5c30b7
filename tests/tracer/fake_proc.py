"""A /proc that a test writes down, in psutil's clothes; counts how often a process is read."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace

import psutil

from tracetop.tracer.aggregate.processes import Stat


@dataclass
class FakeProcess:
    """What one process looks like now; `start` says which one it is."""

    start: float = 1000.0
    name: str = "sh"
    uid: int = 0
    cmdline: tuple[str, ...] = ("/bin/sh", "-c", "true")
    cpu_s: float = 0.0
    rss: int = 4096
    threads: int = 1
    zombie: bool = False


class FakeProc:
    """Stands in for psutil and `read_stat` in `tracetop.tracer.aggregate.processes`, and for its clock."""

    NoSuchProcess = psutil.NoSuchProcess
    ZombieProcess = psutil.ZombieProcess
    AccessDenied = psutil.AccessDenied

    def __init__(self) -> None:
        self.table: dict[int, FakeProcess] = {}
        self.reads: Counter[int] = Counter()
        self.now_s = 5000.0
        self.clock_set_by_s = 0.0
        self.vanishing: set[int] = set()
        """Listed, but gone by the time they are read."""

    def pids(self) -> list[int]:
        return sorted(self.table)

    def monotonic(self) -> float:
        return self.now_s

    def Process(self, pid: int) -> "Handle":  # noqa: N802 - psutil's name
        if pid not in self.table or pid in self.vanishing:
            raise psutil.NoSuchProcess(pid)
        return Handle(self, pid)

    def read_stat(self, pid: int) -> Stat:
        if pid not in self.table or pid in self.vanishing:
            raise FileNotFoundError(pid)
        self.reads[pid] += 1
        found = self.table[pid]
        return Stat(found.name.encode()[:15], int(100 * found.start), found.cpu_s, found.rss, found.threads)


class Handle:
    """A psutil.Process: keeps to the process that it was made for."""

    def __init__(self, proc: FakeProc, pid: int) -> None:
        self.proc, self.pid, self.start = proc, pid, proc.table[pid].start

    def create_time(self) -> float:
        return self.start + self.proc.clock_set_by_s

    @contextmanager
    def oneshot(self) -> Iterator[None]:
        yield

    def _now(self) -> FakeProcess:
        if self.pid not in self.proc.table or self.pid in self.proc.vanishing:
            raise psutil.NoSuchProcess(self.pid)
        return self.proc.table[self.pid]

    def name(self) -> str:
        return self._now().name

    def uids(self) -> SimpleNamespace:
        return SimpleNamespace(real=self._now().uid)

    def username(self) -> str:
        return f"user{self._now().uid}"

    def cmdline(self) -> list[str]:
        if self._now().zombie:
            raise psutil.ZombieProcess(self.pid)
        return list(self._now().cmdline)
