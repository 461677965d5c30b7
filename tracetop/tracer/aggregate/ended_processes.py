"""Processes whose number names another one by now: a row each, of what they had counted when it came to do so.

Owns: what a script's ENDED_MAP says, see `model.program`, from the tick that reads it until the row's grace is over.
Refuses to own: the rows of numbers that were not used again (`process_table`). Runs in the tracer.
"""

import math
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from tracetop.bpf import MapSample
from tracetop.model.frame import Column, ColumnKind
from tracetop.model.program import MapSpec
from tracetop.tracer.aggregate.counters import CounterMap, Keys, as_keys
from tracetop.tracer.aggregate.key_cells import KeyCells, integers
from tracetop.tracer.aggregate.processes import GRACE_S, ProcessInfo
from tracetop.tracer.aggregate.value_columns import summable, value_columns, value_numbers

Numbers = list[float]
"""One for each value column."""


class Told(NamedTuple):
    """One entry of the kernel's."""

    pid: int
    name: str
    counted: dict[str, int]
    """By map."""


@dataclass
class EndedProcess:
    """A process whose number names another."""

    pid: int
    generation: int
    """What tells it from others of its number: from 1 on, growing."""
    name: str
    info: ProcessInfo | None
    """What /proc said of it, None for one that nobody looked at."""
    numbers: Numbers
    told_s: float

    @property
    def identity(self) -> str:
        """Its row's id."""
        return self.info.identity if self.info else f"{self.pid}:{self.generation}"


@dataclass
class EndedProcesses:
    """Those of one table, the longest ended first."""

    spec: MapSpec
    maps: tuple[str, ...]
    """Whose numbers the kernel's entries hold."""
    cells: KeyCells
    rows: dict[int, EndedProcess] = field(default_factory=dict)
    """By generation."""
    _read: Keys | None = None
    _generations: int = 0

    def told(self, sample: MapSample) -> Iterator[Told]:
        """Yield the entries of a sample, in the order of time."""
        self._read = keys = as_keys(sample.keys)
        if not len(keys):
            return
        pid_part, time_part = self.spec.keys
        pids, times = integers(self.spec, pid_part, keys), integers(self.spec, time_part, keys)
        datum = self.cells.datum(self.spec)
        for i in np.argsort(times, kind="stable").tolist():
            value = datum(sample.values[i])
            assert isinstance(value, tuple)
            name, *numbers = value
            counted = {map_: number for map_, number in zip(self.maps, numbers, strict=True) if isinstance(number, int)}
            yield Told(int(pids[i]), str(name), counted)

    def add(self, told: Told, info: ProcessInfo | None, numbers: Numbers) -> None:
        """Add a row."""
        self._generations += 1
        now_s = time.monotonic()
        self.rows[self._generations] = EndedProcess(told.pid, self._generations, told.name, info, numbers, now_s)

    def close(
        self, told: Told, specs: Sequence[MapSpec], counters: Mapping[str, CounterMap], elapsed_s: float
    ) -> Numbers:
        """End the counters of a process at their last values; return its numbers, for the columns of these maps."""
        key = as_keys(np.array([[told.pid]], dtype=np.uint32).view(np.uint8))
        numbers: Numbers = []
        for spec in specs:
            values = np.array([[told.counted.get(spec.name, 0)]], dtype=np.int64)
            if spec.name in told.counted:
                new, total = counters[spec.name].end(key, values)
                numbers += [float(number[0]) for number in value_numbers(spec, new, total, values, elapsed_s)]
            else:
                numbers += [0.0 if summable(column) else math.nan for column in value_columns(spec)]
        return numbers

    def at(self, generation: bytes) -> EndedProcess | None:
        """Return the process of a generation, None for 0."""
        return self.rows.get(int.from_bytes(generation, sys.byteorder))

    def rest(self, columns: tuple[Column, ...]) -> None:
        """Say that a tick has passed: nothing more is counted of those that are there."""
        for row in self.rows.values():
            pairs = zip(columns, row.numbers, strict=True)
            row.numbers = [0.0 if column.kind is ColumnKind.RATE else number for column, number in pairs]

    def retire(self) -> Iterator[EndedProcess]:
        """Yield those whose grace is over, which are rows no more."""
        now_s = time.monotonic()
        for row in [row for row in self.rows.values() if now_s - row.told_s > GRACE_S]:
            yield self.rows.pop(row.generation)

    def read_keys(self) -> Keys:
        """Return the kernel's keys of the last sample, to be deleted: all that they say is known."""
        read, self._read = self._read, None
        return as_keys(np.empty((0, self.spec.key_size), np.uint8)) if read is None else read
