"""What one CPU's value of a map is in the kernel where a number does not do: its struct in C, its columns in Python.

All members are 64 bits wide, so a value read back is a row of int64. Pure.
"""

from typing import NamedTuple

from tracetop.model.program import ValueKind

_WORD_BYTES = 8


class ValueStruct(NamedTuple):
    """A struct of 64-bit members."""

    name: str
    members: tuple[tuple[str, str], ...]
    """The C type and the name of each."""
    kinds: tuple[ValueKind, ...]

    @property
    def declaration(self) -> str:
        """The struct in C."""
        members = " ".join(f"{c_type} {name};" for c_type, name in self.members)
        return f"struct {self.name} {{ {members} }};  /* {', '.join(self.kinds)} */\n"

    def column(self, member: str) -> int:
        """Return the place of a member in a row of int64."""
        return [name for _, name in self.members].index(member)


TOTAL = ValueStruct("tt_total", (("s64", "total"), ("u64", "count")), (ValueKind.AVG, ValueKind.STATS))
EXTREME = ValueStruct("tt_extreme", (("s64", "value"), ("u64", "set")), (ValueKind.MIN, ValueKind.MAX))
SERIES = ValueStruct("tt_series", (("u64", "epoch"), ("s64", "value"), ("u64", "count")), (ValueKind.TSERIES,))
_STRUCTS = {kind: struct for struct in (TOTAL, EXTREME, SERIES) for kind in struct.kinds}
VALUES_C = "\n" + "".join(struct.declaration for struct in (TOTAL, EXTREME, SERIES))


def c_value(kind: ValueKind) -> str:
    """Return the C type of one CPU's value of an aggregation."""
    struct = _STRUCTS.get(kind)
    return f"struct {struct.name}" if struct else "s64" if kind is ValueKind.SUM else "u64"


def columns(kind: ValueKind) -> int:
    """Return how many int64 one CPU's value is, of any kind but STRING and VALUE, which are bytes."""
    struct = _STRUCTS.get(kind)
    return len(struct.members) if struct else 1


def value_bytes(kind: ValueKind) -> int:
    """Return the size of one CPU's value, of any kind but STRING and VALUE."""
    return _WORD_BYTES * columns(kind)
