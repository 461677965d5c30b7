"""One script, run as bpftrace would run it: loaded, begun, attached, printed as its events come, ended.

Owns: the order of these steps, and when the run is over. Refuses to own: what events ask for (`events`) and what has
to be done meanwhile (`upkeep`). The tracer's one thread.
"""

import os
import select
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from functools import partial

from msgspec.structs import replace

from tracetop.bpf import Loaded, iterate, measure, run_signalled
from tracetop.errors import TracetopError, UsageError
from tracetop.lang import Options, compile_script, dump
from tracetop.model.abi.control import SAMPLE_NONE, pack_control
from tracetop.model.kernel import Kernel
from tracetop.model.kinds import ProbeKind
from tracetop.model.wire import limits
from tracetop.model.wire import messages as m
from tracetop.tracer.loaded_script import LoadedScript
from tracetop.tracer.pipe import Inbox, Outbox
from tracetop.tracer.printing.machine_names import MachineNames
from tracetop.tracer.printing.printer import Printer
from tracetop.tracer.script.benchmarks import RUNS, benchmark_lines
from tracetop.tracer.script.events import Events, StreamSink
from tracetop.tracer.script.upkeep import takes_user_addresses, upkeep_in_run

_ITERATION_S = 0.005
"""Between looks at what iterators have sent, while they run."""


def serve(inbox: Inbox, outbox: Outbox, kernel: Kernel, names: MachineNames) -> None:
    """Carry out each `Run` that comes, one after the other, until the asker goes or stops without a run to stop."""
    while not inbox.closed:
        select.select([inbox.fd], [], [])
        for command in inbox.commands():
            if isinstance(command, m.Stop):
                return
            if isinstance(command, m.Run):
                os.set_blocking(outbox.fd, False)
                try:
                    limits.check(command)
                    ScriptRun(command, inbox, outbox, names).run(kernel)
                except TracetopError as error:
                    os.set_blocking(outbox.fd, True)
                    outbox.send(m.Fatal(error.diagnostic))


class ScriptRun:
    """A run, from its command to `Finished`."""

    def __init__(self, order: m.Run, inbox: Inbox, outbox: Outbox, names: MachineNames) -> None:
        self._order = order
        self._inbox = inbox
        self._outbox = outbox
        self._names = names
        self._sink = StreamSink(outbox)
        self._signalled: Callable[[], None] = lambda: None
        """Runs what a signal to the run is for."""
        self._iterate: Callable[[], None] = lambda: None
        """Runs the script's iterators."""
        self._stopped = False
        """True once the asker or the script's process ended it."""

    def run(self, kernel: Kernel) -> None:
        """Carry it out. Raises what compiling, loading and attaching raise; an asker that has gone is not a fault."""
        order = self._order
        options = Options(
            params=order.params,
            pid=order.pid,
            child=order.child,
            mode=order.mode,
            unsafe=order.unsafe,
            environment=order.environment,
            probe_filter=order.probe_filter,
            tells_reads=order.tells_reads,
        )
        program = compile_script(order.script, order.name, kernel, options, self._show)
        if order.debug:
            self._outbox.send(m.Finished())
            return
        target = _open_process(order.pid) if order.pid else None
        try:
            with suppress(BrokenPipeError), closing(Loaded.load(program)) as loaded:
                loaded.set_control(pack_control(order.filter))
                self._signalled = partial(run_signalled, loaded)
                self._iterate = partial(iterate, loaded)
                if order.dry_run:
                    finished = self._attach_only(loaded)
                elif order.mode:
                    self._outbox.send(m.Output(benchmark_lines(measure(loaded, RUNS), as_json=order.json).encode()))
                    finished = m.Finished(notes=program.notes)
                else:
                    finished = self._live(loaded, target)
                os.set_blocking(self._outbox.fd, True)
                self._outbox.send(finished if order.warnings else replace(finished, notes=_losses(loaded)))
        finally:
            if target is not None:
                os.close(target)

    def _show(self, stage: str, made: object) -> None:
        """Print what a stage of the compiler has made, where that was asked for."""
        if stage in self._order.debug:
            text = made if isinstance(made, str) else f"{dump(made)}\n"
            self._outbox.send(m.Output(text.encode(errors="surrogateescape")))

    def _attach_only(self, loaded: LoadedScript) -> m.Finished:
        """Put it on its hooks, where its programs end at once, and take it off again."""
        loaded.set_control(pack_control(self._order.filter, sample=SAMPLE_NONE))
        loaded.attach()
        self._outbox.send(m.Attached(_probes(loaded)))
        return m.Finished(notes=loaded.program.notes + loaded.notes)

    def _live(self, loaded: LoadedScript, target: int | None) -> m.Finished:
        printer = Printer(loaded, self._names, json=self._order.json, file=self._order.file)
        events = Events(loaded, printer, self._sink, warns=self._order.warnings)
        begun = events.begin()
        goes_on = begun and (_has_hooks(loaded) or bool(self._order.child))
        if goes_on:
            if takes_user_addresses(loaded.program):
                self._names.processes.watch()
            loaded.attach()
        self._outbox.send(m.Attached(_probes(loaded), over=not goes_on))
        self._take(events)
        if begun and any(probe.kind is ProbeKind.ITER for probe in loaded.program.probes):
            self._go_through(events)
        if goes_on:
            self._serve(loaded, events, target)
        os.set_blocking(self._outbox.fd, True)
        self._end(loaded, printer, events)
        return m.Finished(events.exit_code or 0, loaded.program.notes + loaded.notes + printer.notes + _losses(loaded))

    def _go_through(self, events: Events) -> None:
        """Run the iterators, and print meanwhile what they send. KernelError where the kernel does not run them."""
        failures: list[TracetopError] = []

        def run() -> None:
            try:
                self._iterate()
            except TracetopError as error:
                failures.append(error)

        thread = threading.Thread(target=run, name="iterators", daemon=True)
        thread.start()
        while thread.is_alive():
            self._take(events)
            thread.join(_ITERATION_S)
        if failures:
            raise failures[0]
        self._take(events)

    def _take(self, events: Events) -> None:
        """Print what has come; a reader that is late is waited for, with events in the kernel's buffer."""
        while events.take():
            self._sink.send()
            if self._outbox.blocked or events.exit_code is not None:
                break

    def _serve(self, loaded: LoadedScript, events: Events, target: int | None) -> None:
        """Print what comes until the run is over."""
        readers = [fd for fd in (self._inbox.fd, target) if fd is not None]
        sources = [loaded.event_fd] if loaded.event_fd is not None else []
        upkeep = upkeep_in_run(loaded, self._names.processes.remember, self._order.pid, self._order.child)
        while not self._stopped and events.exit_code is None:
            late = [self._outbox.fd] if self._outbox.blocked else []
            readable, writable, _ = select.select(readers + ([] if late else sources), late, [], upkeep.every_s)
            if writable:
                self._outbox.flush()
            if self._inbox.fd in readable:
                self._listen()
            self._stopped = self._stopped or target in readable
            if not late:
                self._take(events)
            upkeep.do()

    def _listen(self) -> None:
        for command in self._inbox.commands():
            self._stopped = self._stopped or isinstance(command, m.Stop)
            if isinstance(command, m.Signalled) and not self._stopped:
                self._signalled()
        if self._inbox.closed:
            raise BrokenPipeError

    def _end(self, loaded: LoadedScript, printer: Printer, events: Events) -> None:
        """Take the probes off, print what they sent, run END, print the maps."""
        loaded.detach()
        events.last()
        self._sink.send()
        self._outbox.send(m.Drained())
        events.end()
        self._sink.add("" if self._order.json else "\n\n")
        if loaded.program.options.get("print_maps_on_exit") != "False":
            self._sink.add(printer.maps())
        self._sink.send()
        if lost := loaded.lost_events():
            self._outbox.send(m.Output(printer.lines.lost(lost).encode(), error=not self._order.json))


def _has_hooks(loaded: LoadedScript) -> bool:
    """Say whether anything is still to come: a script that has only BEGIN and END is over once it has begun."""
    return any(probe.kind not in (ProbeKind.BEGIN, ProbeKind.END, ProbeKind.ITER) for probe in loaded.program.probes)


def _probes(loaded: LoadedScript) -> int:
    """Return how many probes the script has on hooks, as bpftrace counts them."""
    return sum(max(len(probe.names), probe.hooks) for probe in loaded.program.probes)


def _open_process(pid: int) -> int:
    """Return a descriptor that is readable once the process has ended. UsageError where there is none."""
    try:
        return os.pidfd_open(pid)
    except OSError as error:
        raise UsageError(
            f"no process {pid}", why=error.strerror or "", hint="name one that runs: `ps -e` lists them"
        ) from error


def _losses(loaded: LoadedScript) -> tuple[str, ...]:
    """Return a line for each thing that was counted too low."""
    notes = [
        f"{spec.name} is read, changed and written in steps: where two CPUs did so at once, an update was lost"
        for spec in loaded.program.maps
        if spec.loses_updates
    ]
    notes += [
        f"{name} was full: {count} updates were dropped; make maps larger with config = {{ max_map_keys = NUMBER }}"
        for name, count in loaded.drops().items()
        if count
    ]
    if lost := loaded.lost_events():
        notes.append(f"{lost} events were lost, they came faster than they were printed: print less, or count in a map")
    if missed := loaded.missed():
        notes.append(f"{missed} hits were missed: the kernel runs no program while another is at work on that CPU")
    if unread := loaded.unread():
        notes.append(f"{unread} strings could not be read, and are empty: their memory was not there at that moment")
    return tuple(notes)
