"""What /proc knows about processes, by (pid, start time), read through psutil at a bounded cost a tick.

Owns: one record per live process and of those that ended a short while ago. Refuses to own: counts, which are the
kernel maps' (`tables` joins the two). Runs in the tracer, as root.
"""

import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import psutil

QUIET_PER_TICK = 40
"""Processes that are read again each tick whatever they do: those whose last look is longest ago. About 80 us each."""
BUSY_PER_TICK = 160
"""Processes with kernel activity that are read each tick, the busiest."""
NEW_PER_TICK = 500
"""Processes never seen before that are read each tick; the rest have their turn in the next ones."""
SAME_TICK_S = 0.1
"""Two tables refresh within one tick: the second look would measure CPU time over no time at all."""
GRACE_S = 10.0
"""How long the row of a process that ended stays."""
_KNOWN_S = 3 * GRACE_S
"""How long it stays known: longer than its counts are in a map, so that they never pass to the next of its number."""


@dataclass(frozen=True)
class ProcessInfo:
    """One process as last seen. `command` is its arguments joined with spaces, or its name in brackets."""

    pid: int
    start: float
    """Seconds since the epoch; with `pid` it says which process this is."""
    name: str
    uid: int
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
    """Live processes, refreshed a part at a time: busy and new ones first, the others in turns."""

    def __init__(self) -> None:
        self.live: dict[int, ProcessInfo] = {}
        """Those that were looked at, the longest ago first."""
        self._pids: set[int] = set()
        self._refreshed_s = -SAME_TICK_S
        self._ended: dict[int, tuple[float, ProcessInfo]] = {}
        self._handles: dict[int, psutil.Process] = {}
        self._looks: dict[int, _Look] = {}

    def get(self, pid: int) -> ProcessInfo | None:
        """Return the process of that number, live or ended within the grace."""
        ended = self._ended.get(pid)
        return self.live.get(pid) or (ended[1] if ended else None)

    def is_live(self, pid: int) -> bool:
        """Say whether a process has that number, be it one that was not looked at yet."""
        return pid in self._pids

    def refresh(self, busy: Iterable[int]) -> None:
        """Look at /proc: at the first of `busy`, the busiest first, and at some of the others."""
        now_s = time.monotonic()
        if now_s - self._refreshed_s < SAME_TICK_S:
            return
        self._refreshed_s = now_s
        self._pids = set(psutil.pids())
        self._bury(now_s)
        for pid in self._due(busy):
            info = self._look(pid, now_s)
            if info is None:
                self._pids.discard(pid)
                self._end(pid, now_s)
                continue
            self._ended.pop(pid, None)
            self.live.pop(pid, None)
            self.live[pid] = info

    def _due(self, busy: Iterable[int]) -> dict[int, None]:
        """Return which to look at now."""
        due = dict.fromkeys(islice((pid for pid in busy if pid in self._pids), BUSY_PER_TICK))
        due.update(dict.fromkeys(islice(self._pids - self.live.keys(), NEW_PER_TICK)))
        due.update(dict.fromkeys(islice(self.live, QUIET_PER_TICK)))
        return due

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
                uid = process.uids().real
                if known and known.start != start:
                    known = None
                user = known.user if known and known.uid == uid else process.username()
                command = known.command if known and known.name == name else _command(process, name)
        except (psutil.NoSuchProcess, psutil.AccessDenied, OSError):
            return None
        cpu_s = times.user + times.system
        last = self._looks.get(pid)
        self._looks[pid] = _Look(now_s, cpu_s)
        elapsed_s = now_s - last.at_s if last else 0.0
        percent = 100 * (cpu_s - last.cpu_s) / elapsed_s if last and elapsed_s > 0 else 0.0
        return ProcessInfo(pid, start, name, uid, user, command, max(percent, 0.0), memory.rss, threads)

    def _bury(self, now_s: float) -> None:
        for pid in self.live.keys() - self._pids:
            self._end(pid, now_s)
        for pid in [pid for pid, (ended_s, _) in self._ended.items() if now_s - ended_s > _KNOWN_S]:
            del self._ended[pid]

    def _end(self, pid: int, now_s: float) -> None:
        info = self.live.pop(pid, None)
        self._handles.pop(pid, None)
        self._looks.pop(pid, None)
        if info is not None:
            self._ended[pid] = (now_s, info)


def comm_of(pid: int) -> str:
    """Return the name that a live process has now, empty where there is none."""
    try:
        return os.fsdecode(Path(f"/proc/{pid}/comm").read_bytes().removesuffix(b"\n"))
    except OSError:
        return ""


def _command(process: psutil.Process, name: str) -> str:
    """Return a process's arguments; its name in brackets where it has none, as kernel threads and zombies."""
    try:
        return " ".join(process.cmdline()) or f"[{name}]"
    except psutil.ZombieProcess:
        return f"[{name}]"
