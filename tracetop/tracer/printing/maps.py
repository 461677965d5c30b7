"""The entries of a map, decoded and in the order that bpftrace prints them in.

Owns: which bytes of a key are which part, what each kind of map has under a key, and the order. Refuses to own: reading
the kernel (`bpf`) and the form (`text`, `json_lines`). Pure but for the names that the decoder looks up.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from tracetop.bpf import Bytes, Ints, MapSample
from tracetop.model.abi.buckets import BUCKET_BYTES, bucket_place
from tracetop.model.program import MapSpec, TimeSeries
from tracetop.model.value import Shape, ValuePart
from tracetop.model.value_kinds import ValueKind
from tracetop.tracer.printing.decode import Decoder
from tracetop.tracer.printing.histogram import distribution
from tracetop.tracer.printing.time_series import series
from tracetop.tracer.printing.values import Datum, Distribution, Named, Stats, Value, quotient

_U64 = 1 << 64
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Entry:
    """One key of a map and what is under it; no keys for a map without."""

    keys: tuple[Datum, ...]
    value: Value


class MapReader:
    """Decodes one map."""

    def __init__(self, spec: MapSpec, decoder: Decoder) -> None:
        self.spec = spec
        self._index = decoder.number(spec.keys[0].type) if spec.keys and spec.layout.is_array else None
        parts = [ValuePart(offset=part.offset, type=part.type) for part in spec.keys]
        self._parts = [decoder.part(part) for part in parts]
        self._value = decoder.part(ValuePart(offset=0, type=spec.value))
        self._number = decoder.number(spec.value)
        self._wall_ns = decoder.wall_ns
        self._bucket_at = bucket_place(spec.keys)

    def entries(self, sample: MapSample, top: int = 0, div: int = 1) -> list[Entry]:
        """Return the entries from the least to the greatest, of many only the `top` greatest; numbers over `div`."""
        if self.spec.kept_slots:  # zero is what `delete` left there
            there = sample.values[:, 0] != 0
            sample = MapSample(sample.keys[there], sample.values[there])
        keys = [bytes(row) for row in sample.keys]
        if self.spec.kind.facts.is_distribution:
            ranked = self._distributions(keys, sample.values[:, 0].tolist(), div)
        elif self.spec.series:
            ranked = self._series(keys, sample.values.tolist(), self.spec.series)
        else:
            rows = map(bytes, sample.values) if not self.spec.kind.facts.fields else sample.values.tolist()
            ranked = [self._ranked(key, row, div) for key, row in zip(keys, rows, strict=True)]
        ranked.sort(key=lambda pair: pair[0])
        return [entry for _, entry in (ranked[-top:] if top else ranked)]

    def nothing(self) -> Entry:
        """Return what a map without a key shows before it is written, or once it is cleared."""
        match self.spec.kind:
            case ValueKind.STATS:
                return Entry((), Stats(0, 0, 0))
            case ValueKind.STRING | ValueKind.VALUE:
                return Entry((), self._value(bytes(self.spec.value_size)))
            case ValueKind.SCALAR:
                return Entry((), self._number(0))
            case _:
                return Entry((), Distribution(()) if self.spec.kind.facts.is_distribution else 0)

    def value(self, row: Ints | Bytes) -> Value:
        """Return one row's value."""
        return self._value(row.tobytes()) if not self.spec.kind.facts.fields else self._counted(row.tolist(), 1)[0]

    def _distributions(self, keys: Iterable[bytes], counts: Iterable[int], div: int) -> "list[_Ranked]":
        ranked = []
        for key, group in self._grouped(zip(keys, counts, strict=True)).items():
            names = tuple(read(key) for read in self._parts)
            ranked.append(((sum(group.values()), _order(names)), Entry(names, distribution(self.spec, group, div))))
        return ranked

    def _series(self, keys: Iterable[bytes], slots: Iterable[list[int]], spec: TimeSeries) -> "list[_Ranked]":
        ranked = []
        groups = self._grouped(zip(keys, [(epoch, number, count) for epoch, number, count in slots], strict=True))
        newest = max((epoch for group in groups.values() for epoch, _, _ in group.values()), default=0)
        for key, group in groups.items():
            names = tuple(read(key) for read in self._parts)
            ranked.append(((0, _order(names)), Entry(names, series(spec, group, newest, self._wall_ns))))
        return ranked

    def _grouped(self, rows: Iterable[tuple[bytes, _T]]) -> dict[bytes, dict[int, _T]]:
        """Return rows by their key and the number (of a bucket, of a slot) that stands after it."""
        groups: dict[bytes, dict[int, _T]] = {}
        for key, row in rows:
            number = int.from_bytes(key[self._bucket_at : self._bucket_at + BUCKET_BYTES], "little")
            groups.setdefault(key[: self._bucket_at], {})[number] = row
        return groups

    def _ranked(self, key: bytes, row: "bytes | list[int]", div: int) -> "_Ranked":
        names = self._names(key)
        if isinstance(row, bytes):
            return (0, _order(names)), Entry(names, self._value(row))
        value, rank = self._counted(row, div)
        return (rank, _order(names)), Entry(names, value)

    def _names(self, key: bytes) -> tuple[Datum, ...]:
        if self._index and self.spec.keys:
            return (self._index(int.from_bytes(key[:4], "little")),)
        return tuple(read(key) for read in self._parts)

    def _counted(self, fields: list[int], div: int) -> tuple[Value, int]:
        """Return a number's or statistics' value, divided, and what it is ordered by."""
        match self.spec.kind:
            case ValueKind.AVG | ValueKind.STATS:
                total, count = self._sign(fields[0]), fields[1]
                mean = quotient(quotient(total, count), div)
                return (mean if self.spec.kind is ValueKind.AVG else Stats(count, mean, total)), mean
            case ValueKind.COUNT:
                return fields[0] // div, fields[0]
            case ValueKind.SCALAR:
                value = self._number(fields[0])
                if self.spec.value.shape is Shape.INTEGER and isinstance(value, int):
                    value = quotient(value, div)
                return value, _rank(value)
            case _:
                number = self._sign(fields[0])
                return quotient(number, div), number

    def _sign(self, number: int) -> int:
        """Return a signed 64-bit number as the script's own type has it."""
        return number if self.spec.value.signed else number % _U64


_Ranked = tuple[tuple[int, tuple[tuple[int, int, str], ...]], Entry]


def _rank(datum: Datum) -> int:
    return datum.number if isinstance(datum, Named) else datum if isinstance(datum, int) else 0


def _order(keys: Sequence[Datum]) -> tuple[tuple[int, int, str], ...]:
    """Return what keys are compared by: numbers before text, part by part."""
    return tuple(
        (0, _rank(key), "") if isinstance(key, int | Named) else (1, 0, key if isinstance(key, str) else repr(key))
        for key in keys
    )
