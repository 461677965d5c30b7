"""What one run over a script finds out of its maps and variables: data, read by the next run."""

from dataclasses import dataclass, field, replace

from tracetop.lang.tree.types import INT64, UNKNOWN, Form, Type
from tracetop.model.program import LinearScale, TimeSeries
from tracetop.model.value_kinds import ValueKind

Scale = LinearScale | TimeSeries | int | None
"""What two aggregations of one map must share beside the kind: of lhist, tseries and hist (its bits)."""


@dataclass(frozen=True)
class MapUse:
    """What has been learnt of one map so far."""

    at: int
    keys: tuple[Type, ...]
    labels: tuple[str, ...]
    kind: ValueKind | None = None
    value: Type = UNKNOWN
    scale: Scale = None


@dataclass(frozen=True)
class Binding:
    """The variable that a name stands for: its own name, the block that it belongs to, and where it begins."""

    variable: str
    block: int
    at: int
    declared: bool
    """By ``let`` or as a loop's; else an assignment began it."""


@dataclass
class Learnt:
    """What one run over the script finds out; read by the next run."""

    maps: dict[str, MapUse] = field(default_factory=dict)
    variables: dict[tuple[int, str], Type] = field(default_factory=dict)
    """By clause (its number) and name; of a name that stands for several variables, each has a name of its own."""
    declared: dict[tuple[int, str], Type] = field(default_factory=dict)
    """Types of those whose declaration says it: they widen for nothing."""
    origins: dict[tuple[int, str], dict[int, int]] = field(default_factory=dict)
    """Of each name of a clause, which of its variables begins at which offset of the script: the first is 1."""
    bindings: dict[tuple[int, str], Binding] = field(default_factory=dict)
    """What each name of a clause stands for, where the run is."""
    outliving: frozenset[tuple[int, str]] = frozenset()
    """Names of clauses that are read after the block in which they were assigned, as older bpftrace allowed."""
    blocks: int = 0
    """Blocks that were entered so far."""
    asked: dict[str, int] = field(default_factory=dict)
    """Maps that are named without being read or assigned (by clear(), zero(), print(), len() and for), and where."""

    def settled(self) -> "Learnt":
        """Return the same, where what nothing was learnt of is an integer: `@a = @a` says nothing of what it holds."""
        maps = {name: use if _is_known(use.value) else replace(use, value=INT64) for name, use in self.maps.items()}
        variables = {place: type_ if _is_known(type_) else INT64 for place, type_ in self.variables.items()}
        return replace(self, maps=maps, variables=variables)


def _is_known(type_: Type) -> bool:
    return type_.form is not Form.UNKNOWN
