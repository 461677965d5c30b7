"""What a pane needs of that which it shows: a script that is loaded, or the machine's own BPF programs.

Owns: what is common to both. Tracer.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from tracetop.model.filter import Filter
from tracetop.model.frame import Cost, Log, View
from tracetop.tracer.aggregate.joined_table import JoinedTable
from tracetop.tracer.inspect.bpf_objects import ObjectTable


class Shown(ABC):
    """Something that counts while it is attached. What stands here is that of one that has nothing to do or to say."""

    event_fd: int | None = None
    """A descriptor that is readable while `drain` has something to do; None where it never has."""
    notes: tuple[str, ...] = ()
    """What this kernel cannot do of it, one line each."""
    limits: tuple[str, ...] = ()
    """Why its numbers may be too low by how it is written."""
    tables: Sequence[JoinedTable | ObjectTable] = ()
    """Its tables, for their sort to be chosen."""
    attached: bool = False
    """Whether it counts."""

    def __init__(self) -> None:
        self.cost = Cost()
        self.sample = 1
        """1 in so many events is counted."""
        self.dropped = self.missed = 0
        self.exited = False
        """Whether it has ended itself."""

    @abstractmethod
    def attach(self) -> None:
        """Begin to count, or go on."""

    @abstractmethod
    def detach(self) -> None:
        """Stop counting, at no cost from here on."""

    @abstractmethod
    def control(self, filter_: Filter, params: tuple[int, ...], sample: int = 1) -> None:
        """Put a filter, parameters and sampling in force: one in so many events is counted."""

    @abstractmethod
    def read(self) -> None:
        """Bring what is shown up to date."""

    @abstractmethod
    def views(self) -> tuple[View, ...]:
        """Return what was counted, as of the last read."""

    @abstractmethod
    def close(self) -> None:
        """Free everything in the kernel."""

    def reset(self) -> None:  # noqa: B027 - not everything counts
        """Count anew."""

    def show_offsets(self, offsets: bool) -> None:  # noqa: B027
        """Name stack frames with or without their offset into the function."""

    def run_totals(self) -> tuple[int, int]:
        """Return (nanoseconds, runs) of its programs, as far as the statistics were on."""
        return 0, 0

    def drain(self) -> None:  # noqa: B027
        """Do what was asked of user space."""

    def end(self) -> None:  # noqa: B027
        """Say the last words; once it is detached."""

    def log(self) -> Log | None:
        """Return the lines since the last call; None where it never has any."""
        return None
