"""Maps that share a key become one table: joined by key, sorted, cut to the rows that are asked for.

Owns: the join, the sort and the cut, vectorised, so that a frame's cost does not grow with the number of keys beyond
the reading of them. Refuses to own: what /proc knows (`process_table` extends this). Runs in the tracer.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from tracetop.bpf.merge import MapSample
from tracetop.model.frame import Cell, Column, ColumnKind, Row, Sort, Table
from tracetop.model.program import KeyRole, MapSpec, ValueKind
from tracetop.tracer.counters import Counted, CounterMap, Keys, align, as_keys, union
from tracetop.tracer.keys import KeyCells, decode_text, integers, key_columns
from tracetop.tracer.processes import ProcessTable
from tracetop.tracer.values import Numbers, summable, tidy, value_columns, value_numbers

ROWS = 200
"""Rows sent unless the screen asks for another number."""


class JoinedTable:
    """One table of a pane, kept from tick to tick."""

    def __init__(
        self,
        specs: tuple[MapSpec, ...],
        cells: KeyCells,
        processes: ProcessTable,
        shown: tuple[MapSpec, ...] = (),
    ) -> None:
        """`specs`: maps with the same key parts, of which `shown` become columns (all of them where empty).

        The first rate is the default sort.
        """
        self.name = specs[0].name
        self.specs = specs
        self.shown = shown or specs
        self.processes = processes
        self._cells = cells
        self._counters = {spec.name: CounterMap(grows=spec.kind is ValueKind.COUNT) for spec in specs}
        self._texts: dict[str, dict[bytes, str]] = {}
        self.keys: Keys = as_keys(np.empty((0, specs[0].key_size), dtype=np.uint8))
        self.numbers: list[Numbers] = []
        self.value_columns = tuple(column for spec in self.shown for column in value_columns(spec))
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

    def rebase(self, keys: Keys) -> None:
        """Count these keys anew: their numbers name other things now."""
        for counter in self._counters.values():
            counter.rebase(keys)

    def update(self, samples: Mapping[str, MapSample], elapsed_s: float) -> None:
        """Take one sample of each map and join them by key."""
        counted = {spec.name: self._count(spec, samples[spec.name]) for spec in self.specs}
        self.keys = union([c.keys for c in counted.values()])
        self.numbers = []
        for spec in self.shown:
            c = counted[spec.name]
            new, total, last = (align(c.keys, self.keys, values) for values in (c.new, c.total, c.last))
            self.numbers += value_numbers(spec, new, total, last, elapsed_s)

    def table(self) -> Table:
        """Return the top rows by the sort in force."""
        order = self._order()
        top = order[: self.limit]
        return Table(
            name=self.name,
            columns=self.columns,
            rows=tuple(self._rows(top)),
            rows_total=len(order),
            sums=(*[None] * len(self.key_columns), *self.sums()),
            sort=self.sort,
        )

    def sums(self) -> list[int | float | None]:
        """Return the sum of each value column over all keys, None where a sum means nothing."""
        pairs = zip(self.value_columns, self.numbers, strict=True)
        return [tidy(column, float(np.nansum(numbers))) if summable(column) else None for column, numbers in pairs]

    def _count(self, spec: MapSpec, sample: MapSample) -> Counted:
        if spec.kind is ValueKind.STRING:
            pairs = zip(sample.keys, sample.values, strict=True)
            self._texts[spec.name] = {key.tobytes(): decode_text(value.tobytes()) for key, value in pairs}
        return self._counters[spec.name].update(sample)

    def _order(self) -> NDArray[np.intp]:
        """Return the indices of `keys` in the order of the sort; ties by key, so that rows do not dance."""
        by = next((i for i, c in enumerate(self.value_columns) if c.id == self.sort.column), None)
        values: list[Cell] | Numbers = self.numbers[by] if by is not None else self._key_values()
        return _argsort(values, descending=self.sort.descending)

    def _key_values(self) -> list[Cell]:
        """Return the cells of the key column that is sorted by."""
        place = next((i for i, c in enumerate(self.key_columns) if c.id == self.sort.column), 0)
        return [cells[place] for cells in self._cells.cells(self.specs[0], self.keys)]

    def _rows(self, top: NDArray[np.intp]) -> list[Row]:
        keys = self.keys[top]
        key_cells = self._cells.cells(self.specs[0], keys)
        pids = self._pids(keys)
        rows = []
        for i, (index, cells) in enumerate(zip(top.tolist(), key_cells, strict=True)):
            key = keys[i].tobytes()
            process = self.processes.get(pids[i]) if pids[i] else None
            comm = process.name if process else self._comm(cells)
            values = self._values(index, key)
            rows.append(Row(id=key.hex(), cells=(*cells, *values), pid=pids[i], comm=comm))
        return rows

    def _values(self, index: int, key: bytes) -> list[Cell]:
        out: list[Cell] = []
        place = 0
        for spec in self.shown:
            for column in value_columns(spec):
                text = self._texts.get(spec.name, {}).get(key)
                out.append(text if column.kind is ColumnKind.TEXT else tidy(column, float(self.numbers[place][index])))
                place += 1
        return out

    def _pids(self, keys: Keys) -> list[int]:
        spec = self.specs[0]
        part = next((part for part in spec.keys if part.role is KeyRole.PID), None)
        return integers(spec, part, keys).tolist() if part else [0] * len(keys)

    def _comm(self, cells: tuple[Cell, ...]) -> str:
        pairs = zip(self.key_columns, cells, strict=True)
        return next((str(cell) for column, cell in pairs if column.role is KeyRole.COMM), "")

    def text_of(self, map_name: str, key: bytes) -> str:
        """Return the string that a STRING map has for a key, empty where it has none."""
        return self._texts.get(map_name, {}).get(key, "")


def _argsort(values: list[Cell] | Numbers, *, descending: bool) -> NDArray[np.intp]:
    """Return the stable order of the values; missing ones (None, NaN) last either way."""
    if isinstance(values, list):
        missing = [i for i, value in enumerate(values) if value is None]
        there = [i for i, value in enumerate(values) if value is not None]
        numeric = all(isinstance(values[i], (int, float)) for i in there)
        there.sort(key=lambda i: values[i] if numeric else str(values[i]), reverse=descending)  # type: ignore[arg-type, return-value]
        return np.array(there + missing, dtype=np.intp)
    ranked = np.where(np.isnan(values), np.inf, -values if descending else values)
    return np.argsort(ranked, kind="stable")
