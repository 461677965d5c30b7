"""A script that is loaded: its probes, and what its maps have counted and its programs have printed.

Owns: the loaded program and what is made of it; frees both. Refuses to own: why it runs and under what name (`pane`),
and which view a map has (`aggregates`). Runs in the tracer's one thread.
"""

import time
from dataclasses import dataclass

from tracetop.bpf import Loaded, MapSample, ProgStats, RunningKernel, UserFrame
from tracetop.lang import STACK_DEPTH
from tracetop.model.abi.control import pack_control
from tracetop.model.filter import Filter
from tracetop.model.frame import Cost, Log, View
from tracetop.model.program import MapSpec, Program, Warned
from tracetop.model.syscalls import SyscallNames
from tracetop.model.value_kinds import ValueKind
from tracetop.tracer.aggregate.aggregates import Aggregates
from tracetop.tracer.aggregate.call_tree import CUT, CallTree, StackId
from tracetop.tracer.aggregate.key_cells import KeyCells
from tracetop.tracer.aggregate.processes import ProcessTable
from tracetop.tracer.aggregate.value_columns import newest
from tracetop.tracer.panes.pane_content import Shown
from tracetop.tracer.printing.decode import Decoder
from tracetop.tracer.printing.machine_names import MachineNames
from tracetop.tracer.printing.printer import Printer
from tracetop.tracer.script import upkeep
from tracetop.tracer.script.events import Events
from tracetop.tracer.script.printed_lines import FileRequests, PrintedLines


@dataclass(frozen=True)
class Machine:
    """What all scripts share: the kernel they are compiled for and the names that their keys stand for."""

    kernel: RunningKernel
    syscalls: SyscallNames
    names: MachineNames
    processes: ProcessTable
    files: FileRequests


class Running(Shown):
    """A script from load to close."""

    def __init__(self, program: Program, machine: Machine) -> None:
        """Load the program, not attached. Raises what `Loaded.load` raises."""
        super().__init__()
        self.program = program
        self._machine = machine
        self._cells = KeyCells(
            machine.syscalls, Decoder(machine.names, lambda name, id_: self._loaded.stack(id_, name))
        )
        self._offsets = self._begun = False
        self._filter = Filter()
        self._params: tuple[int, ...] = ()
        self._aggregates = Aggregates(program, self._cells, machine.processes, self._tree)
        self._read_s = time.monotonic()
        self._dropped_before = self._missed_before = 0
        self.tables = self._aggregates.tables
        self.limits = tuple(spec.limit for spec in program.maps if spec.limit)
        self._loaded = Loaded.load(program)
        self.event_fd = self._loaded.event_fd
        if upkeep.takes_user_addresses(program):
            machine.names.processes.watch()
        self._upkeep = upkeep.upkeep_in_pane(self._loaded, self._aggregates)
        self._lines = PrintedLines(machine.files)
        self._lost_events = 0
        self._printer = Printer(self._loaded, machine.names)
        self._events = Events(self._loaded, self._printer, self._lines)

    def rehearse(self) -> None:
        """Put the probes on their hooks before the script has begun; `control` with SAMPLE_NONE before."""
        self._loaded.attach()
        self.attached = True
        self._note()

    def attach(self) -> None:
        """Put the probes on their hooks, after the script's BEGIN the first time; what was counted before stays.

        One that has ended itself begins anew.
        """
        if not self._begun:
            self.exited = False
            self._events.begin()
            self._begun = True
        self.rehearse()
        self._read_s = time.monotonic()

    def detach(self) -> None:
        """Take the probes off: their cost is zero from here on."""
        self._loaded.detach()
        self.attached, self.cost = False, Cost()

    def control(self, filter_: Filter, params: tuple[int, ...], sample: int = 1) -> None:
        """Put a filter, parameters and sampling in force: one map write."""
        scratch = [spec for spec in self.program.maps if spec.scratch and spec.keys]
        if filter_ != self._filter:
            for spec in scratch:
                upkeep.drop_unfiltered_starts(self._loaded, spec, self._filter)
        self._loaded.set_control(pack_control(filter_, params, sample))
        if params != self._params:  # what was begun under others would end as if it were begun under these
            for spec in scratch:
                self._loaded.clear(spec.name)
        self._filter, self._params, self.sample = filter_, params, sample
        self._aggregates.follow(filter_)

    def reset(self) -> None:
        """Count anew."""
        self.read()
        for spec in self._aggregates.specs.values():
            if spec.kind.facts.is_extreme:  # an extreme cannot be counted from a baseline
                self._loaded.clear(spec.name)
        self._aggregates.reset()
        self._lines.reset()
        self._dropped_before += self.dropped
        self._missed_before += self.missed
        self.dropped = self.missed = 0

    def read(self) -> None:
        """Read every map and bring the aggregators up to date."""
        self._loaded.follow_cpus()
        self.drain()
        self._note()
        now_s = time.monotonic()
        elapsed_s, self._read_s = max(now_s - self._read_s, 1e-3), now_s
        samples = {name: self._sample(spec) for name, spec in self._aggregates.specs.items()}
        self._aggregates.update(samples, elapsed_s)
        dropped, self.dropped = self.dropped, sum(self._loaded.drops().values()) - self._dropped_before
        self.missed = self._loaded.missed() - self._missed_before
        self._upkeep.do(now=self.dropped > dropped)

    def views(self) -> tuple[View, ...]:
        """Return what the maps have counted, in the order that the script first names them."""
        return self._aggregates.views()

    def show_offsets(self, offsets: bool) -> None:
        """Name stack frames with or without their offset into the function."""
        self._offsets = offsets
        for tree in self._aggregates.trees:
            tree.rename(self._frames)

    def stats(self) -> list[ProgStats]:
        """Return the kernel's counters of the script's programs, in their order; runs as far as statistics were on."""
        return self._loaded.stats()

    def run_totals(self) -> tuple[int, int]:
        """Return (nanoseconds, runs) of the script's programs, as far as the statistics were on."""
        stats = self.stats()
        return sum(stat.run_time_ns for stat in stats), sum(stat.run_cnt for stat in stats)

    def drain(self) -> None:
        """Do what the script asked user space for: print, clear or zero maps, end itself."""
        self._events.take()
        lost, self._lost_events = self._lost_events, self._loaded.lost_events()
        self._lines.lose(self._lost_events - lost)
        if self._events.exit_code is not None and not self.exited:
            self.exited = True
            self.detach()
            self.end()

    def log(self) -> Log | None:
        """Return the lines since the last call, for a frame that is sure to be sent; None for a script without any."""
        return self._lines.take() if self._events.prints else None

    def end(self) -> None:
        """Run the script's END, where its BEGIN was run."""
        if self._begun:
            self._begun = False
            self._events.end()

    def close(self) -> None:
        """Run the script's END, where its BEGIN was run, and free everything in the kernel."""
        self.end()
        self._loaded.close()

    def _note(self) -> None:
        met = tuple(_met(each, count) for each, count in self._events.warnings.items())
        self.notes = (*self.program.notes, *self._loaded.notes, *met, *self._printer.notes, *self._unread())

    def _unread(self) -> tuple[str, ...]:
        """Return a note of strings that could not be read; none where all could."""
        unread = self._loaded.unread()
        return (f"{unread} strings could not be read: their memory was not there at that moment",) if unread else ()

    def _sample(self, spec: MapSpec) -> MapSample:
        """Read a map; return what it would hold had every event been counted."""
        sample = self._loaded.read(spec.name)
        if spec.kind is ValueKind.TSERIES:
            return newest(spec, sample)
        if self.sample == 1 or not spec.sampled or not spec.kind.facts.is_per_event:
            return sample
        return MapSample(sample.keys, sample.values * self.sample)

    def _tree(self, spec: MapSpec) -> CallTree:
        return CallTree(spec, self._cells, self._frames)

    def _frames(self, stack: StackId) -> list[str]:
        """Return a stack's function names, outermost first; empty where the kernel has no such stack.

        A stack as deep as a slot is long has lost its outermost callers: CUT stands for them.
        """
        addresses = self._loaded.stack(stack.id, stack.map)
        outermost_first = addresses[: stack.depth or None][::-1]
        if stack.pid:
            found = [self._machine.names.processes.frame(stack.pid, address) for address in outermost_first]
            named = [(_user_name(frame), frame.offset) for frame in found]
        else:
            named = [self._machine.names.kernel.name(address) for address in outermost_first]
        names = [f"{name}+{offset:#x}" if self._offsets else name for name, offset in named]
        return [CUT, *names] if not stack.depth and len(addresses) >= STACK_DEPTH else names


def _user_name(frame: UserFrame) -> str:
    """Return a frame's name; where no function is known the file's, so that a tree is not split by address."""
    if not frame.name.startswith("0x"):
        return frame.name
    return f"[{frame.module.rpartition('/')[2] or 'unknown'}]"


def _met(warned: Warned, count: int) -> str:
    """Return the note about something that was met while the script ran."""
    often = "once" if count == 1 else f"{count:,} times"
    return f"line {warned.place.line}, {often}: {warned.text}"
