"""What the columns of a counted map are, and their numbers.

Owns: the rule from a map's value kind to columns: a count gives a rate and a total, an average its mean, and so on.
Pure. Runs in the tracer.
"""

import math

import numpy as np
from numpy.typing import NDArray

from tracetop.bpf import MapSample
from tracetop.model.abi.buckets import BUCKET_BYTES, bucket_place
from tracetop.model.frame import Cell, Column, ColumnKind
from tracetop.model.program import MapSpec, Unit
from tracetop.model.value import Shape
from tracetop.model.value_kinds import ValueKind
from tracetop.tracer.aggregate.counters import Keys, Values, align, as_keys
from tracetop.tracer.printing.text import text
from tracetop.tracer.printing.values import Datum, Stack

Numbers = NDArray[np.float64]
AS_WRITTEN = (ColumnKind.TEXT, ColumnKind.ID)
"""Kinds of columns whose cells `Decoder` makes."""


def value_columns(spec: MapSpec) -> tuple[Column, ...]:
    """Return the columns that a map's value becomes, in the order of `value_numbers`."""
    name, unit = spec.name.removeprefix("@"), spec.unit
    start = f"{name}_" if name else ""
    facts = spec.kind.facts
    if not facts.columns:
        as_is = (
            ColumnKind.ID if spec.kind is ValueKind.SCALAR and spec.value.shape is Shape.INTEGER else ColumnKind.TEXT
        )
        kind = as_is if is_as_written(spec) else ColumnKind.VALUE
        return (Column(f"{start}{spec.kind.value}", name or spec.kind.value, kind, unit),)
    is_lone = facts.fields == 1
    made = {
        "per_s": Column(f"{start}per_s", f"{name}/s", ColumnKind.RATE, unit if is_lone else Unit.NONE),
        "count": Column(f"{start}count", f"{name} count".strip(), ColumnKind.TOTAL),
        "avg": Column(f"{start}avg", f"{name} avg".strip(), ColumnKind.VALUE, unit),
        "total": Column(f"{start}total", (is_lone and name) or f"{name} total".strip(), ColumnKind.TOTAL, unit),
    }
    return tuple(made[column] for column in facts.columns)


def is_as_written(spec: MapSpec) -> bool:
    """Say whether a map's values are shown as they were written, by `Decoder` from their bytes, and not as amounts.

    A number without a unit may be an id, which floating-point numbers could not hold: 64 bits of an address, a cookie.
    """
    if spec.kind is ValueKind.SCALAR:
        return spec.value.shape is not Shape.INTEGER or spec.unit is Unit.NONE
    return not spec.kind.facts.fields


def cell_of(datum: Datum) -> Cell:
    """Return a decoded value as a cell: a stack on one line, innermost frame first."""
    if isinstance(datum, int | str | None) and not isinstance(datum, bool):
        return datum
    return " < ".join(line.strip() for line in datum.lines) if isinstance(datum, Stack) else text(datum)


def value_numbers(spec: MapSpec, new: Values, total: Values, last: Values, elapsed_s: float) -> list[Numbers]:
    """Return one array a column of `value_columns`; `new`, `total`, `last` are (n, fields).

    A mean is over the interval where it had events, else over all since the reset; NaN where there were none.
    """
    facts = spec.kind.facts
    count = facts.fields - 1
    made: list[Numbers] = []
    for column in facts.columns:
        match column:
            case "per_s":
                made.append(new[:, count] / elapsed_s)
            case "count":
                made.append(total[:, count].astype(np.float64))
            case "avg":
                fresh = new[:, 1] > 0
                amounts, counts = np.where(fresh, new[:, 0], total[:, 0]), np.where(fresh, new[:, 1], total[:, 1])
                made.append(np.divide(amounts, counts, out=np.full(len(new), np.nan), where=counts > 0))
            case _:
                made.append(total[:, 0].astype(np.float64))
    return made or [last[:, 0].astype(np.float64)]


def growing_field(spec: MapSpec) -> int | None:
    """Return the field of a map's value that never shrinks while its key lives, None where each of them may."""
    facts = spec.kind.facts
    return facts.fields - 1 if facts.never_shrinks else None


def summable(column: Column) -> bool:
    """Say whether a sum of the column over all rows means something, and so zero for a key that has no value."""
    return column.kind in (ColumnKind.RATE, ColumnKind.TOTAL)


def spread(column: Column, numbers: Numbers, keys: Keys, wanted: Keys) -> Numbers:
    """Return a column of sorted `keys` for the wanted ones: of the others nothing was counted, or there is no value."""
    return align(keys, wanted, numbers, missing=0 if summable(column) else math.nan)


def tidy(column: Column, number: float) -> int | float | None:
    """Return one number as it is sent: whole where it counts something, three decimals else, None for none."""
    if math.isnan(number):
        return None
    is_whole = column.kind is ColumnKind.TOTAL or (column.kind is ColumnKind.VALUE and not column.id.endswith("avg"))
    return int(number) if is_whole else round(number, 3)


def newest(spec: MapSpec, sample: MapSample) -> MapSample:
    """Return the rows of a time series as a map of numbers would have them: one for each key, without its slot."""
    place = bucket_place(spec.keys)
    keys = sample.keys.copy()
    keys[:, place : place + BUCKET_BYTES] = 0
    epochs, numbers, counts = np.asarray(sample.values, dtype=np.int64).T
    if spec.series and spec.series.kind is ValueKind.AVG:
        numbers = numbers // np.maximum(counts, 1)
    latest: dict[bytes, int] = {}
    for row in np.argsort(epochs, kind="stable").tolist():
        latest[as_keys(keys[row : row + 1])[0].tobytes()] = row
    rows = list(latest.values())
    return MapSample(keys[rows], numbers[rows].reshape(-1, 1))
