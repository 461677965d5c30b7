"""Kinds of values that maps hold: one record each, from the kernel's bytes to the columns of a table.

Owns: what one CPU's value is, the C that changes it, how CPUs add up, and what becomes of the numbers. Refuses to own:
how a script writes it, which is with the functions of the language (`lang.functions.maps`). Pure.
"""

from dataclasses import KW_ONLY, dataclass
from enum import Enum, StrEnum, auto
from functools import partial
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
    change: str = ""
    """C that adds ``{v}`` to the value that ``{at}`` points to; empty where a value is written, not added to."""
    first: str = "{v}"
    """C of the value of a new key."""
    in_slot: str = ""
    """The same as `change` in a slot of a time series; empty where no series is of this kind."""
    _: KW_ONLY
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


_ADDED = "{at}->value += {v};"
_total = partial(
    ValueFacts,
    c_type=TOTAL.c_type,
    change="{at}->total += {v}; {at}->count += 1;",
    first="{{{v}, 1}}",
    fields=len(TOTAL.members),
    never_shrinks=True,
    json="stats",
)
_distribution = partial(
    ValueFacts,
    c_type="u64",
    change="*{at} += 1;",
    first="1",
    is_bucketed=True,
    has_one_value=False,
    never_shrinks=True,
    json="hist",
)


def _extreme(name: str, better: str, merge: Merge) -> ValueFacts:
    """Return the record of a least or greatest value: `better` compares a new value with the one that is kept."""
    kept = "{at}->value = {v};"
    return ValueFacts(
        name,
        EXTREME.c_type,
        f"if (!{{at}}->set || {{v}} {better} {{at}}->value) {{{{ {kept} {{at}}->set = 1; }}}}",
        "{{{v}, 1}}",
        f"if ({{v}} {better} {{at}}->value) {kept}",
        fields=len(EXTREME.members),
        merge=merge,
    )


class ValueKind(StrEnum):
    """What a map's value is: decides how CPUs are merged, how a rate is made, and which view shows it."""

    facts: ValueFacts

    def __new__(cls, facts: ValueFacts) -> Self:
        """Make a kind that is its name, with its record."""
        kind = str.__new__(cls, facts.name)
        kind._value_ = facts.name
        kind.facts = facts
        return kind

    SCALAR = ValueFacts("scalar", in_slot="{at}->value = {v};", is_shared=True)
    """A plain integer, last write wins."""
    STRING = ValueFacts("string", fields=0, is_shared=True)
    """A NUL-padded string of `value_size` bytes."""
    VALUE = ValueFacts("value", fields=0, is_shared=True)
    """Anything else that is written whole, such as a tuple or a stack: `MapSpec.value` says what."""
    COUNT = ValueFacts("count", "u64", "*{at} += 1;", "1", never_shrinks=True, columns=("per_s", "total"))
    SUM = ValueFacts("sum", "s64", "*{at} += {v};", in_slot=_ADDED, columns=("per_s", "total"))
    AVG = _total("avg", in_slot=_ADDED, columns=("per_s", "avg"))
    MIN = _extreme("min", "<", Merge.LEAST)
    MAX = _extreme("max", ">", Merge.MOST)
    STATS = _total("stats", has_one_value=False, columns=("per_s", "count", "avg", "total"))
    HIST = _distribution("hist")
    LHIST = _distribution("lhist")
    TSERIES = ValueFacts(
        "tseries",
        SERIES.c_type,
        fields=len(SERIES.members),
        merge=Merge.NEWEST,
        is_bucketed=True,
        has_one_value=False,
        json="tseries",
    )
    """A ring of time slots of `TimeSeries.slot_ns` each, keyed by a u32 slot after the key's parts."""
