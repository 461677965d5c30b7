"""Maps without a key that are not distributions: one set of numbers each. Tracer."""

from tracetop.bpf.merge import MapSample
from tracetop.model.frame import Number
from tracetop.model.program import MapSpec, ValueKind
from tracetop.tracer.counters import CounterMap
from tracetop.tracer.keys import decode_text
from tracetop.tracer.values import tidy, value_columns, value_numbers


class Gauge:
    """One map without a key, kept from tick to tick."""

    def __init__(self, spec: MapSpec) -> None:
        self.spec = spec
        self._counter = CounterMap(grows=spec.kind is ValueKind.COUNT)
        self._columns = value_columns(spec)
        self._cells: tuple[int | float | str | None, ...] = (None,) * len(self._columns)

    def reset(self) -> None:
        """Count anew from the last sample on."""
        self._counter.reset()

    def update(self, sample: MapSample, elapsed_s: float) -> None:
        """Take one sample; a map that was never written has no row and leaves the cells empty."""
        if not len(sample.keys):
            return
        if self.spec.kind is ValueKind.STRING:
            self._cells = (decode_text(sample.values[0].tobytes()),)
            return
        counted = self._counter.update(sample)
        numbers = value_numbers(self.spec, counted.new, counted.total, counted.last, elapsed_s)
        pairs = zip(self._columns, numbers, strict=True)
        self._cells = tuple(tidy(column, float(values[0])) for column, values in pairs)

    def number(self) -> Number:
        """Return the map as the frame has it."""
        return Number(name=self.spec.name, columns=self._columns, cells=self._cells)
