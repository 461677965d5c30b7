"""Numbers that are used again: what the kernel says of those that ended, and their rows beside the new one's."""

import struct
from collections.abc import Sequence

import numpy as np
from msgspec import structs

from tests.tracer.fake_proc import FakeProc, FakeProcess
from tests.tracer.specs import PID, Value, part, sample, spec
from tracetop.bpf import MapSample
from tracetop.model.frame import Row, Table
from tracetop.model.program import ENDED_MAP, KeyRole
from tracetop.model.value import Shape, ValuePart, ValueType
from tracetop.model.value_kinds import ValueKind
from tracetop.tracer.aggregate.ended_processes import EndedProcesses
from tracetop.tracer.aggregate.key_cells import KeyCells
from tracetop.tracer.aggregate.process_table import ProcessCounts
from tracetop.tracer.aggregate.processes import GRACE_S, ProcessTable

COUNTS = spec("@calls", keys=(PID,))
_NAME = ValuePart(offset=0, type=ValueType(shape=Shape.STRING, size=16))
_TUPLE = ValueType(shape=Shape.TUPLE, size=24, parts=(_NAME, ValuePart(offset=16, type=ValueType())))
ENDED = structs.replace(
    spec(ENDED_MAP, ValueKind.VALUE, (part(KeyRole.TID), part(KeyRole.INTEGER, 8, 8)), key_size=16),
    value=_TUPLE,
    value_size=24,
)
Entry = tuple[int, int, bytes, int]
"""Process, time, name, and what it had counted."""


def ended_sample(entries: Sequence[Entry]) -> MapSample:
    keys = b"".join(struct.pack("=IIQ", pid, 0, time) for pid, time, _, _ in entries)
    values = b"".join(struct.pack("=16sq", name, count) for _, _, name, count in entries)
    return MapSample(
        np.frombuffer(keys, np.uint8).reshape(-1, 16).copy(), np.frombuffer(values, np.uint8).reshape(-1, 24).copy()
    )


class Ticks:
    """A table of processes, fed a tick at a time."""

    def __init__(self, proc: FakeProc, cells: KeyCells) -> None:
        self.proc = proc
        self.table = ProcessCounts((COUNTS,), cells, ProcessTable(), EndedProcesses(ENDED, ("@calls",), cells))

    def tick(self, counts: dict[int, Value], *ended: Entry, seconds: float = 1.0) -> Table:
        self.proc.now_s += seconds
        self.table.update({COUNTS.name: sample(counts, COUNTS), ENDED_MAP: ended_sample(ended)}, seconds)
        self.table.retire()
        assert self.table.ended
        assert len(self.table.ended.read_keys()) == len(ended)
        return self.table.table()


def shown(table: Table) -> list[tuple[object, ...]]:
    """Return name, rate and total of each row, and whether its process has ended."""
    places = [[c.id for c in table.columns].index(name) for name in ("name", "calls_per_s", "calls_total")]
    rows = [(*(row.cells[place] for place in places), row.exited) for row in table.rows]
    return sorted(rows, key=lambda row: str(row[0]))


def total(table: Table) -> object:
    return table.sums[[c.id for c in table.columns].index("calls_total")]


def test_both_have_a_row_with_what_each_counted(proc: FakeProc, cells: KeyCells) -> None:
    """The new one has counted more than the old one: a smaller number is not what tells them apart."""
    ticks = Ticks(proc, cells)
    proc.table = {5: FakeProcess(1000.0, "old")}
    ticks.tick({5: 100})
    proc.table = {5: FakeProcess(1000.5, "new")}
    table = ticks.tick({5: 300}, (5, 7, b"old", 110))
    assert shown(table) == [("new", 300.0, 300, False), ("old", 10.0, 110, True)]
    assert len({row.id for row in table.rows}) == 2
    assert total(table) == 410
    later = ticks.tick({5: 301})
    assert shown(later) == [("new", 1.0, 301, False), ("old", 0.0, 110, True)]


def test_of_several_lives_in_a_tick_only_the_first_was_known(proc: FakeProc, cells: KeyCells) -> None:
    """The others have the names that the kernel kept, and nothing that /proc said of another."""
    ticks = Ticks(proc, cells)
    proc.table = {5: FakeProcess(1000.0, "old", uid=3)}
    ticks.tick({5: 100})
    proc.table = {}
    table = ticks.tick({5: 3}, (5, 9, b"second", 2), (5, 7, b"old", 101))
    assert shown(table) == [(None, 3.0, 3, True), ("old", 1.0, 101, True), ("second", 2.0, 2, True)]
    users = {row.comm: row.cells[[c.id for c in table.columns].index("user")] for row in table.rows}
    assert users == {"old": "user3", "second": None, "": None}


def test_what_was_before_a_reset_is_not_counted(proc: FakeProc, cells: KeyCells) -> None:
    ticks = Ticks(proc, cells)
    ticks.tick({5: 100})
    ticks.table.reset()
    table = ticks.tick({5: 1}, (5, 7, b"old", 130))
    assert ("old", 30.0, 30, True) in shown(table)
    ticks.table.reset()
    assert shown(ticks.tick({5: 2}))[0][1:] == (1.0, 1, True)


def test_its_row_goes_after_the_grace_and_its_total_stays(proc: FakeProc, cells: KeyCells) -> None:
    ticks = Ticks(proc, cells)
    proc.table = {5: FakeProcess(1000.0, "new")}
    ticks.tick({5: 1}, (5, 7, b"old", 130))
    table = ticks.tick({5: 1}, seconds=GRACE_S + 1)
    assert shown(ticks.tick({5: 1})) == [("new", 0.0, 1, False)]
    assert total(table) == 131


def test_proc_shows_the_new_one_before_the_kernel_has_told(proc: FakeProc, cells: KeyCells) -> None:
    """It was born between the reading of the maps and the look at /proc: the row stays the old one's for that tick."""
    ticks = Ticks(proc, cells)
    proc.table = {5: FakeProcess(1000.0, "old")}
    ticks.tick({5: 100})
    proc.table = {5: FakeProcess(1000.5, "new")}
    assert shown(ticks.tick({5: 110})) == [("old", 10.0, 110, False)]
    assert shown(ticks.tick({5: 4}, (5, 7, b"old", 111))) == [("new", 4.0, 4, False), ("old", 1.0, 111, True)]


def test_where_nothing_is_told_at_all_it_counts_anew(proc: FakeProc, cells: KeyCells) -> None:
    """The one ended and the other began while the script was switched off."""
    ticks = Ticks(proc, cells)
    proc.table = {5: FakeProcess(1000.0, "old")}
    ticks.tick({5: 100})
    proc.table = {5: FakeProcess(2000.0, "new")}
    ticks.tick({5: 104})
    table = ticks.tick({5: 109})
    assert shown(table) == [("new", 5.0, 5, False)]
    assert total(table) == 109


def test_a_number_that_was_freed_takes_no_name_along(proc: FakeProc, cells: KeyCells) -> None:
    """Its counts are gone from the maps; a short process of that number, much later, is not the one that was."""
    ticks = Ticks(proc, cells)
    proc.table = {5: FakeProcess(1000.0, "old")}
    ticks.tick({5: 100})
    proc.table = {}
    ticks.tick({5: 100})
    ticks.tick({5: 100}, seconds=GRACE_S + 1)
    rows: tuple[Row, ...] = ticks.tick({5: 3}).rows
    assert [(row.pid, row.comm) for row in rows] == [(5, "")]
