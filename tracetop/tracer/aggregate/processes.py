"""What /proc knows about processes, by (pid, start time), read at a bounded cost a tick.

Owns: one record per live process and of those that ended a short while ago. Refuses to own: counts, which are the
kernel maps' (`process_table` joins the two). Who a process is comes from psutil, now and then; what it does, from one
file, at a quarter of that cost. Runs in the tracer, as root.
"""

import math
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import psutil

QUIET_PER_TICK = 40
"""Processes that are read again each tick whatever they do: those whose last look is longest ago."""
BUSY_PER_TICK = 100
"""Processes with kernel activity that are read each tick, the busiest."""
NEW_PER_TICK = 500
"""Processes never seen before that are read each tick; the rest have their turn in the next ones."""
SAME_TICK_S = 0.1
"""Two tables refresh within one tick: the second look would measure CPU time over no time at all."""
GRACE_S = 10.0
"""How long the row of a process that ended stays."""
IDENTIFY_S = 30.0
"""How long a process is taken for the one that it was, with its user, while its start time and name stay."""
COMMAND_MOST = 4096
"""Characters kept of a command line, which may have two million."""
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_STAT_BYTES = 4096
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


class Stat(NamedTuple):
    """A process's /proc/PID/stat: what it is by, and what it has used."""

    comm: bytes
    start_ticks: int
    """Since boot: unlike the time of day it never changes, whatever is done to the clock."""
    cpu_s: float
    rss_bytes: int
    threads: int


@dataclass(frozen=True)
class _Look:
    """What one look at a process saw, and what the next one compares with."""

    at_s: float
    identified_s: float
    """When it was last asked who it is."""
    stat: Stat


class ProcessTable:
    """Live processes, refreshed a part at a time: busy and new ones first, the others in turns."""

    def __init__(self) -> None:
        self.live: dict[int, ProcessInfo] = {}
        """Those that were looked at, the longest ago first."""
        self._pids: set[int] = set()
        self._refreshed_s = -SAME_TICK_S
        self._ended: dict[int, tuple[float, ProcessInfo]] = {}
        self._looks: dict[int, _Look] = {}

    def get(self, pid: int) -> ProcessInfo | None:
        """Return the process of that number, live or ended within the grace."""
        info = self.live.get(pid)
        if info is None and pid in self._ended:
            _, info = self._ended[pid]
        return info

    def is_live(self, pid: int) -> bool:
        """Say whether a process has that number, be it one that was not looked at yet."""
        return pid in self._pids

    def forget(self, pid: int) -> None:
        """Forget which process a number names: what is looked up from now on is another one."""
        self.live.pop(pid, None)
        self._looks.pop(pid, None)
        self._ended.pop(pid, None)

    def refresh(self, busy: Iterable[int]) -> None:
        """Look at /proc: at the first of `busy`, the busiest first, and at some of the others."""
        now_s = time.monotonic()
        if now_s - self._refreshed_s < SAME_TICK_S:
            return
        self._refreshed_s = now_s
        self._pids = set(psutil.pids())
        for pid in self.live.keys() - self._pids:
            self._end(pid, now_s)
        self._ended = {pid: ended for pid, ended in self._ended.items() if now_s - ended[0] <= _KNOWN_S}
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
            stat = read_stat(pid)
            known, last = self.live.get(pid), self._looks.get(pid)
            if known is None or last is None or last.stat.start_ticks != stat.start_ticks:
                known = last = None
            identified_s = last.identified_s if last else -math.inf
            if known is None or last is None or last.stat.comm != stat.comm or now_s - identified_s >= IDENTIFY_S:
                known, identified_s = _identify(pid, known), now_s
        except (psutil.NoSuchProcess, psutil.AccessDenied, OSError):
            return None
        self._looks[pid] = _Look(now_s, identified_s, stat)
        elapsed_s = now_s - last.at_s if last else 0.0
        percent = 100 * (stat.cpu_s - last.stat.cpu_s) / elapsed_s if last and elapsed_s > 0 else 0.0
        return replace(known, cpu_percent=max(percent, 0.0), rss_bytes=stat.rss_bytes, threads=stat.threads)

    def _end(self, pid: int, now_s: float) -> None:
        info = self.live.pop(pid, None)
        self._looks.pop(pid, None)
        if info is not None:
            self._ended[pid] = (now_s, info)


def comm_of(pid: int) -> str:
    """Return the name that a live process has now, empty where there is none."""
    try:
        return os.fsdecode(Path(f"/proc/{pid}/comm").read_bytes().removesuffix(b"\n"))
    except OSError:
        return ""


def read_stat(pid: int) -> Stat:
    """Return what /proc/PID/stat says. OSError where there is no such process."""
    descriptor = os.open(f"/proc/{pid}/stat", os.O_RDONLY)
    try:
        data = os.read(descriptor, _STAT_BYTES)
    finally:
        os.close(descriptor)
    head, _, rest = data.rpartition(b") ")  # the name in parentheses may have any bytes, these too
    words = rest.split()
    user, system, threads, start, pages = (int(words[place]) for place in (11, 12, 17, 19, 21))
    name = head.partition(b" (")[2]
    return Stat(name, start, (user + system) / _TICKS_PER_S, pages * _PAGE_BYTES, threads)


def _identify(pid: int, known: ProcessInfo | None) -> ProcessInfo:
    """Return who a process is; `known`: who it was, where only its name or user may have changed."""
    process = psutil.Process(pid)
    with process.oneshot():
        name, uid = process.name(), process.uids().real
        user = known.user if known and known.uid == uid else process.username()
        command = known.command if known and known.name == name else _command(process, name)
        start = known.start if known else process.create_time()
    return ProcessInfo(pid, start, name, uid, user, command)


def _command(process: psutil.Process, name: str) -> str:
    """Return a process's arguments; its name in brackets where it has none, as kernel threads and zombies."""
    try:
        return " ".join(process.cmdline())[:COMMAND_MOST] or f"[{name}]"
    except psutil.ZombieProcess:
        return f"[{name}]"
