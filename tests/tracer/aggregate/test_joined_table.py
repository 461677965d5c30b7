"""Tables: joins of maps with different keys, sums over all rows, every sort, and who a row belongs to."""

import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from msgspec import structs

from tests.tracer.fake_proc import FakeProc, FakeProcess
from tests.tracer.specs import INTEGER, PID, Value, number_key, part, sample, spec, text_key
from tracetop.model.filter import Filter
from tracetop.model.frame import Cell, ColumnKind, Sort, Table
from tracetop.model.program import KeyRole, MapSpec
from tracetop.model.value import ValueType
from tracetop.model.value_kinds import ValueKind
from tracetop.tracer.aggregate.counters import as_keys
from tracetop.tracer.aggregate.joined_table import JoinedTable
from tracetop.tracer.aggregate.key_cells import KeyCells
from tracetop.tracer.aggregate.process_table import ProcessCounts
from tracetop.tracer.aggregate.processes import GRACE_S, ProcessTable

CALLS, BYTES = spec("@"), spec("@bytes", ValueKind.SUM)
Rows = Mapping[int, Value]


def joined(cells: KeyCells, *specs: MapSpec) -> JoinedTable:
    return JoinedTable(specs, cells)


def feed(table: JoinedTable, *rows: Rows, elapsed_s: float = 1.0) -> Table:
    samples = {one.name: sample(each, one) for one, each in zip(table.specs, rows, strict=True)}
    table.update(samples, elapsed_s)
    return table.table()


def column(table: Table, name: str) -> list[Cell]:
    place = [c.id for c in table.columns].index(name)
    return [row.cells[place] for row in table.rows]


def total(table: Table, name: str) -> float | int | None:
    return table.sums[[c.id for c in table.columns].index(name)]


def by(table: JoinedTable, name: str, *, descending: bool = True) -> Table:
    table.sort = Sort(name, descending)
    return table.table()


def test_maps_with_different_keys_are_joined(cells: KeyCells) -> None:
    """Every key of either map has one row; what a map did not count is zero."""
    table = feed(joined(cells, CALLS, BYTES), {1: 10, 2: 20}, {2: 200, 3: 300}, elapsed_s=2.0)
    rows = {row.cells for row in table.rows}
    assert [c.id for c in table.columns] == ["n", "per_s", "total", "bytes_per_s", "bytes_total"]
    assert rows == {(1, 5.0, 10, 0.0, 0), (2, 10.0, 20, 100.0, 200), (3, 0.0, 0, 150.0, 300)}
    assert table.rows_total == 3


@pytest.mark.parametrize("kind", [ValueKind.MIN, ValueKind.MAX, ValueKind.SCALAR, ValueKind.AVG])
def test_a_value_that_was_never_written_is_none_not_zero(cells: KeyCells, kind: ValueKind) -> None:
    other = spec("@x", kind)
    value: Value = 7 if kind is ValueKind.SCALAR else (7, 1)
    table = feed(joined(cells, CALLS, other), {1: 10, 2: 20}, {2: value})
    name = table.columns[-1].id
    assert dict(zip(column(table, "n"), column(table, name), strict=True)) == {1: None, 2: 7}
    assert total(table, name) is None


def test_rates_are_per_second_and_totals_since_the_reset(cells: KeyCells) -> None:
    table = joined(cells, CALLS)
    feed(table, {1: 100})
    second = feed(table, {1: 130}, elapsed_s=0.5)
    assert (column(second, "per_s"), column(second, "total")) == ([60.0], [130])
    table.reset()
    assert table.table().sums == (None, 0.0, 0)
    assert column(feed(table, {1: 142}), "total") == [12]


def test_a_reset_hides_rows_until_they_count_again(cells: KeyCells) -> None:
    """Whether it comes between two reads or not, and however many keys the map has kept."""
    table = joined(cells, CALLS)
    feed(table, {1: 100, 2: 50})
    table.reset()
    assert (table.table().rows, table.table().rows_total) == ((), 0)
    assert column(feed(table, {1: 100, 2: 51}), "n") == [2]


def test_sums_are_over_all_rows_though_few_are_sent(cells: KeyCells) -> None:
    table = joined(cells, CALLS)
    table.limit = 3
    sent = feed(table, {n: n for n in range(1, 1001)})
    assert (len(sent.rows), sent.rows_total) == (3, 1000)
    assert (total(sent, "total"), total(sent, "per_s"), total(sent, "n")) == (500500, 500500.0, None)
    assert column(sent, "n") == [1000, 999, 998]


def test_a_table_without_a_sample_is_empty(cells: KeyCells) -> None:
    empty = joined(cells, CALLS).table()
    assert (empty.rows, empty.rows_total, empty.sums) == ((), 0, (None, 0.0, 0))
    assert feed(joined(cells, CALLS), {}).rows == ()


@pytest.mark.parametrize("name", ["n", "per_s", "total", "x_avg", "label_string"])
@pytest.mark.parametrize("descending", [True, False])
def test_every_column_can_be_sorted_by(cells: KeyCells, name: str, descending: bool) -> None:
    """Numbers as numbers, texts as texts; rows without a value last, both ways."""
    specs = CALLS, spec("@x", ValueKind.AVG), spec("@label", ValueKind.STRING)
    table = joined(cells, *specs)
    feed(table, {1: 10, 2: 200, 3: 30, 4: 4}, {1: (10, 1), 3: (2, 1), 4: (30, 3)}, {1: b"ax", 2: b"b", 4: b"aab"})
    values = column(by(table, name, descending=descending), name)
    there = [value for value in values if value is not None]
    assert len(values) == 4
    assert there == sorted(there, reverse=descending)
    assert values == there + [None] * (4 - len(there))


def test_equal_rates_are_in_the_order_of_their_totals(cells: KeyCells) -> None:
    table = joined(cells, CALLS)
    feed(table, {1: 5, 2: 50, 3: 500})
    assert column(feed(table, {1: 5, 2: 50, 3: 500}), "n") == [3, 2, 1]


def test_equal_rows_keep_their_order_from_tick_to_tick(cells: KeyCells) -> None:
    """Ties are in the order of the keys, however the kernel returned them."""
    first = feed(joined(cells, CALLS), dict.fromkeys(range(50), 5))
    second = feed(joined(cells, CALLS), dict.fromkeys(reversed(range(50)), 5))
    assert column(first, "n") == column(second, "n") == list(range(50))


def test_rows_are_named_by_their_keys_bytes(cells: KeyCells) -> None:
    assert [row.id for row in feed(joined(cells, CALLS), {258: 1}).rows] == [number_key(258).hex()]


def test_a_row_knows_the_process_and_the_name_to_drill_into(cells: KeyCells) -> None:
    """The name is that of the live process of this number now, or the key's own where it has one."""
    named = spec("@", keys=(PID, part(KeyRole.COMM, 4, 16)))
    table = JoinedTable((named,), cells)
    table.update({"@": sample({number_key(7) + text_key(b"key's own"): 1}, named)}, 1.0)
    (row,) = table.table().rows
    assert (row.pid, row.comm) == (7, "key's own")
    plain = feed(joined(cells, spec("@", keys=(PID,))), {os.getpid(): 1, 0x3FFFFF: 1})
    me = Path("/proc/self/comm").read_text().rstrip("\n")
    assert [(row.pid, row.comm) for row in plain.rows] == [(os.getpid(), me), (0x3FFFFF, "")]


def test_hostile_names_are_passed_on_as_they_are(cells: KeyCells) -> None:
    """Escaping is the sinks' work; nothing is lost or parsed on the way."""
    by_comm = spec("@", keys=(part(KeyRole.COMM, 0, 16, label="comm"),))
    table = JoinedTable((by_comm,), cells)
    names = [b"\x1b[2J", b"[red]", b"a\nb", b"\xff\xfe", "\u202e".encode()]
    table.update({"@": sample({text_key(name): 1 for name in names}, by_comm)}, 1.0)
    assert {row.comm for row in table.table().rows} == {name.decode(errors="surrogateescape") for name in names}


def test_an_average_is_that_of_the_interval_while_there_are_events(cells: KeyCells) -> None:
    table = joined(cells, spec("@", ValueKind.AVG))
    feed(table, {1: (100, 10)})
    assert column(feed(table, {1: (130, 11)}), "avg") == [30.0]
    assert column(feed(table, {1: (130, 11)}), "avg") == [round(130 / 11, 3)]


def test_a_number_that_may_be_an_id_is_shown_as_it_was_written(cells: KeyCells) -> None:
    """An address has more digits than a floating-point number holds; sorted by it, the greatest is first."""
    address = structs.replace(spec("@socket", ValueKind.SCALAR), value=ValueType(signed=False))
    table = joined(cells, address)
    top = 0xFFFF_8881_03C4_D5E7
    feed(table, {1: 7, 2: top - (1 << 64), 3: top - 1 - (1 << 64)})
    found = by(table, "socket_scalar")
    assert [c.kind for c in found.columns] == [ColumnKind.KEY, ColumnKind.ID]
    assert column(found, "socket_scalar") == [top, top - 1, 7]
    assert found.sums == (None, None)


# The table of processes


COUNTS = spec("@calls", keys=(PID,))
NAMES = spec("@name", ValueKind.STRING, (PID,))


def counts(cells: KeyCells, *specs: MapSpec) -> ProcessCounts:
    return ProcessCounts(specs or (COUNTS,), cells, ProcessTable())


def step(proc: FakeProc, table: ProcessCounts, *rows: Rows, seconds: float = 1.0) -> Table:
    """One tick: time passes, samples come, and those long gone are retired."""
    proc.now_s += seconds
    feed(table, *rows, elapsed_s=seconds)
    table.retire()
    return table.table()


def cell(table: Table, pid: int, name: str) -> Cell:
    return dict(zip(column(table, "pid"), column(table, name), strict=True))[pid]


def test_live_processes_without_counts_have_a_row(proc: FakeProc, cells: KeyCells) -> None:
    proc.table = {1: FakeProcess(name="init"), 2: FakeProcess(name="busy")}
    table = step(proc, counts(cells), {2: 40})
    assert sorted(column(table, "pid")) == [1, 2]  # type: ignore[type-var]
    assert (cell(table, 1, "calls_total"), cell(table, 2, "calls_total")) == (0, 40)
    assert table.rows[0].id == "2:1000.00"


def test_a_value_of_a_process_that_has_none_is_none(proc: FakeProc, cells: KeyCells) -> None:
    proc.table = {1: FakeProcess(), 2: FakeProcess()}
    table = step(proc, counts(cells, COUNTS, spec("@most", ValueKind.MAX, (PID,))), {2: 40}, {2: (9, 1)})
    assert (cell(table, 1, "most_max"), cell(table, 2, "most_max")) == (None, 9)


def test_an_exited_process_keeps_its_row_and_name_for_a_while(proc: FakeProc, cells: KeyCells) -> None:
    table = counts(cells)
    proc.table = {2: FakeProcess(name="short", rss=4096)}
    assert [row.exited for row in step(proc, table, {2: 40}).rows] == [False]
    proc.table = {}
    gone = step(proc, table, {2: 41})
    (row,) = gone.rows
    assert (row.exited, row.comm, cell(gone, 2, "calls_total")) == (True, "short", 41)
    assert (cell(gone, 2, "cpu_percent"), cell(gone, 2, "rss_bytes")) == (None, None)


def test_a_process_too_short_lived_for_proc_is_named_by_the_script(proc: FakeProc, cells: KeyCells) -> None:
    table = step(proc, counts(cells, COUNTS, NAMES), {77: 5}, {77: b"flash"})
    assert [(row.pid, row.comm, row.exited) for row in table.rows] == [(77, "flash", True)]
    assert cell(table, 77, "name") == "flash"
    assert "name_string" not in [c.id for c in table.columns]


def test_sums_keep_exactly_what_retired_processes_counted(proc: FakeProc, cells: KeyCells) -> None:
    """Before, at and after the tick that frees their slots; a reset forgets them."""
    table = counts(cells)
    proc.table = {1: FakeProcess(), 2: FakeProcess()}
    assert total(step(proc, table, {1: 1000, 2: 234}), "calls_total") == 1234
    del proc.table[2]
    for _ in range(int(GRACE_S) + 1):
        assert total(step(proc, table, {1: 1000, 2: 234}), "calls_total") == 1234
    after = step(proc, table, {1: 1000, 2: 234})
    assert (column(after, "pid"), total(after, "calls_total")) == ([1], 1234)
    assert total(step(proc, table, {1: 1001}), "calls_total") == 1235
    table.reset()
    assert total(step(proc, table, {1: 1003}), "calls_total") == 2


def test_retire_returns_the_keys_to_free_once(proc: FakeProc, cells: KeyCells) -> None:
    table = counts(cells)
    proc.table = {1: FakeProcess(), 2: FakeProcess()}
    feed(table, {1: 1, 2: 2})
    assert len(table.retire()) == 0
    del proc.table[2]
    freed = []
    ticks: tuple[Rows, ...] = ({1: 1, 2: 2}, {1: 1, 2: 2}, {1: 1})
    for rows in ticks:
        proc.now_s += GRACE_S + 1
        feed(table, rows)
        freed += [bytes(key) for key in table.retire()]
    assert freed == [number_key(2)]


def test_a_reused_number_starts_at_zero_and_the_sums_stay_exact(proc: FakeProc, cells: KeyCells) -> None:
    """The new process has only what was counted since the last read before it; the old one's total is not lost."""
    table = counts(cells)
    proc.table = {5: FakeProcess(1000.0, "old")}
    step(proc, table, {5: 100})
    proc.table = {5: FakeProcess(2000.0, "new")}
    reborn = step(proc, table, {5: 107})
    assert (reborn.rows[0].id, reborn.rows[0].comm) == ("5:2000.00", "new")
    assert (cell(reborn, 5, "calls_total"), total(reborn, "calls_total")) == (7, 107)
    later = step(proc, table, {5: 110})
    assert (cell(later, 5, "calls_total"), total(later, "calls_total")) == (10, 110)


def test_two_tables_of_processes_both_see_a_reused_number(proc: FakeProc, cells: KeyCells) -> None:
    shared = ProcessTable()
    tables = [ProcessCounts((COUNTS,), cells, shared) for _ in range(2)]
    for start, calls in ((1000.0, 100), (2000.0, 103)):
        proc.table = {5: FakeProcess(start)}
        proc.now_s += 1
        totals = [column(feed(table, {5: calls}), "calls_total") for table in tables]
    assert totals == [[3], [3]]


def test_a_filter_hides_processes_without_counts_that_do_not_match(proc: FakeProc, cells: KeyCells) -> None:
    proc.table = {1: FakeProcess(name="init"), 2: FakeProcess(name="nginx"), 3: FakeProcess(name="nginx-old")}
    table = counts(cells)
    for filter_, shown in ((Filter(), [1, 2, 3]), (Filter(comm="nginx*"), [2, 3]), (Filter(2, ""), [2])):
        table.follow(filter_)
        assert sorted(column(step(proc, table, {}), "pid")) == shown  # type: ignore[type-var]


@pytest.mark.parametrize(
    "name", ["pid", "name", "user", "cpu_percent", "rss_bytes", "calls_per_s", "started", "command"]
)
@pytest.mark.parametrize("descending", [True, False])
def test_processes_can_be_sorted_by_every_column(proc: FakeProc, cells: KeyCells, name: str, descending: bool) -> None:
    proc.table = {
        1: FakeProcess(3000.0, "b", uid=2, rss=9, cmdline=("z",)),
        2: FakeProcess(1000.0, "c", uid=3, rss=100, cmdline=("y",)),
        3: FakeProcess(2000.0, "a", uid=1, rss=20, cmdline=("x",)),
    }
    table = counts(cells, COUNTS, NAMES)
    step(proc, table, {1: 5, 2: 7, 3: 3, 77: 1}, {77: b"flash"})
    values = column(by(table, name, descending=descending), name)
    there = [value for value in values if value is not None]
    assert len(values) == 4
    assert values == sorted(there, reverse=descending) + [None] * (4 - len(there))


def test_sums_of_processes_count_the_live_ones_cpu_and_threads(proc: FakeProc, cells: KeyCells) -> None:
    proc.table = {1: FakeProcess(threads=2), 2: FakeProcess(threads=3)}
    table = counts(cells)
    step(proc, table, {})
    proc.table[1].cpu_s, proc.table[2].cpu_s = 0.25, 0.5
    summed = step(proc, table, {})
    assert (total(summed, "cpu_percent"), total(summed, "threads"), total(summed, "rss_bytes")) == (75.0, 5, None)
    del proc.table[2]
    assert total(step(proc, table, {}), "threads") == 2
    assert len(summed.sums) == len(summed.columns)


def test_the_columns_are_those_of_the_documented_schema(proc: FakeProc, cells: KeyCells) -> None:
    ids = [c.id for c in step(proc, counts(cells), {}).columns]
    assert ids[:6] == ["pid", "name", "user", "cpu_percent", "rss_bytes", "threads"]
    assert ids[6:] == ["calls_per_s", "calls_total", "started", "command"]
    assert INTEGER.label not in ids


def test_where_a_map_fills_the_dead_are_not_waited_for(proc: FakeProc, cells: KeyCells) -> None:
    """Thousands of processes a second come and go: their entries would be taken for the whole grace."""
    table = counts(cells)
    most = table.specs[0].max_entries // 2
    rows = dict.fromkeys(range(1, most), 1)
    step(proc, table, rows)
    assert len(table.retire()) == 0, "gone only now: what they did last may not have been read"
    proc.now_s += 1
    assert len(table.retire()) == most - 1
    assert total(table.table(), "calls_total") == most - 1


def test_only_keys_that_a_map_has_are_deleted_from_it(proc: FakeProc, cells: KeyCells) -> None:
    """Each that it has not would cost a system call of its own."""
    table = counts(cells, COUNTS, NAMES)
    step(proc, table, {1: 5, 2: 6}, {2: b"two"})
    held = table.held(as_keys(np.array([1, 2], dtype=np.uint32).view(np.uint8).reshape(2, 4)))
    assert {name: len(keys) for name, keys in held.items()} == {"@calls": 2, "@name": 1}
    assert bytes(held["@name"][0]) == (2).to_bytes(4, "little")
