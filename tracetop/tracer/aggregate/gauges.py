"""Maps without a key that are not distributions: one set of numbers each. Tracer."""

from tracetop.bpf.maps.cpu_merge import MapSample
from tracetop.model.frame import Cell, Number
from tracetop.model.program import MapSpec
from tracetop.tracer.aggregate.counters import CounterMap
from tracetop.tracer.aggregate.key_cells import KeyCells
from tracetop.tracer.aggregate.value_columns import growing_field, is_text, tidy, value_columns, value_numbers


class Gauge:
    """One map without a key, kept from tick to tick."""

    def __init__(self, spec: MapSpec, cells: KeyCells) -> None:
        self.spec = spec
        self._text = cells.value_cell(spec) if is_text(spec) else None
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
