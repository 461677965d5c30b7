"""The table of processes: what the kernel maps count per process beside what /proc knows of it.

Owns: the join with `processes`, rows of processes without counts, and the retirement of those that ended, so that
the kernel's maps do not fill with the dead and no name leaks to the next process of a number. Runs in the tracer.
"""

import time
from collections.abc import Mapping
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from tracetop.bpf import MapSample
from tracetop.model.filter import Filter
from tracetop.model.frame import Cell, Column, ColumnKind, Row
from tracetop.model.program import KeyRole, MapSpec, Unit
from tracetop.model.value_kinds import ValueKind
from tracetop.tracer.aggregate.counters import Keys, as_keys, find, union
from tracetop.tracer.aggregate.joined_table import JoinedTable, pids_of
from tracetop.tracer.aggregate.key_cells import KeyCells
from tracetop.tracer.aggregate.processes import GRACE_S, ProcessInfo, ProcessTable
from tracetop.tracer.aggregate.value_columns import spread

_CROWDED = 0.25
"""The share of a map's entries in use from which the dead are not waited for: the rest may fill in one interval."""
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

    def __init__(self, specs: tuple[MapSpec, ...], cells: KeyCells, processes: ProcessTable) -> None:
        super().__init__(specs, cells, shown=tuple(s for s in specs if s.kind is not ValueKind.STRING))
        self.processes = processes
        self.key_columns = _BEFORE
        self._filter = Filter()
        self._starts: dict[int, float] = {}
        """Which process each number named at the last update, by its start."""
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

    def update(self, samples: Mapping[str, MapSample], elapsed_s: float) -> None:
        """Look at /proc, at the busiest of the last interval first; join the samples, and live processes without any.

        What was counted before a number came to name another process stays in the sums, under nobody's name.
        """
        self.processes.refresh(self._busiest())
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
        pids = pids_of(self.specs[0], self.keys)
        gone = {pid for pid in pids if not self.processes.is_live(pid)}
        self._gone_since_s = {pid: self._gone_since_s.get(pid, now_s) for pid in gone}
        crowded = len(pids) > _CROWDED * min(spec.max_entries for spec in self.specs)
        grace_s = 0.0 if crowded else GRACE_S
        old = np.array([pid in gone and now_s - self._gone_since_s[pid] > grace_s for pid in pids], dtype=bool)
        dead: Keys = self.keys[old]
        if len(dead):
            self._keep_totals(old)
            self.numbers = [numbers[~old] for numbers in self.numbers]
            self._take(self.keys[~old])
        return dead

    def sums(self) -> tuple[int | float | None, ...]:
        """Return the sums: those of live processes of what /proc knows, and of all that was ever counted."""
        live = [info for info in self._infos if info and self.processes.is_live(info.pid)]
        percent, threads = round(sum(info.cpu_percent for info in live), 1), sum(info.threads for info in live)
        before = [{"cpu_percent": percent, "threads": threads}.get(column.id) for column in _BEFORE]
        pairs = zip(self.value_sums(), self._retired, strict=True)
        counted = [kept + int(more) if isinstance(kept, int) else kept for kept, more in pairs]
        return (*before, *counted, *[None] * len(_AFTER))

    def _admit(self) -> None:
        live = self.processes.live.items()
        self._admitted = {pid for pid, info in live if self._filter.matches(pid, info.name)}

    def _busiest(self) -> list[int]:
        """Return the processes that were active at the last read, by the first of the columns."""
        if not self.numbers:
            return []
        order = np.argsort(-self.numbers[0], kind="stable")
        return pids_of(self.specs[0], self.keys[order[self.numbers[0][order] > 0]])

    def _begin_anew(self) -> None:
        """Count anew the numbers that name another process than at the last update."""
        known = ((pid, self.processes.get(pid), start) for pid, start in self._starts.items())
        reborn = {pid for pid, info, start in known if info and info.start != start}
        if reborn:
            keys = _as_keys(reborn)
            self._keep_totals(find(keys, self.keys)[1])
            self.rebase(keys)

    def _keep_totals(self, leaving: NDArray[np.bool_]) -> None:
        """Let the sums keep the totals of these rows."""
        for place, column in enumerate(self.value_columns):
            if column.kind is ColumnKind.TOTAL and self.numbers:
                self._retired[place] += float(self.numbers[place][leaving].sum())

    def _visible(self) -> NDArray[np.bool_]:
        """Show the live ones that the filter lets through, and all that counted something since the last reset."""
        live = [info is not None and info.pid in self._admitted for info in self._infos]
        counted = [numbers != 0 for numbers in self.numbers] or [np.zeros(len(live), dtype=bool)]
        visible: NDArray[np.bool_] = np.array(live, dtype=bool) | np.any(counted, axis=0)
        return visible

    def _take(self, keys: Keys) -> None:
        """Make these the rows, and look up which processes they are."""
        self.keys = keys
        pids = pids_of(self.specs[0], keys)
        self._infos = [self.processes.get(pid) for pid in pids]
        self._starts = {info.pid: info.start for info in self._infos if info}

    def _key_values(self) -> list[Cell]:
        by = next((column.id for column in _BEFORE + _AFTER if column.id == self.sort.column), "pid")
        rows = zip(pids_of(self.specs[0], self.keys), self._infos, self.keys, strict=True)
        return [self._known(pid, info, key.tobytes()).get(by) for pid, info, key in rows]

    def _rows(self, top: NDArray[np.intp]) -> list[Row]:
        pids = pids_of(self.specs[0], self.keys)
        rows = []
        for index in top.tolist():
            pid, info, key = pids[index], self._infos[index], self.keys[index].tobytes()
            known = self._known(pid, info, key)
            before, after = ([known.get(column.id) for column in columns] for columns in (_BEFORE, _AFTER))
            rows.append(
                Row(
                    id=info.identity if info else f"{pid}:",
                    cells=(*before, *self._values(index, key), *after),
                    pid=pid,
                    comm=str(known["name"] or ""),
                    exited=not self.processes.is_live(pid),
                )
            )
        return rows

    def _known(self, pid: int, info: ProcessInfo | None, key: bytes) -> dict[str, Cell]:
        """Return what is known of a process, by the ids of columns."""
        if info is None:  # too short-lived for /proc; the script may have kept its name
            name = next((text for spec in self.specs if (text := self.text_of(spec.name, key))), None)
            return {"pid": pid, "name": name}
        known: dict[str, Cell] = {"pid": pid, "name": info.name, "user": info.user, "command": info.command}
        known["started"] = datetime.fromtimestamp(info.start).isoformat(sep=" ", timespec="seconds")
        if self.processes.is_live(pid):
            known |= {"cpu_percent": round(info.cpu_percent, 1), "rss_bytes": info.rss_bytes, "threads": info.threads}
        return known


def _as_keys(pids: set[int]) -> Keys:
    return as_keys(np.array(sorted(pids), dtype=np.uint32).view(np.uint8).reshape(-1, 4))


def is_process_map(spec: MapSpec) -> bool:
    """Say whether a map is keyed by a process and nothing else."""
    return spec.key_size == 4 and [part.role for part in spec.keys] == [KeyRole.PID]
