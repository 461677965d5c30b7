"""One pane: a name, the scripts it can show, the one that runs now, and why it does not where it does not.

Owns: the pane's state and what is in force in it. Refuses to own: what the maps hold (`running`). Tracer.
"""

import contextlib

from tracetop.errors import Diagnostic, TracetopError, UsageError
from tracetop.lang import read_header
from tracetop.model.control import PARAMS, Filter
from tracetop.model.frame import Cost, PaneFrame, PaneState, Variant, View
from tracetop.model.message import PaneRequest, SetSort
from tracetop.tracer.library import BundledScript, Library
from tracetop.tracer.running import Machine, Running

ROWS_MOST = 10_000
"""Rows of a table that a reader may ask for."""
_NOT_64_BITS = 1 << 63


class Pane:
    """One pane from request to close."""

    def __init__(self, request: PaneRequest, library: Library) -> None:
        """Take a bundled pane's scripts, or the text that came with the request. UsageError for an unknown name."""
        self.name = request.name
        self.bundled = not request.script
        self.scripts = _own(request) if request.script else library.scripts(request.name)
        self.script = self.scripts[0]
        self.state = PaneState.LOADING
        self.params: tuple[str, ...] = ()
        self.running: Running | None = None
        self._in_force: tuple[BundledScript, tuple[str, ...]] = self.script, ()
        """The script and the parameters that run, where any do."""
        self._diagnostic: Diagnostic | None = None
        self._views: tuple[View, ...] = ()
        self._script_sent = False
        self._sorts: dict[str, SetSort] = {}

    def load(self, machine: Machine, filter_: Filter) -> None:
        """Compile, load and attach the chosen script; the one before runs until the new one has loaded.

        A script that cannot run leaves the one before in place, or the pane FAILED where there was none.
        """
        try:
            new = Running.compile(self.script.text, self.script.name, machine, bundled=self.bundled)
        except TracetopError as error:
            self._refused(error)
            return
        try:
            new.control(filter_, self._numbers(machine))
            new.attach()
        except TracetopError as error:
            new.close()
            self._refused(error)
            return
        self.close()
        self.running, self.state, self._diagnostic = new, PaneState.ON, None
        self._in_force = self.script, self.params
        self._views, self._script_sent = (), False
        for sort in list(self._sorts.values()):
            with contextlib.suppress(UsageError):  # asked of another of the pane's scripts
                self.set_sort(sort)

    def select(self, variant: str) -> None:
        """Choose another of the pane's scripts, to be loaded next. UsageError for an unknown one."""
        found = next((script for script in self.scripts if script.variant.name == variant), None)
        if found is None:
            names = ", ".join(script.variant.name for script in self.scripts)
            raise UsageError(f"{self.name} has no variant {variant}", why=f"it has {names}", mend="choose one of them")
        if not found.variant.parameter:
            self.params = ()
        self.script = found
        if self.running is None:
            self.state = PaneState.LOADING

    def set_enabled(self, enabled: bool) -> None:
        """Attach or detach the probes. A pane that failed tries again from the start when it is switched on."""
        if self.running is None:
            self.state = PaneState.LOADING if enabled else PaneState.OFF
        elif enabled and self.state is PaneState.OFF:
            self.running.attach()
            self.state = PaneState.ON
        elif not enabled and self.state is PaneState.ON:
            self.read()
            self.running.detach()
            self.state = PaneState.OFF
            self.script, self.params = self._in_force  # another one that waits to be loaded is not wanted any more

    def set_params(self, params: tuple[str, ...], machine: Machine, filter_: Filter) -> None:
        """Put other positional parameters in force and count anew. UsageError where one means nothing."""
        before, self.params = self.params, params
        try:
            numbers = self._numbers(machine)
        except UsageError:
            self.params = before
            raise
        if self.running:
            self.running.control(filter_, numbers)
            self._in_force = self.script, params
            self.reset()

    def set_filter(self, filter_: Filter, machine: Machine) -> None:
        """Put another filter in force and count anew: a total is of the processes that the screen names beside it."""
        if self.running:
            self.running.control(filter_, self._numbers(machine))
            self.reset()

    def set_sort(self, command: SetSort) -> None:
        """Take the rows of a table in another order, or more of them; a pane that still loads, once it has.

        UsageError for an unknown table or column.
        """
        if self.running is None:
            self._sorts[command.table] = command
            return
        table = next((table for table in self.running.tables if table.name == command.table), None)
        columns = [column.id for column in table.columns] if table else []
        if table is None or command.sort.column not in columns:
            raise UsageError(
                f"{self.name} cannot be sorted by {command.sort.column}",
                why=f"its columns are {', '.join(columns)}" if columns else f"it has no table {command.table}",
                mend="choose a column that it shows",
            )
        table.sort, table.limit = command.sort, max(1, min(command.limit, ROWS_MOST))
        self._sorts[command.table] = command
        self._views = self.running.views()

    def reset(self) -> None:
        """Count anew."""
        if self.running:
            self.running.reset()
            self._views = self.running.views()

    def read(self) -> None:
        """Read the maps, where the probes are on."""
        if self.running and self.state is PaneState.ON:
            self.running.read()
            self._views = self.running.views()

    def show_offsets(self, offsets: bool) -> None:
        """Name stack frames with or without their offset."""
        if self.running:
            self.running.show_offsets(offsets)
            self._views = self.running.views()

    def frame(self) -> PaneFrame:
        """Return the pane as of the last read; a script that waits to be loaded is not in force yet."""
        running = self.running
        script, params = self._in_force if running else (self.script, self.params)
        sent, self._script_sent = self._script_sent, running is not None
        return PaneFrame(
            name=self.name,
            title=script.variant.title,
            state=self.state,
            views=self._views,
            diagnostic=self._diagnostic,
            notes=running.notes if running else (),
            dropped=running.dropped if running else 0,
            missed=running.missed if running else 0,
            cost=running.cost if running else Cost(),
            variant=script.variant.name,
            variants=tuple(script.variant for script in self.scripts),
            params=params,
            script="" if sent or not running else script.text,
        )

    def close(self) -> None:
        """Free what is in the kernel."""
        if self.running:
            self.running.close()
            self.running = None

    def _refused(self, error: TracetopError) -> None:
        self._diagnostic = error.diagnostic
        if self.running is None:
            self.state = PaneState.FAILED
        else:
            self.script, self.params = self._in_force

    def _numbers(self, machine: Machine) -> tuple[int, ...]:
        """Return the parameters as the programs read them. UsageError where they cannot."""
        if len(self.params) > PARAMS:
            raise UsageError(
                f"{len(self.params)} parameters", why=f"a script has at most {PARAMS}", mend="leave the others out"
            )
        return tuple(self._number(text, machine) for text in self.params)

    def _number(self, text: str, machine: Machine) -> int:
        if self.script.variant.parameter == "syscall":
            number = machine.syscalls.number(text)
        else:
            try:
                number = int(text, 0)
            except ValueError:
                number = _NOT_64_BITS
        if not -(1 << 63) <= number < 1 << 63:
            raise UsageError(
                f"not a number: {text}",
                why=f"the parameters of {self.script.name} are whole numbers of 64 bits",
                mend="write one such as 4096 or 0x1000",
            )
        return number


def _own(request: PaneRequest) -> tuple[BundledScript, ...]:
    """Return the one script of a pane whose text came with its request."""
    header = read_header(request.script)
    variant = Variant(request.name, header.get("title", request.name), header.get("$1", ""))
    return (BundledScript(request.name, request.script, request.name, variant),)
