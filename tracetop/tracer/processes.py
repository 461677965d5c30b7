"""What /proc knows about processes, by (pid, start time), read through psutil at a bounded cost a tick.

Owns: one record per live process and of those that ended a short while ago. Refuses to own: counts, which are the
kernel maps' (`tables` joins the two). Runs in the tracer, as root.
"""

import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

import psutil

QUIET_PER_TICK = 40
"""Processes without kernel activity that are read again each tick; the others wait for their turn."""
BUSY_PER_TICK = 160
"""Processes with activity that are read again each tick, about 80 us each."""
GRACE_S = 10.0
"""How long a process that ended stays known, so that its last counts have a name."""


@dataclass(frozen=True)
class ProcessInfo:
    """One process as last seen. `command` is its arguments joined with spaces, or its name where it has none."""

    pid: int
    start: float
    """Seconds since the epoch; with `pid` it says which process this is."""
    name: str
    user: str
    command: str
    cpu_percent: float = 0.0
    """Of one core, between the last two looks at it."""
    rss_bytes: int = 0
    threads: int = 0

    @property
    def identity(self) -> str:
        """A row's id: the same number started at another time is another process."""
        return f"{self.pid}:{self.start:.2f}"


@dataclass(frozen=True)
class _Look:
    """A process's CPU time at one moment, what the next look takes its difference to."""

    at_s: float
    cpu_s: float


class ProcessTable:
    """Live processes, refreshed a part at a time: new and busy ones first, the quiet in turns."""

    def __init__(self) -> None:
        self.live: dict[int, ProcessInfo] = {}
        self._ended: dict[int, tuple[float, ProcessInfo]] = {}
        self._handles: dict[int, psutil.Process] = {}
        self._looks: dict[int, _Look] = {}
        self._turns: deque[int] = deque()

    def get(self, pid: int) -> ProcessInfo | None:
        """Return the process of that number, live or ended within the grace."""
        ended = self._ended.get(pid)
        return self.live.get(pid) or (ended[1] if ended else None)

    def refresh(self, busy: Iterable[int]) -> set[int]:
        """Look at /proc; return the numbers that name another process than at the last refresh."""
        now_s = time.monotonic()
        pids = set(psutil.pids())
        self._bury(pids, now_s)
        reborn: set[int] = set()
        for pid in self._due(pids, busy):
            before = self.live.get(pid)
            info = self._look(pid, now_s)
            if info is None:
                self._end(pid, now_s)
                continue
            earlier = before or self.get(pid)
            if earlier is not None and earlier.start != info.start:
                reborn.add(pid)
                self._ended.pop(pid, None)
            self.live[pid] = info
        return reborn

    def _due(self, pids: set[int], busy: Iterable[int]) -> list[int]:
        """Return which to look at now: all new ones, some busy ones, and the quiet ones whose turn it is."""
        new = pids - self.live.keys()
        self._turns.extend(new)
        due = dict.fromkeys(new)
        due.update(dict.fromkeys([pid for pid in busy if pid in pids][:BUSY_PER_TICK]))
        for _ in range(min(QUIET_PER_TICK, len(self._turns))):
            pid = self._turns.popleft()
            if pid in pids:
                self._turns.append(pid)
                due[pid] = None
        return list(due)

    def _look(self, pid: int, now_s: float) -> ProcessInfo | None:
        """Read one process; None where it has gone."""
        try:
            process = self._handles.get(pid)
            if process is None or not process.is_running():
                process = self._handles[pid] = psutil.Process(pid)
                self._looks.pop(pid, None)
            start = process.create_time()
            known = self.live.get(pid)
            with process.oneshot():
                name = process.name()
                times = process.cpu_times()
                memory = process.memory_info()
                threads = process.num_threads()
                same = known is not None and known.start == start and known.name == name
                user = known.user if known and same else process.username()
                command = known.command if known and same else " ".join(process.cmdline()) or f"[{name}]"
        except (psutil.NoSuchProcess, psutil.AccessDenied, OSError):
            return None
        cpu_s = times.user + times.system
        last = self._looks.get(pid)
        self._looks[pid] = _Look(now_s, cpu_s)
        elapsed_s = now_s - last.at_s if last else 0.0
        percent = 100 * (cpu_s - last.cpu_s) / elapsed_s if last and elapsed_s > 0 else 0.0
        return ProcessInfo(pid, start, name, user, command, max(percent, 0.0), memory.rss, threads)

    def _bury(self, pids: set[int], now_s: float) -> None:
        for pid in self.live.keys() - pids:
            self._end(pid, now_s)
        for pid in [pid for pid, (ended_s, _) in self._ended.items() if now_s - ended_s > GRACE_S]:
            del self._ended[pid]

    def _end(self, pid: int, now_s: float) -> None:
        info = self.live.pop(pid, None)
        self._handles.pop(pid, None)
        self._looks.pop(pid, None)
        if info is not None:
            self._ended[pid] = (now_s, info)
