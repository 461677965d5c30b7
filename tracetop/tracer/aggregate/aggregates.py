"""The views of one script: which aggregator each of its maps has, and what they show.

Owns: the choice by a map's type, the order of the views, and maps without a key. Refuses to own: reading the maps
(`script_content`) and freeing their entries (`upkeep`). Tracer.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby

from tracetop.bpf import MapSample
from tracetop.model.filter import Filter
from tracetop.model.frame import Cell, Number, View
from tracetop.model.program import ENDED_MAP, MapSpec, Program
from tracetop.tracer.aggregate.call_tree import CallTree, is_stack_map
from tracetop.tracer.aggregate.counters import CounterMap
from tracetop.tracer.aggregate.distributions import Distribution
from tracetop.tracer.aggregate.ended_processes import EndedProcesses
from tracetop.tracer.aggregate.joined_table import JoinedTable
from tracetop.tracer.aggregate.key_cells import KeyCells
from tracetop.tracer.aggregate.process_table import ProcessCounts, is_process_map
from tracetop.tracer.aggregate.processes import ProcessTable
from tracetop.tracer.aggregate.value_columns import growing_field, is_as_written, tidy, value_columns, value_numbers


class Gauge:
    """One map without a key, kept from tick to tick."""

    def __init__(self, spec: MapSpec, cells: KeyCells) -> None:
        self.spec = spec
        self._text = cells.value_cell(spec) if is_as_written(spec) else None
        self._counter = CounterMap(growing_field(spec))
        self._columns = value_columns(spec)
        self._none: tuple[Cell, ...] = (None,) * len(self._columns)
        self._cells: tuple[Cell, ...] = self._none

    def reset(self) -> None:
        """Count anew from the last sample on."""
        self._counter.reset()
        self._cells = self._none

    def update(self, sample: MapSample, elapsed_s: float) -> None:
        """Take one sample; a map that was never written, or was cleared, has no row and leaves the cells empty."""
        if self._text:
            self._cells = tuple(map(self._text, sample.values)) or self._none
            return
        counted = self._counter.update(sample)
        if not len(counted):
            self._cells = self._none
            return
        numbers = value_numbers(self.spec, counted.new, counted.total, counted.last, elapsed_s)
        pairs = zip(self._columns, numbers, strict=True)
        self._cells = tuple(tidy(column, float(values[0])) for column, values in pairs)

    def number(self) -> Number:
        """Return the map as the frame has it."""
        return Number(name=self.spec.name, columns=self._columns, cells=self._cells)


Aggregator = JoinedTable | Gauge | Distribution | CallTree


class Aggregates:
    """What a script has counted, from tick to tick."""

    def __init__(
        self,
        program: Program,
        cells: KeyCells,
        processes: ProcessTable,
        tree: Callable[[MapSpec], CallTree],
    ) -> None:
        """`tree` makes the aggregator of a map that is keyed by stacks."""
        hidden = {name.strip() for name in program.header.get("hide", "").split(",")}
        shown = [spec for spec in program.maps if not spec.scratch and spec.name not in hidden]
        self.specs = {spec.name: spec for spec in sorted(shown, key=lambda spec: spec.state)}
        self._cells = cells
        self._processes = processes
        self._is_joined = program.header.get("join") == "process"
        self._counted_of_ended = program.ended
        self._ended = self.specs.pop(ENDED_MAP, None)
        shown = list(self.specs.values())
        counted = [spec for spec in shown if not spec.kind.facts.is_distribution]
        stacks = [spec for spec in counted if is_stack_map(spec)]
        self.tables = self._tables([spec for spec in counted if spec.keys and spec not in stacks])
        self.trees = [tree(spec) for spec in stacks]
        if self._ended:  # read after all others: what was counted until then is in it, or still in them
            self.specs[ENDED_MAP] = self._ended
        self._gauges = [Gauge(spec, cells) for spec in counted if not spec.keys]
        self._distributions = [Distribution(spec, cells) for spec in shown if spec.kind.facts.is_distribution]

    def update(self, samples: Mapping[str, MapSample], elapsed_s: float) -> None:
        """Take one sample of each map, `elapsed_s` after the last."""
        for table in self.tables:
            table.update(samples, elapsed_s)
        for gauge in self._gauges:
            gauge.update(samples[gauge.spec.name], elapsed_s)
        for distribution in self._distributions:
            distribution.update(samples[distribution.spec.name])
        for tree in self.trees:
            tree.update(samples[tree.spec.name])

    def reset(self) -> None:
        """Count anew."""
        parts: list[Aggregator] = [*self.tables, *self._gauges, *self._distributions, *self.trees]
        for part in parts:
            part.reset()

    def follow(self, filter_: Filter) -> None:
        """Show the processes that a filter lets through."""
        for table in self.process_tables():
            table.follow(filter_)

    def process_tables(self) -> list[ProcessCounts]:
        """Return the tables that are joined with what /proc knows."""
        return [table for table in self.tables if isinstance(table, ProcessCounts)]

    def views(self) -> tuple[View, ...]:
        """Return what the maps have counted, in the order that the script first names them, its state last."""
        found: dict[str, View] = {table.name: table.table() for table in self.tables}
        found |= {part.spec.name: part.histogram() for part in self._distributions}
        found |= {part.spec.name: part.tree() for part in self.trees}
        found |= {part.spec.name: part.number() for part in self._gauges}
        return tuple(found[name] for name in self.specs if name in found)

    def _tables(self, specs: Sequence[MapSpec]) -> list[JoinedTable]:
        groups = groupby(sorted(specs, key=_signature), key=_signature)
        joined = [tuple(group) for _, group in groups]
        order = list(self.specs)
        joined.sort(key=lambda group: order.index(group[0].name))
        return [self._table(group) for group in joined]

    def _table(self, specs: tuple[MapSpec, ...]) -> JoinedTable:
        if self._is_joined and is_process_map(specs[0]):
            ended = EndedProcesses(self._ended, self._counted_of_ended, self._cells) if self._ended else None
            return ProcessCounts(specs, self._cells, self._processes, ended)
        return JoinedTable(specs, self._cells)


def _signature(spec: MapSpec) -> tuple[object, ...]:
    """Return what two maps must share to be one table: the parts of their keys, and how the kernel holds them."""
    return (spec.key_size, tuple((part.role.value, part.offset, part.label, str(part.type)) for part in spec.keys))
