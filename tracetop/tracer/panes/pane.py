"""One pane: a name, the scripts it can show, the one that runs now, and why it does not where it does not.

Owns: the pane's state and what is in force in it. Refuses to own: what the maps hold (`script_content`), and the steps
of a load (`pane_load`). Tracer.
"""

import contextlib
import time
from dataclasses import replace

import msgspec

from tracetop.errors import Diagnostic, TracetopError, UsageError
from tracetop.library import Library
from tracetop.model.abi.control import SAMPLE_NONE
from tracetop.model.filter import Filter
from tracetop.model.frame import Cost, PaneFrame, PaneState, View
from tracetop.model.wire.messages import PaneRequest, SetSort
from tracetop.tracer.aggregate.recent_losses import RecentLosses
from tracetop.tracer.panes.pane_content import Shown
from tracetop.tracer.panes.pane_load import Loading, Outcome, Wait, load
from tracetop.tracer.panes.script_choice import Choice
from tracetop.tracer.panes.script_content import Machine

ROWS_MOST = 10_000
"""Rows of a table that a reader may ask for."""
_ENDED = "the script ended itself with exit(); switched on, it begins anew"


class Pane:
    """One pane from request to close."""

    def __init__(self, request: PaneRequest, library: Library, machine: Machine) -> None:
        """Take a bundled pane's scripts, or the text that came with the request. UsageError for an unknown name."""
        self.name = request.name
        self._library = library
        self._machine = machine
        self._choice = Choice.requested(request, library)
        self.running: Shown | None = None
        self._sample = request.sample
        self._state = PaneState.LOADING
        self._filter = Filter()
        self._in_force = self._choice
        """What runs, where anything does."""
        self._loading: Loading | None = None
        self._asked: Outcome | None = None
        """What has loaded, and is hot: it is put to work by `proceed` only."""
        self._diagnostic: Diagnostic | None = None
        self._views: tuple[View, ...] = ()
        self._script_sent = ""
        self._recent_losses = RecentLosses()
        self._sorts: dict[str, SetSort] = {}

    @property
    def state(self) -> PaneState:
        """What the pane is doing."""
        return PaneState.ASKING if self._asked else self._state

    def advance(self, filter_: Filter) -> Wait | None:
        """Go on to load the chosen script; return what the next step waits for, None where there is none.

        The script before runs until the new one has loaded. One that cannot run leaves the one before in place, or
        the pane FAILED where there was none.
        """
        self._filter = filter_
        try:
            if self._loading is None:
                self._loading = load(self._choice.script, self._machine, self._control, self._sample)
            return next(self._loading)
        except StopIteration as end:
            self._loading = None
            self._loaded(end.value)
        except TracetopError as error:
            self._loading = None
            self._refused(error)
        return None

    def proceed(self, sample: int) -> None:
        """Put the script to work that is hot, on 1 in `sample` events. UsageError where none is."""
        if self._asked is None:
            raise UsageError(
                f"{self.name} does not wait for an answer",
                hint="answer where tracetop has asked",
                why="nothing was asked",
            )
        if not 1 <= sample < SAMPLE_NONE:
            raise UsageError(
                f"1 in {sample} events", why="that is not one", hint="choose a number from 1 on, such as 64"
            )
        self._sample = sample
        new, _ = self._asked
        try:
            self._control(new, sample)
            new.attach()
        except TracetopError as error:
            self._give_up()
            self._refused(error)
        else:
            self._asked = None
            self._take(new)

    def select(self, variant: str) -> None:
        """Choose another of the pane's scripts, to be loaded next. UsageError for an unknown one."""
        self._choose(self._choice.variant(variant))

    def replace(self, text: str) -> None:
        """Choose this text, to be loaded next; that of a bundled script brings its variants back.

        UsageError for an empty one.
        """
        self._choose(Choice.of_text(self.name, text, self._library, self._choice.params))
        self._sample = 0

    def set_enabled(self, enabled: bool) -> None:
        """Attach or detach the probes. A pane that failed tries again from the start when it is switched on."""
        if not enabled:
            self._give_up()
        if self.running is None:
            self._state = PaneState.LOADING if enabled else PaneState.OFF
        elif enabled and self._state is PaneState.OFF:
            self.running.attach()
            self._state = PaneState.ON
        elif not enabled and self._state is PaneState.ON:
            self.read()
            self.running.detach()
            self._state = PaneState.OFF
            self._choice = self._in_force  # another that waits is not wanted any more

    def set_params(self, params: tuple[str, ...], filter_: Filter) -> None:
        """Put other positional parameters in force and count anew. UsageError where one means nothing."""
        choice = replace(self._choice, params=params)
        choice.numbers(self._machine.syscalls)
        self._choice, self._filter = choice, filter_
        if self.running:
            self._control(self.running, self.running.sample)
            self._in_force = choice
            self.reset()

    def set_filter(self, filter_: Filter) -> None:
        """Put another filter in force and count anew: a total is of the processes that the screen names beside it."""
        self._filter = filter_
        if self.running:
            self._control(self.running, self.running.sample)
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
                hint="choose a column that it shows",
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
        if self.running and self._state is PaneState.ON:
            self.running.read()
            self._views = self.running.views()
            if self.running.exited:
                self._state = PaneState.OFF

    def drain(self) -> bool:
        """Do what the script asked user space for; return whether it has ended itself."""
        if self.running is None or self._state is not PaneState.ON:
            return False
        self.running.drain()
        if self.running.exited:
            self.read()
        return self.running.exited

    def finish(self) -> None:
        """Take the probes off and have the script say its last words."""
        if self.running and self._state is PaneState.ON:
            self.running.detach()
            self.running.end()

    def show_offsets(self, offsets: bool) -> None:
        """Name stack frames with or without their offset."""
        if self.running:
            self.running.show_offsets(offsets)
            self._views = self.running.views()

    def frame(self) -> PaneFrame:
        """Return the pane as of the last read; a script that waits to be loaded is not in force yet."""
        running = self.running
        choice = self._in_force if running else self._choice
        script = choice.script
        text = script.text if running or self._state is PaneState.FAILED else ""
        sent, self._script_sent = self._script_sent, text
        log = running.log() if running else None
        frame = PaneFrame(
            name=self.name,
            title=script.variant.title,
            state=self.state,
            views=(*self._views, log) if log else self._views,
            diagnostic=self._diagnostic,
            notes=(*running.notes, *[_ENDED] * running.exited) if running else (),
            limits=running.limits if running else (),
            dropped=running.dropped if running else 0,
            missed=running.missed if running else 0,
            cost=running.cost if running else Cost(),
            variant=script.variant.name,
            variants=tuple(one.variant for one in choice.scripts),
            params=choice.params,
            hot=self._asked.hot if self._asked else None,
            sample=running.sample if running else 1,
            bundled=script.bundled,
            script="" if text == sent else text,
        )
        return msgspec.structs.replace(frame, lost_recently=self._recent_losses.update(time.monotonic(), frame.losses))

    def close(self) -> None:
        """Free what is in the kernel."""
        self._give_up()
        if self.running:
            self.running.close()
            self.running = None

    def _choose(self, choice: Choice) -> None:
        self._give_up()
        self._choice, self._diagnostic = choice, None
        if self.running is None:
            self._state = PaneState.LOADING

    def _loaded(self, outcome: Outcome) -> None:
        if outcome.hot:
            self._asked = outcome
        else:
            self._take(outcome.running)

    def _take(self, new: Shown) -> None:
        """Show a script that is on its hooks; free the one before."""
        self.close()
        self.running, self._state, self._diagnostic = new, PaneState.ON, None
        self._in_force = self._choice
        self._views = ()
        for sort in list(self._sorts.values()):
            with contextlib.suppress(UsageError):  # asked of another of the pane's scripts
                self.set_sort(sort)

    def _give_up(self) -> None:
        """Let go of a script that has not been put to work."""
        if self._loading:
            self._loading.close()
            self._loading = None
        if self._asked:
            self._asked.running.close()
            self._asked = None

    def _refused(self, error: TracetopError) -> None:
        self._diagnostic = error.diagnostic
        if self.running is None:
            self._state = PaneState.FAILED
        else:
            self._choice = self._in_force

    def _control(self, running: Shown, sample: int) -> None:
        running.control(self._filter, self._choice.numbers(self._machine.syscalls), sample)
