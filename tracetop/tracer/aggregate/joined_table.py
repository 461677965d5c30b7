"""Maps that share a key become one table: joined by key, sorted, cut to the rows that are asked for.

Owns: the join, the sort and the cut, vectorised, so that a frame's cost does not grow with the number of keys beyond
the reading of them. Refuses to own: what /proc knows (`process_table` extends this). Runs in the tracer.
"""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracetop.bpf import MapSample
from tracetop.model.frame import Cell, Column, ColumnKind, Row, Sort, Table
from tracetop.model.program import KeyRole, MapSpec
from tracetop.tracer.aggregate.counters import Counted, CounterMap, Keys, as_keys, union
from tracetop.tracer.aggregate.key_cells import KeyCells, integers, key_columns
from tracetop.tracer.aggregate.processes import comm_of
from tracetop.tracer.aggregate.value_columns import (
    AS_WRITTEN,
    Numbers,
    growing_field,
    is_as_written,
    spread,
    summable,
    tidy,
    value_columns,
    value_numbers,
)

ROWS = 200
"""Rows sent unless the screen asks for another number."""


class JoinedTable:
    """One table of a pane, kept from tick to tick."""

    def __init__(self, specs: tuple[MapSpec, ...], cells: KeyCells, shown: tuple[MapSpec, ...] = ()) -> None:
        """`specs`: maps with the same key parts, of which `shown` become columns (all of them where empty).

        The first rate is the default sort.
        """
        self.name = specs[0].name
        self.specs = specs
        self.shown = shown or specs
        self._cells = cells
        self._counters = {spec.name: CounterMap(growing_field(spec)) for spec in specs}
        self._readers = {spec.name: cells.value_cell(spec) for spec in specs if is_as_written(spec)}
        self._texts: dict[str, dict[bytes, NDArray[Any]]] = {}
        """By map and key, as the kernel wrote them: only those that are shown are decoded."""
        self.keys: Keys = as_keys(np.empty((0, specs[0].key_size), dtype=np.uint8))
        self.numbers: list[Numbers] = []
        columns = [(column, spec.name) for spec in self.shown for column in value_columns(spec)]
        self.value_columns, self._map_names = tuple(c for c, _ in columns), tuple(name for _, name in columns)
        self.key_columns = key_columns(specs[0].keys)
        busiest = next((c for c in self.value_columns if c.kind is ColumnKind.RATE), self.value_columns[0])
        self.sort = Sort(busiest.id)
        self.limit = ROWS

    @property
    def columns(self) -> tuple[Column, ...]:
        """All columns, in the order of every row's cells."""
        return self.key_columns + self.value_columns

    def reset(self) -> None:
        """Count totals anew."""
        for counter in self._counters.values():
            counter.reset()
        for column, numbers in zip(self.value_columns, self.numbers, strict=False):
            numbers[:] = 0 if summable(column) else math.nan

    def rebase(self, keys: Keys) -> None:
        """Count these keys anew: their numbers name other things now."""
        for counter in self._counters.values():
            counter.rebase(keys)

    def held(self, keys: Keys) -> dict[str, Keys]:
        """Return by map those of the keys that it has: deleting others is slow."""
        return {name: counter.among(keys) for name, counter in self._counters.items()}

    def update(self, samples: Mapping[str, MapSample], elapsed_s: float) -> None:
        """Take one sample of each map and join them by key."""
        counted = {spec.name: self._count(spec, samples[spec.name]) for spec in self.specs}
        self.keys = union([c.keys for c in counted.values()])
        self.numbers = []
        for spec in self.shown:
            c = counted[spec.name]
            numbers = value_numbers(spec, c.new, c.total, c.last, elapsed_s)
            pairs = zip(value_columns(spec), numbers, strict=True)
            self.numbers += [spread(column, values, c.keys, self.keys) for column, values in pairs]

    def table(self) -> Table:
        """Return the top rows by the sort in force."""
        order = self._order()
        top = order[: self.limit]
        return Table(
            name=self.name,
            columns=self.columns,
            rows=tuple(self._rows(top)),
            rows_total=len(order),
            sums=self.sums(),
            sort=self.sort,
        )

    def sums(self) -> tuple[int | float | None, ...]:
        """Return the sum of each column over all keys, None where a sum means nothing."""
        return (*[None] * len(self.key_columns), *self.value_sums())

    def value_sums(self) -> list[int | float | None]:
        """Return the sums of the value columns, zero before the first sample."""
        sums = [float(numbers.sum()) for numbers in self.numbers] or [0.0] * len(self.value_columns)
        pairs = zip(self.value_columns, sums, strict=True)
        return [tidy(column, number) if summable(column) else None for column, number in pairs]

    def _count(self, spec: MapSpec, sample: MapSample) -> Counted:
        if is_as_written(spec):
            self._texts[spec.name] = dict(zip(map(bytes, as_keys(sample.keys)), sample.values, strict=True))
            sample = MapSample(sample.keys, np.zeros((len(sample.keys), 1), dtype=np.int64))
        return self._counters[spec.name].update(sample)

    def _order(self) -> NDArray[np.intp]:
        """Return the indices of the keys to show, sorted; ties by total, then by key, so that rows do not dance."""
        by = next((i for i, c in enumerate(self.value_columns) if c.id == self.sort.column), None)
        values: list[Cell] | Numbers
        if by is None:
            values = self._key_values()
        elif self.value_columns[by].kind in AS_WRITTEN:
            values = [self._values(i, key.tobytes())[by] for i, key in enumerate(self.keys)]
        else:
            values = self.numbers[by] if self.numbers else np.empty(0)
        order = _argsort(values, descending=self.sort.descending, ties=self._totals())
        return order[self._visible()[order]]

    def _totals(self) -> Numbers:
        """Return the first total of every key, zeros where the table has none."""
        pairs = zip(self.value_columns, self.numbers, strict=False)
        return next((n for column, n in pairs if column.kind is ColumnKind.TOTAL), np.zeros(len(self.keys)))

    def _visible(self) -> NDArray[np.bool_]:
        """Say of every key whether it has counted since the last reset; what is not a count is always shown."""
        visible = np.full(len(self.keys), not all(map(summable, self.value_columns)))
        for numbers in self.numbers:
            visible |= numbers != 0
        return visible

    def _key_values(self) -> list[Cell]:
        """Return the cells of the key column that is sorted by."""
        place = next((i for i, c in enumerate(self.key_columns) if c.id == self.sort.column), 0)
        return [cells[place] for cells in self._cells.cells(self.specs[0], self.keys)]

    def _rows(self, top: NDArray[np.intp]) -> list[Row]:
        keys = self.keys[top]
        key_cells = self._cells.cells(self.specs[0], keys)
        pids = pids_of(self.specs[0], keys)
        rows = []
        for i, (index, cells) in enumerate(zip(top.tolist(), key_cells, strict=True)):
            key = keys[i].tobytes()
            named = zip(self.key_columns, cells, strict=True)
            comm = next((str(cell) for column, cell in named if column.role is KeyRole.COMM), "")
            comm = comm or (comm_of(pids[i]) if pids[i] else "")
            rows.append(Row(id=key.hex(), cells=(*cells, *self._values(index, key)), pid=pids[i], comm=comm))
        return rows

    def _values(self, index: int, key: bytes) -> list[Cell]:
        cells: list[Cell] = []
        for place, (column, map_name) in enumerate(zip(self.value_columns, self._map_names, strict=True)):
            is_text = column.kind in AS_WRITTEN
            number = math.nan if is_text else float(self.numbers[place][index])
            cells.append(self.text_of(map_name, key) if is_text else tidy(column, number))
        return cells

    def text_of(self, map_name: str, key: bytes) -> Cell:
        """Return what a map whose values are shown as text has for a key, None where it has none."""
        value = self._texts.get(map_name, {}).get(key)
        return None if value is None else self._readers[map_name](value)


def pids_of(spec: MapSpec, keys: Keys) -> list[int]:
    """Return the process in each key, 0 where keys have none."""
    part = next((part for part in spec.keys if part.role is KeyRole.PID), None)
    return integers(spec, part, keys).tolist() if part else [0] * len(keys)


def _argsort(values: list[Cell] | Numbers, *, descending: bool, ties: Numbers) -> NDArray[np.intp]:
    """Return the stable order of the values; missing ones (None, NaN) last either way, equal numbers by `ties`."""
    if isinstance(values, list):
        missing = [i for i, value in enumerate(values) if value is None]
        there = [i for i, value in enumerate(values) if value is not None]
        numeric = all(isinstance(values[i], (int, float)) for i in there)
        there.sort(key=lambda i: values[i] if numeric else str(values[i]), reverse=descending)  # type: ignore[arg-type, return-value]
        return np.array(there + missing, dtype=np.intp)
    ranked = np.where(np.isnan(values), np.inf, -values if descending else values)
    return np.lexsort((-ties, ranked))
