"""The pane `programs`: the BPF programs and maps of the machine, live. It runs no script of its own.

Owns: keeping the kernel's statistics on while the pane is on. Refuses to own: the tables (`bpf_objects`). Tracer.
"""

from tracetop.bpf import RunningKernel, RunTimeStats
from tracetop.model.filter import Filter
from tracetop.model.frame import View
from tracetop.tracer.aggregate.joined_table import ROWS
from tracetop.tracer.inspect.bpf_objects import ProgramTables
from tracetop.tracer.panes.pane_content import Shown


class ProgramsShown(Shown):
    """Both tables, with costs where the kernel's statistics can be had."""

    def __init__(self, kernel: RunningKernel) -> None:
        super().__init__()
        self._objects = ProgramTables(kernel, ROWS)
        self.tables = self._objects.programs, self._objects.maps
        self._statistics = RunTimeStats()

    def attach(self) -> None:
        """Switch the kernel's statistics on."""
        measured = self._statistics.enable()
        self.notes = () if measured else ("this kernel keeps no statistics of programs: their cost is not known",)
        self._objects.read(measured=False)
        self.attached = True

    def detach(self) -> None:
        """Switch them off again, where nobody else has them on."""
        self._statistics.disable()
        self.attached = False

    def control(self, filter_: Filter, params: tuple[int, ...], sample: int = 1) -> None:
        """Show what the processes hold that the filter lets through."""
        del params, sample
        self._objects.follow(filter_)

    def read(self) -> None:
        """Look at everything that is loaded."""
        self._objects.read(measured=self._statistics.on)

    def views(self) -> tuple[View, ...]:
        """Return both tables."""
        return self._objects.programs.table(), self._objects.maps.table()

    def close(self) -> None:
        """Let go of the statistics."""
        self.detach()
