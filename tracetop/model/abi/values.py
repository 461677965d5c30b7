"""What one CPU's value of a map is where a number does not do: a struct in C, a row of int64 in Python.

Which kinds of values have which is theirs to say (`value_kinds`). Pure.
"""

from typing import NamedTuple


class ValueStruct(NamedTuple):
    """A struct of 64-bit members; the last says how much is in it."""

    name: str
    members: tuple[tuple[str, str], ...]
    """The C type and the name of each."""
    about: str

    @property
    def c_type(self) -> str:
        """What C calls it."""
        return f"struct {self.name}"

    @property
    def declaration(self) -> str:
        """The struct in C."""
        members = " ".join(f"{c_type} {name};" for c_type, name in self.members)
        return f"{self.c_type} {{ {members} }};  /* {self.about} */\n"


TOTAL = ValueStruct("tt_total", (("s64", "total"), ("u64", "count")), "avg, stats")
EXTREME = ValueStruct("tt_extreme", (("s64", "value"), ("u64", "set")), "min, max")
SERIES = ValueStruct("tt_series", (("u64", "epoch"), ("s64", "value"), ("u64", "count")), "tseries")
VALUES_C = "\n" + "".join(struct.declaration for struct in (TOTAL, EXTREME, SERIES))
