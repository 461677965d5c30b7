"""What a pane needs of that which it shows: a script that is loaded, or the machine's own BPF programs.

Owns: the protocol alone. Tracer.
"""

from collections.abc import Sequence
from typing import Protocol

from tracetop.model.abi.control import Filter
from tracetop.model.frame import Column, Cost, Log, Sort, View


class SortedTable(Protocol):
    """A table whose rows come in the order that a reader asks for."""

    name: str
    sort: Sort
    limit: int

    @property
    def columns(self) -> tuple[Column, ...]:
        """All columns, in the order of every row's cells."""


class Shown(Protocol):
    """Something that counts while it is attached."""

    cost: Cost
    sample: int
    dropped: int
    missed: int
    exited: bool

    @property
    def notes(self) -> tuple[str, ...]:
        """What this kernel cannot do of it, one line each."""

    @property
    def tables(self) -> Sequence[SortedTable]:
        """Its tables, for their sort to be chosen."""

    @property
    def attached(self) -> bool:
        """Whether it counts."""

    @property
    def event_fd(self) -> int | None:
        """A descriptor that is readable while `drain` has something to do; None where it never has."""

    def attach(self) -> None:
        """Begin to count, or go on."""

    def detach(self) -> None:
        """Stop counting, at no cost from here on."""

    def control(self, filter_: Filter, params: tuple[int, ...], sample: int = 1) -> None:
        """Put a filter, parameters and sampling in force."""

    def reset(self) -> None:
        """Count anew."""

    def read(self) -> None:
        """Bring what is shown up to date."""

    def views(self) -> tuple[View, ...]:
        """Return what was counted, as of the last read."""

    def show_offsets(self, offsets: bool) -> None:
        """Name stack frames with or without their offset into the function."""

    def run_totals(self) -> tuple[int, int]:
        """Return (nanoseconds, runs) of its programs, as far as the statistics were on."""

    def drain(self) -> None:
        """Do what was asked of user space."""

    def log(self) -> Log | None:
        """Return the lines since the last call; None where it never has any."""

    def close(self) -> None:
        """Free everything in the kernel."""
