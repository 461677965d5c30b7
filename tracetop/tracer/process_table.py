"""The table of processes: what the kernel maps count per process beside what /proc knows of it.

Owns: the join with `processes`, rows of processes without counts, and the retirement of those that ended, so that
the kernel's maps do not fill with the dead and no name leaks to the next process of a number. Runs in the tracer.
"""

import time
from collections.abc import Mapping
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from tracetop.bpf.merge import MapSample
from tracetop.model.control import Filter
from tracetop.model.frame import Cell, Column, ColumnKind, Row
from tracetop.model.program import KeyRole, MapSpec, Unit, ValueKind
from tracetop.tracer.counters import Keys, align, as_keys, union
from tracetop.tracer.keys import KeyCells
from tracetop.tracer.processes import GRACE_S, ProcessInfo, ProcessTable
from tracetop.tracer.tables import JoinedTable

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
        super().__init__(specs, cells, processes, shown=tuple(s for s in specs if s.kind is not ValueKind.STRING))
        self.key_columns = _BEFORE
        self.filter = Filter()
        self._gone_since_s: dict[int, float] = {}
        self._retired: list[float] = [0.0] * len(self.value_columns)
        self._infos: list[ProcessInfo | None] = []

    @property
    def columns(self) -> tuple[Column, ...]:
        """What /proc knows, what the maps count, and last the command line, which takes what width is left."""
        return self.key_columns + self.value_columns + _AFTER

    def reset(self) -> None:
        """Count totals anew."""
        super().reset()
        self._retired = [0.0] * len(self.value_columns)

    def update(self, samples: Mapping[str, MapSample], elapsed_s: float) -> None:
        """Join the samples, refresh /proc for those that were active, and add live processes without counts."""
        super().update(samples, elapsed_s)
        active = self._pids(self.keys[self.numbers[0] > 0]) if self.numbers else []
        reborn = self.processes.refresh(active)
        if reborn:
            self.rebase(self._as_keys(reborn))
        live = [pid for pid, info in self.processes.live.items() if self.filter.matches(pid, info.name)]
        keys = union([self.keys, self._as_keys(live)])
        self.numbers = [align(self.keys, keys, column) for column in self.numbers]
        self.keys = keys
        self._infos = [self.processes.get(pid) for pid in self._pids(keys)]

    def retire(self) -> Keys:
        """Return the keys of processes that ended a while ago, for the caller to delete; the sums keep their totals."""
        now_s = time.monotonic()
        pids = self._pids(self.keys)
        gone = {pid for pid in pids if pid not in self.processes.live}
        self._gone_since_s = {pid: self._gone_since_s.get(pid, now_s) for pid in gone}
        old = np.array([now_s - self._gone_since_s.get(pid, now_s) > GRACE_S for pid in pids], dtype=bool)
        for place, column in enumerate(self.value_columns):
            if column.kind is ColumnKind.TOTAL:
                self._retired[place] += float(self.numbers[place][old].sum())
        dead: Keys = self.keys[old]
        return dead

    def sums(self) -> list[int | float | None]:
        """Return the sums, those of retired processes included; then none for the columns behind."""
        kept = super().sums()
        pairs = zip(kept, self._retired, strict=True)
        with_retired = [cell + int(more) if isinstance(cell, int) else cell for cell, more in pairs]
        return [*with_retired, *[None] * len(_AFTER)]

    def _as_keys(self, pids: list[int] | set[int]) -> Keys:
        return as_keys(np.array(sorted(pids), dtype=np.uint32).view(np.uint8).reshape(-1, 4))

    def _key_values(self) -> list[Cell]:
        names = [column.id for column in self.columns]
        place = names.index(self.sort.column) if self.sort.column in names else 0
        pids = self._pids(self.keys)
        if place >= len(self.key_columns):
            place -= len(self.value_columns)
        pairs = zip(pids, self._infos, strict=True)
        return [(*self._before(pid, info, b""), *self._after(info))[place] for pid, info in pairs]

    def _rows(self, top: NDArray[np.intp]) -> list[Row]:
        pids = self._pids(self.keys)
        rows = []
        for index in top.tolist():
            pid, info, key = pids[index], self._infos[index], self.keys[index].tobytes()
            before = self._before(pid, info, key)
            rows.append(
                Row(
                    id=info.identity if info else f"{pid}:",
                    cells=(*before, *self._values(index, key), *self._after(info)),
                    pid=pid,
                    comm=str(before[1] or ""),
                    exited=pid not in self.processes.live,
                )
            )
        return rows

    def _before(self, pid: int, info: ProcessInfo | None, key: bytes) -> tuple[Cell, ...]:
        if info is None:  # too short-lived for /proc; the script may have kept its name
            name = next((text for spec in self.specs if (text := self.text_of(spec.name, key))), None)
            return (pid, name, None, None, None, None)
        return (pid, info.name, info.user, round(info.cpu_percent, 1), info.rss_bytes, info.threads)

    @staticmethod
    def _after(info: ProcessInfo | None) -> tuple[Cell, ...]:
        if info is None:
            return (None, None)
        return (datetime.fromtimestamp(info.start).isoformat(sep=" ", timespec="seconds"), info.command)
