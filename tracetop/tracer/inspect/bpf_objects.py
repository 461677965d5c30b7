"""The BPF programs and maps of the machine as two tables: who holds them, what they hang on, what they cost.

Owns: rates between two reads, names, the order of rows. Refuses to own: switching the kernel's statistics on (what
reads does). Runs in the tracer or in the process that answers one question, as root.
"""

import os
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from tracetop.bpf import (
    Holders,
    LoadedMap,
    LoadedProgram,
    RunningKernel,
    check_all_programs,
    find_holders,
    loaded_maps,
    loaded_programs,
)
from tracetop.model.filter import Filter
from tracetop.model.frame import Cell, Column, ColumnKind, Row, Sort, Table
from tracetop.model.program import KeyRole, Unit
from tracetop.tracer.aggregate.processes import comm_of

OURS = "tracetop"
"""The owner of tracetop's own programs and maps."""
_HOLDERS_EVERY_S = 10.0
"""How long owners and hooks are taken for the same while no program or map comes or goes."""
_PREFIXES = {
    "bpf_prog_type": "BPF_PROG_TYPE_",
    "bpf_map_type": "BPF_MAP_TYPE_",
    "bpf_link_type": "BPF_LINK_TYPE_",
    "bpf_attach_type": "BPF_",
}
_OWNER = (
    Column("id", "id", ColumnKind.KEY, role=KeyRole.TID),
    Column("pid", "pid", ColumnKind.KEY, role=KeyRole.PID),
    Column("owner", "owner", ColumnKind.TEXT, role=KeyRole.COMM),
)
_PROGRAM_COLUMNS = (
    *_OWNER,
    Column("cpu_percent", "cpu%", ColumnKind.PERCENT),
    Column("runs_per_s", "runs/s", ColumnKind.RATE),
    Column("ns_per_run", "per run", ColumnKind.VALUE, Unit.NS),
    Column("memory_bytes", "memory", ColumnKind.VALUE, Unit.BYTES),
    Column("loaded", "loaded", ColumnKind.TEXT),
    Column("type", "type", ColumnKind.TEXT),
    Column("name", "name", ColumnKind.TEXT),
    Column("hook", "attached to", ColumnKind.TEXT),
)
_MAP_COLUMNS = (
    *_OWNER,
    Column("memory_bytes", "memory", ColumnKind.VALUE, Unit.BYTES),
    Column("entries", "entries", ColumnKind.VALUE),
    Column("key_bytes", "key", ColumnKind.VALUE, Unit.BYTES),
    Column("value_bytes", "value", ColumnKind.VALUE, Unit.BYTES),
    Column("type", "type", ColumnKind.TEXT),
    Column("name", "name", ColumnKind.TEXT),
    Column("programs", "programs", ColumnKind.TEXT),
)


class ObjectTable:
    """Rows in the order that was asked for."""

    def __init__(self, name: str, columns: tuple[Column, ...], sort: Sort, limit: int) -> None:
        self.name = name
        self.columns = columns
        self.sort = sort
        self.limit = limit
        self._rows: list[Row] = []

    def update(self, rows: Iterable[Row], filter_: Filter) -> None:
        """Take what there is now, of what the filter lets through."""
        self._rows = [row for row in rows if not filter_ or (row.pid and filter_.matches(row.pid, row.comm))]

    def table(self) -> Table:
        """Return the top rows, those without a value in the sort's column last."""
        place = next(i for i, column in enumerate(self.columns) if column.id == self.sort.column)
        there = [row for row in self._rows if row.cells[place] is not None]
        there.sort(key=lambda row: row.cells[place], reverse=self.sort.descending)  # type: ignore[arg-type, return-value]
        rows = there + [row for row in self._rows if row.cells[place] is None]
        return Table(
            name=self.name,
            columns=self.columns,
            rows=tuple(rows[: self.limit]),
            rows_total=len(rows),
            sums=tuple(self._sum(i, column) for i, column in enumerate(self.columns)),
            sort=self.sort,
        )

    def _sum(self, place: int, column: Column) -> float | int | None:
        if column.id not in ("cpu_percent", "memory_bytes"):
            return None
        found = (row.cells[place] for row in self._rows)
        return round(sum(cell for cell in found if isinstance(cell, int | float)), 3)


class ProgramTables:
    """What is loaded, from read to read. Rates need the kernel's statistics on since the read before."""

    def __init__(self, kernel: RunningKernel, limit: int) -> None:
        """PrivilegeError where the kernel does not show what others have loaded."""
        check_all_programs()
        self.programs = ObjectTable("programs", _PROGRAM_COLUMNS, Sort("cpu_percent"), limit)
        self.maps = ObjectTable("maps", _MAP_COLUMNS, Sort("memory_bytes"), limit)
        self._kernel = kernel
        self._filter = Filter()
        self._counters: dict[int, tuple[int, int]] | None = None
        """Nanoseconds and runs by program, at the read before."""
        self._read_s = 0.0
        self._holders = Holders({}, {}, {})
        self._held: tuple[frozenset[int], frozenset[int]] = frozenset(), frozenset()
        self._held_s = -_HOLDERS_EVERY_S

    def follow(self, filter_: Filter) -> None:
        """From the next read on, show what the processes hold that the filter lets through."""
        self._filter = filter_

    def read(self, *, measured: bool) -> None:
        """Look at every program and map; `measured`: the statistics are on, and were at the read before."""
        now_s = time.monotonic()
        elapsed_s, self._read_s = now_s - self._read_s, now_s
        programs, maps = list(loaded_programs()), list(loaded_maps())
        self._find_holders(programs, maps, now_s)
        before = self._counters if measured else None
        self._counters = {each.id: (each.run_time_ns, each.run_cnt) for each in programs}
        self.programs.update(self._program_rows(programs, before, elapsed_s), self._filter)
        self.maps.update(self._map_rows(programs, maps), self._filter)

    def _program_rows(
        self, programs: Sequence[LoadedProgram], before: Mapping[int, tuple[int, int]] | None, elapsed_s: float
    ) -> Iterator[Row]:
        booted_s = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
        for each in programs:
            yield self._row(
                each.id,
                self._holders.programs,
                *_rates(each, before, elapsed_s),
                each.memory_bytes,
                datetime.fromtimestamp(booted_s + each.loaded_ns / 1e9).isoformat(sep=" ", timespec="seconds"),
                self._type("bpf_prog_type", each.type),
                each.name,
                ", ".join(self._holders.hooks.get(each.id, ())) or self._function(each.attach_btf_id) or None,
            )

    def _map_rows(self, programs: Sequence[LoadedProgram], maps: Sequence[LoadedMap]) -> Iterator[Row]:
        for each in maps:
            users = [str(program.id) for program in programs if each.id in program.map_ids]
            yield self._row(
                each.id,
                self._holders.maps,
                each.memory_bytes,
                each.max_entries,
                each.key_bytes,
                each.value_bytes,
                self._type("bpf_map_type", each.type),
                each.name,
                ", ".join(users) or None,
            )

    def _find_holders(self, programs: Sequence[LoadedProgram], maps: Sequence[LoadedMap], now_s: float) -> None:
        held = frozenset(each.id for each in programs), frozenset(each.id for each in maps)
        if held != self._held or now_s - self._held_s >= _HOLDERS_EVERY_S:
            self._holders = find_holders(self._type, self._function)
            self._held, self._held_s = held, now_s

    def _row(self, number: int, holders: Mapping[int, tuple[int, ...]], *cells: Cell) -> Row:
        pids = holders.get(number, ())
        if not pids:
            return Row(str(number), (number, None, None, *cells))
        comm = comm_of(pids[0])
        owner = OURS if _is_ours(pids[0]) else comm
        more = f" +{len(pids) - 1}" if len(pids) > 1 else ""
        return Row(str(number), (number, pids[0], owner + more, *cells), pids[0], comm)

    def _type(self, enum: str, value: int) -> str:
        name = self._kernel.enum_names(enum).get(value)
        return name.removeprefix(_PREFIXES[enum]).lower() if name else str(value)

    def _function(self, number: int) -> str:
        """Return the name of the kernel function that a program is bound to, by its number in BTF."""
        return self._kernel.type_name(number) if number else ""


def _rates(
    program: LoadedProgram, before: Mapping[int, tuple[int, int]] | None, elapsed_s: float
) -> tuple[float | None, float | None, float | None]:
    """Return percent of one core, runs per second and nanoseconds per run since the read before."""
    if before is None:
        return None, None, None
    ns_before, runs_before = before.get(program.id, (0, 0))
    ns, runs = program.run_time_ns - ns_before, program.run_cnt - runs_before
    return round(ns / elapsed_s / 1e7, 3), round(runs / elapsed_s, 1), round(ns / runs, 1) if runs else None


def _is_ours(pid: int) -> bool:
    """Say whether a process is a tracer of tracetop's: this one, or one of another screen's."""
    if pid == os.getpid():
        return True
    with suppress(OSError):
        return b"tracetop.tracer" in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    return False
