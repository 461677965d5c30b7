"""The table of processes: what the kernel maps count per process beside what /proc knows of it.

Owns: the join with `processes`, rows of processes without counts, and the retirement of those that ended, so that
the kernel's maps do not fill with the dead and no name leaks to the next process of a number. Runs in the tracer.
"""

import time
from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from tracetop.bpf import MapSample
from tracetop.model.filter import Filter
from tracetop.model.frame import Cell, Column, ColumnKind, Row
from tracetop.model.program import ENDED_MAP, KeyRole, MapSpec, Unit
from tracetop.model.value_kinds import ValueKind
from tracetop.tracer.aggregate.counters import Keys, as_keys, as_rows, find, union
from tracetop.tracer.aggregate.ended_processes import EndedProcess, EndedProcesses
from tracetop.tracer.aggregate.joined_table import JoinedTable, pids_of
from tracetop.tracer.aggregate.key_cells import KeyCells
from tracetop.tracer.aggregate.processes import GRACE_S, ProcessInfo, ProcessTable
from tracetop.tracer.aggregate.value_columns import spread

_CROWDED = 0.25
"""The share of a map's entries in use from which the dead are not waited for: the rest may fill in one interval."""
_PID_BYTES = 4
"""A row's key has as many again, the generation: 0 for a process that has its number still."""
_BEFORE = (
    Column("pid", "pid", ColumnKind.KEY, role=KeyRole.PID),
    Column("name", "name", ColumnKind.TEXT, role=KeyRole.COMM),
    Column("user", "user", ColumnKind.TEXT),
    Column("cpu_percent", "cpu%", ColumnKind.PERCENT),
    Column("rss_bytes", "rss", ColumnKind.VALUE, Unit.BYTES),
    Column("threads", "thr", ColumnKind.VALUE),
)
_AFTER = (Column("started", "started", ColumnKind.TEXT), Column("command", "command", ColumnKind.TEXT))


class ProcessCounts(JoinedTable):
    """A joined table whose key is a process."""

    def __init__(
        self,
        specs: tuple[MapSpec, ...],
        cells: KeyCells,
        processes: ProcessTable,
        ended: EndedProcesses | None = None,
    ) -> None:
        """`ended`: what the kernel tells of numbers that are used again; None where it does not."""
        super().__init__(specs, cells, shown=tuple(s for s in specs if s.kind is not ValueKind.STRING))
        self.processes = processes
        self.key_columns = _BEFORE
        self.keys = _rows_keys(self.keys)
        self._filter = Filter()
        self.ended = ended
        self._before: dict[int, ProcessInfo] = {}
        """Which process each number named at the last update."""
        self._unclear: set[int] = set()
        """Numbers that name another process by now, says /proc; the kernel will say so at the next update."""
        self._gone_since_s: dict[int, float] = {}
        self._retired: list[float] = [0.0] * len(self.value_columns)
        self._infos: list[ProcessInfo | None] = []
        self._admitted: set[int] = set()
        """The live processes that the filter lets through."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """What /proc knows, what the maps count, and last the command line, which takes what width is left."""
        return self.key_columns + self.value_columns + _AFTER

    def follow(self, filter_: Filter) -> None:
        """Show, of the processes without counts, those that the filter lets through."""
        self._filter = filter_
        self._admit()

    def reset(self) -> None:
        """Count totals anew."""
        super().reset()
        self._retired = [0.0] * len(self.value_columns)
        if self.ended:
            self.ended.rows.clear()

    def update(self, samples: Mapping[str, MapSample], elapsed_s: float) -> None:
        """Look at /proc, at the busiest of the last interval first; join the samples, and live processes without any.

        What was counted before a number came to name another process stays in the sums, under nobody's name.
        """
        if self.ended:
            self._put_aside(self.ended, samples[ENDED_MAP], elapsed_s)
        first = self.numbers[0] if self.numbers else np.empty(0)
        self.processes.refresh(_busiest(self.specs[0], _living(self.keys), first))
        self._begin_anew()
        super().update(samples, elapsed_s)
        self._admit()
        keys = union([self.keys, _as_keys(self._admitted)])
        pairs = zip(self.value_columns, self.numbers, strict=True)
        self.numbers = [spread(column, numbers, self.keys, keys) for column, numbers in pairs]
        self._take(keys)

    def retire(self) -> Keys:
        """Drop the rows of processes that ended a while ago, whose totals stay in the sums.

        Where a map fills they have gone by the next tick. Returns their keys, for the caller to delete from the maps.
        """
        now_s = time.monotonic()
        keys = _living(self.keys)
        pids = pids_of(self.specs[0], keys)
        gone = {pid for pid in pids if not self.processes.is_live(pid)}
        self._gone_since_s = {pid: self._gone_since_s.get(pid, now_s) for pid in gone}
        crowded = len(pids) > _CROWDED * min(spec.max_entries for spec in self.specs)
        grace_s = 0.0 if crowded else GRACE_S
        old = np.array([pid in gone and now_s - self._gone_since_s[pid] > grace_s for pid in pids], dtype=bool)
        dead: Keys = keys[old]
        over = list(self.ended.retire()) if self.ended else []
        if len(dead) or over:
            self._keep_totals(old, over)
            self.numbers = [numbers[: len(keys)][~old] for numbers in self.numbers]
            for pid in pids_of(self.specs[0], dead):  # no name of it is for the next of its number
                self.processes.forget(pid)
                del self._gone_since_s[pid]
            self._take(keys[~old])
        return dead

    def sums(self) -> tuple[int | float | None, ...]:
        """Return the sums: those of live processes of what /proc knows, and of all that was ever counted."""
        infos = self._infos[: len(_living(self.keys))]
        live = [info for info in infos if info and self.processes.is_live(info.pid)]
        percent, threads = round(sum(info.cpu_percent for info in live), 1), sum(info.threads for info in live)
        before = [{"cpu_percent": percent, "threads": threads}.get(column.id) for column in _BEFORE]
        pairs = zip(self.value_sums(), self._retired, strict=True)
        counted = [kept + int(more) if isinstance(kept, int) else kept for kept, more in pairs]
        return (*before, *counted, *[None] * len(_AFTER))

    def _admit(self) -> None:
        live = self.processes.live.items()
        self._admitted = {pid for pid, info in live if self._filter.matches(pid, info.name)}

    def _put_aside(self, ended: EndedProcesses, sample: MapSample, elapsed_s: float) -> None:
        """Make rows of those whose number names another by now; that one counts from zero, and is looked up anew."""
        ended.rest(self.value_columns)
        for told in ended.told(sample):
            info = self._before.pop(told.pid, None)
            ended.add(told, info, ended.close(told, self.shown, self._counters, elapsed_s))
            self.processes.forget(told.pid)

    def _begin_anew(self) -> None:
        """Count anew the numbers that name another process than at the last update.

        Where the kernel tells which these are, those are left that it has not told of at the next update either: of a
        process that ended, and another that began, while the script was switched off.
        """
        known = ((pid, self.processes.get(pid), before.start) for pid, before in self._before.items())
        reborn = {pid for pid, info, start in known if info and info.start != start}
        if self.ended:
            reborn, self._unclear = reborn & self._unclear, reborn - self._unclear
        if reborn:
            keys = _as_keys(reborn)
            self._keep_totals(find(keys, _living(self.keys))[1])
            self.rebase(keys)

    def _keep_totals(self, leaving: NDArray[np.bool_], ended: Sequence[EndedProcess] = ()) -> None:
        """Let the sums keep the totals of these rows: of living ones, and of others."""
        for place, column in enumerate(self.value_columns):
            if column.kind is ColumnKind.TOTAL and self.numbers:
                self._retired[place] += float(self.numbers[place][: len(leaving)][leaving].sum())
                self._retired[place] += sum(process.numbers[place] for process in ended)

    def _visible(self) -> NDArray[np.bool_]:
        """Show the live ones that the filter lets through, and all that counted something since the last reset."""
        living = len(_living(self.keys))
        live = [info is not None and info.pid in self._admitted for info in self._infos[:living]]
        live += [False] * (len(self._infos) - living)
        counted = [numbers != 0 for numbers in self.numbers] or [np.zeros(len(live), dtype=bool)]
        visible: NDArray[np.bool_] = np.array(live, dtype=bool) | np.any(counted, axis=0)
        return visible

    def _take(self, keys: Keys) -> None:
        """Make these the rows, and those of processes whose number names another; look up which processes they are."""
        pids = pids_of(self.specs[0], keys)
        ended = list(self.ended.rows.values()) if self.ended else []
        before = {pid: self._before.get(pid) for pid in self._unclear}
        self._infos = [before.get(pid) or self.processes.get(pid) for pid in pids]
        self._before = {info.pid: info for info in self._infos if info}
        self._infos += [process.info for process in ended]
        self.keys = _rows_keys(keys, [(process.pid, process.generation) for process in ended])
        more = np.array([process.numbers for process in ended], dtype=np.float64).reshape(-1, len(self.value_columns))
        self.numbers = [np.concatenate([numbers, more[:, i]]) for i, numbers in enumerate(self.numbers)]

    def _key_values(self) -> list[Cell]:
        by = next((column.id for column in _BEFORE + _AFTER if column.id == self.sort.column), "pid")
        rows = zip(pids_of(self.specs[0], self.keys), self._infos, self.keys, strict=True)
        return [self._known(pid, info, key.tobytes()).get(by) for pid, info, key in rows]

    def _rows(self, top: NDArray[np.intp]) -> list[Row]:
        pids = pids_of(self.specs[0], self.keys)
        rows = []
        for index in top.tolist():
            pid, info, key = pids[index], self._infos[index], self.keys[index].tobytes()
            known, ended = self._known(pid, info, key), self.ended.at(key[_PID_BYTES:]) if self.ended else None
            before, after = ([known.get(column.id) for column in columns] for columns in (_BEFORE, _AFTER))
            rows.append(
                Row(
                    id=ended.identity if ended else info.identity if info else f"{pid}:",
                    cells=(*before, *self._values(index, key), *after),
                    pid=pid,
                    comm=str(known["name"] or ""),
                    exited=ended is not None or not self.processes.is_live(pid),
                )
            )
        return rows

    def _known(self, pid: int, info: ProcessInfo | None, key: bytes) -> dict[str, Cell]:
        """Return what is known of a process, by the ids of columns."""
        ended = self.ended.at(key[_PID_BYTES:]) if self.ended else None
        if info is None:  # too short-lived for /proc; the script may have kept its name
            name = next((text for spec in self.specs if (text := self.text_of(spec.name, key))), None)
            return {"pid": pid, "name": ended.name if ended else name}
        known: dict[str, Cell] = {"pid": pid, "name": info.name, "user": info.user, "command": info.command}
        known["started"] = datetime.fromtimestamp(info.start).isoformat(sep=" ", timespec="seconds")
        if not ended and self.processes.is_live(pid):
            known |= {"cpu_percent": round(info.cpu_percent, 1), "rss_bytes": info.rss_bytes, "threads": info.threads}
        return known

    def text_of(self, map_name: str, key: bytes) -> Cell:
        """Return what a map whose values are texts has for a row's key."""
        return None if any(key[_PID_BYTES:]) else super().text_of(map_name, key[:_PID_BYTES])


def _as_keys(pids: set[int]) -> Keys:
    return as_keys(np.array(sorted(pids), dtype=np.uint32).view(np.uint8).reshape(-1, 4))


def _living(rows_keys: Keys) -> Keys:
    """Return the processes that have their number still, or had it last, as the kernel's keys."""
    rows = as_rows(rows_keys)
    return as_keys(rows[~rows[:, _PID_BYTES:].any(axis=1), :_PID_BYTES])


def _busiest(spec: MapSpec, living: Keys, numbers: NDArray[np.float64]) -> list[int]:
    """Return the processes that were active at the last read, by the first of the columns, whose numbers these are."""
    numbers = numbers[: len(living)]
    order = np.argsort(-numbers, kind="stable")
    return pids_of(spec, living[order[numbers[order] > 0]])


def _rows_keys(keys: Keys, ended: Sequence[tuple[int, int]] = ()) -> Keys:
    """Return the kernel's keys as those of rows, then those of (process, generation)."""
    rows = as_rows(keys)
    more = np.array(ended, dtype=np.uint32).reshape(-1, 2).view(np.uint8)
    return as_keys(np.concatenate([np.hstack([rows, np.zeros_like(rows)]), more.reshape(-1, 2 * _PID_BYTES)]))


def is_process_map(spec: MapSpec) -> bool:
    """Say whether a map is keyed by a process and nothing else."""
    return spec.key_size == 4 and [part.role for part in spec.keys] == [KeyRole.PID]
