"""Kinds of values that maps hold: one record each, from the kernel's bytes to the columns of a table.

Owns: what one CPU's value is, how CPUs add up, and what becomes of the numbers. Refuses to own: the C that changes a
value, which stands beside the function of the language (`lang`). Pure.
"""

from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import Self

from tracetop.model.abi.values import EXTREME, SERIES, TOTAL


class Merge(Enum):
    """What the values of several CPUs come to."""

    SUM = auto()
    """Each field added up; of a value that all CPUs share, itself."""
    LEAST = auto()
    MOST = auto()
    NEWEST = auto()
    """Of those of the newest epoch what their own kind says."""


@dataclass(frozen=True)
class ValueFacts:
    """All that is known of a kind of value."""

    name: str
    c_type: str = ""
    """C type of one CPU's value; empty where that is the script's own type."""
    fields: int = 1
    """64-bit integers in one CPU's value, the last of them the number of what is in it; 0 for bytes of any length."""
    merge: Merge = Merge.SUM
    is_shared: bool = False
    """All CPUs share one value, which a script reads and writes as it likes; of the others each CPU keeps its own."""
    is_bucketed: bool = False
    """The kernel's key ends with a u32: the bucket, or the time slot; so an entry is many in the kernel."""
    has_one_value: bool = True
    """A script can read it, as one number."""
    never_shrinks: bool = False
    """The last field only grows while its key lives: where it is zero, nothing is there."""
    columns: tuple[str, ...] = ()
    """Of a table, in their order: ``per_s``, ``count``, ``avg``, ``total``; empty for one that is the value."""
    json: str = "map"
    """What bpftrace's JSON calls it."""

    @property
    def is_extreme(self) -> bool:
        """Whether it is the least or the greatest of what was seen."""
        return self.merge in (Merge.LEAST, Merge.MOST)

    @property
    def is_distribution(self) -> bool:
        """Whether its buckets are counts."""
        return self.is_bucketed and self.merge is Merge.SUM

    @property
    def is_per_event(self) -> bool:
        """Whether its numbers grow with the number of events, and so are scaled where one in N is counted."""
        return self.merge is Merge.SUM and not self.is_shared


class ValueKind(StrEnum):
    """What a map's value is: decides how CPUs are merged, how a rate is made, and which view shows it."""

    facts: ValueFacts

    def __new__(cls, facts: ValueFacts) -> Self:
        """Make a kind that is its name, with its record."""
        kind = str.__new__(cls, facts.name)
        kind._value_ = facts.name
        kind.facts = facts
        return kind

    SCALAR = ValueFacts("scalar", is_shared=True)
    """A plain integer, last write wins."""
    STRING = ValueFacts("string", fields=0, is_shared=True)
    """A NUL-padded string of `value_size` bytes."""
    VALUE = ValueFacts("value", fields=0, is_shared=True)
    """Anything else that is written whole, such as a tuple or a stack: `MapSpec.value` says what."""
    COUNT = ValueFacts("count", "u64", never_shrinks=True, columns=("per_s", "total"))
    SUM = ValueFacts("sum", "s64", columns=("per_s", "total"))
    AVG = ValueFacts(
        "avg", TOTAL.c_type, len(TOTAL.members), never_shrinks=True, columns=("per_s", "avg"), json="stats"
    )
    MIN = ValueFacts("min", EXTREME.c_type, len(EXTREME.members), Merge.LEAST)
    MAX = ValueFacts("max", EXTREME.c_type, len(EXTREME.members), Merge.MOST)
    STATS = ValueFacts(
        "stats",
        TOTAL.c_type,
        len(TOTAL.members),
        has_one_value=False,
        never_shrinks=True,
        columns=("per_s", "count", "avg", "total"),
        json="stats",
    )
    HIST = ValueFacts("hist", "u64", is_bucketed=True, has_one_value=False, never_shrinks=True, json="hist")
    LHIST = ValueFacts("lhist", "u64", is_bucketed=True, has_one_value=False, never_shrinks=True, json="hist")
    TSERIES = ValueFacts(
        "tseries",
        SERIES.c_type,
        len(SERIES.members),
        Merge.NEWEST,
        is_bucketed=True,
        has_one_value=False,
        json="tseries",
    )
    """A ring of time slots of `TimeSeries.slot_ns` each, keyed by a u32 slot after the key's parts."""
