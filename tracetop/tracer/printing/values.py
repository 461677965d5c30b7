"""What a decoded value is: Python's own types where they say enough, and these where text and JSON differ."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Named:
    """A number that text shows by a name: an enumerator, or a pointer in hex."""

    number: int
    name: str


@dataclass(frozen=True, slots=True)
class Buffer:
    """Bytes that need not be text."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack, innermost frame first; each line as it is printed, without its indentation."""

    lines: tuple[str, ...]
    indented: bool = True
    """False where lines bring their own indentation, as perf's do."""


@dataclass(frozen=True, slots=True)
class Stats:
    """What ``stats()`` has counted."""

    count: int
    average: int
    total: int


@dataclass(frozen=True, slots=True)
class Bucket:
    """How many values were from `low` to below `high`; None where the bucket is open to that side."""

    low: int | None
    high: int | None
    count: int
    label: str


@dataclass(frozen=True, slots=True)
class Distribution:
    """The buckets of one ``hist()`` or ``lhist()`` from the first to the last that has counted; none where none has."""

    buckets: tuple[Bucket, ...]


@dataclass(frozen=True, slots=True)
class Point:
    """One slot of time."""

    begun: str
    """Date and time of its start, to the nanosecond."""
    clock: str
    """Its time of day, as exact as slots are long."""
    value: int | None
    """None where nothing came."""


@dataclass(frozen=True, slots=True)
class Series:
    """What one ``tseries()`` has kept, the oldest slot first."""

    points: tuple[Point, ...]
    unit: str
    """What a clock shows after its seconds: ``.ms``, nothing."""


Datum = bool | int | str | tuple["Datum", ...] | list["Datum"] | dict[str, "Datum"] | Named | Buffer | Stack | None
"""A tuple is a script's tuple, a list an array, a dict a struct; None is what cannot be shown."""
Value = Datum | Stats | Distribution | Series
"""What a map has under one key."""


def quotient(number: int, divisor: int) -> int:
    """Divide as C does, towards zero; by zero or one it stays as it is."""
    if divisor in (0, 1):
        return number
    whole = abs(number) // abs(divisor)
    return whole if (number < 0) == (divisor < 0) else -whole
