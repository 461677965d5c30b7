"""The pane `programs`: the BPF programs and maps of the machine, live. It runs no script of its own.

Owns: keeping the kernel's statistics on while the pane is on. Refuses to own: the tables (`programs`). Tracer.
"""

from tracetop.bpf.objects.stats import RunTimeStats
from tracetop.model.abi.control import Filter
from tracetop.model.frame import Cost, Log, View
from tracetop.tracer.aggregate.joined_table import ROWS
from tracetop.tracer.inspect.bpf_objects import ObjectTable, ProgramTables, Types


class ProgramsShown:
    """Implements `shown.Shown`."""

    def __init__(self, types: Types) -> None:
        self.cost = Cost()
        self.sample = 1
        self.dropped = self.missed = 0
        self.exited = False
        self.event_fd: int | None = None
        self._tables = ProgramTables(types, ROWS)
        self._statistics = RunTimeStats()
        self._unmeasured = False
        self.attached = False

    @property
    def notes(self) -> tuple[str, ...]:
        """Say where costs are not known."""
        return ("this kernel keeps no statistics of programs: their cost is not known",) if self._unmeasured else ()

    @property
    def tables(self) -> tuple[ObjectTable, ...]:
        """Programs, and maps."""
        return self._tables.programs, self._tables.maps

    def attach(self) -> None:
        """Switch the kernel's statistics on."""
        self._unmeasured = not self._statistics.enable()
        self._tables.read(measured=False)
        self.attached = True

    def detach(self) -> None:
        """Switch them off again, where nobody else has them on."""
        self._statistics.disable()
        self.attached = False

    def control(self, filter_: Filter, params: tuple[int, ...], sample: int = 1) -> None:
        """Show what the processes hold that the filter lets through."""
        del params, sample
        self._tables.follow(filter_)

    def reset(self) -> None:
        """Have nothing to begin anew: rates are of the last interval, all else is what is there."""

    def read(self) -> None:
        """Look at everything that is loaded."""
        self._tables.read(measured=self._statistics.on)

    def views(self) -> tuple[View, ...]:
        """Return both tables."""
        return tuple(table.table() for table in self.tables)

    def show_offsets(self, offsets: bool) -> None:
        """Have no stacks."""

    def run_totals(self) -> tuple[int, int]:
        """Have no programs of its own."""
        return 0, 0

    def drain(self) -> None:
        """Have nothing to do."""

    def log(self) -> Log | None:
        """Print nothing."""
        return None

    def close(self) -> None:
        """Let go of the statistics."""
        self.detach()
