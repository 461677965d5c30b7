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


Datum = bool | int | str | tuple["Datum", ...] | list["Datum"] | dict[str, "Datum"] | Named | Buffer | Stack | None
"""A tuple is a script's tuple, a list an array, a dict a struct; None is what cannot be shown."""
Value = Datum | Stats | Distribution
"""What a map has under one key."""
