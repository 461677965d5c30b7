"""One script in the kernel, and what its maps have counted.

Owns: the loaded program and one aggregator per view; frees both. Refuses to own: why it runs and under what name
(`pane`). Runs in the tracer's one thread.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Protocol

from tracetop.bpf.kernel import RunningKernel
from tracetop.bpf.session import Loaded
from tracetop.bpf.symbols import KernelSymbols
from tracetop.bpf.trial import try_out
from tracetop.lang import STACK_DEPTH, compile_script
from tracetop.model.control import Filter, pack_control
from tracetop.model.frame import Cost, View
from tracetop.model.program import MapSpec, Program, ValueKind
from tracetop.tracer import kept
from tracetop.tracer.counters import as_rows
from tracetop.tracer.distributions import Distribution
from tracetop.tracer.gauges import Gauge
from tracetop.tracer.keys import KeyCells
from tracetop.tracer.process_table import ProcessCounts, is_process_map
from tracetop.tracer.processes import ProcessTable
from tracetop.tracer.stacks import CUT, CallTree, is_stack_map
from tracetop.tracer.syscalls import SyscallNames
from tracetop.tracer.tables import JoinedTable

_RECLAIM_EVERY_S = 2.0


@dataclass(frozen=True)
class Machine:
    """What all scripts share: the kernel they are compiled for and the names that their keys stand for."""

    kernel: RunningKernel
    symbols: KernelSymbols
    syscalls: SyscallNames
    cells: KeyCells
    processes: ProcessTable


class Resettable(Protocol):
    """Whatever counts."""

    def reset(self) -> None:
        """Count anew."""


class Running:
    """A script from load to close."""

    def __init__(self, program: Program, machine: Machine) -> None:
        """Load the program, not attached. Raises what `Loaded.load` raises."""
        self.program = program
        self.cost = Cost()
        self._machine = machine
        self._offsets = self._begun = False
        self._filter = Filter()
        self._params: tuple[int, ...] = ()
        self._specs = {spec.name: spec for spec in program.maps if not spec.scratch}
        keyed = [s for s in self._specs.values() if s.keys and not _is_distribution(s) and not is_stack_map(s)]
        self.tables = self._joined(keyed)
        self._gauges = [Gauge(s) for s in self._specs.values() if not s.keys and not _is_distribution(s)]
        self._distributions = [Distribution(s, machine.cells) for s in self._specs.values() if _is_distribution(s)]
        stacks = [s for s in self._specs.values() if is_stack_map(s) and not _is_distribution(s)]
        self._trees = [CallTree(s, machine.cells, self._frames) for s in stacks]
        self._read_s = self._reclaimed_s = time.monotonic()
        self._dropped_before = self._missed_before = 0
        self.dropped = self.missed = 0
        self._loaded = Loaded.load(program)

    @classmethod
    def compile(cls, text: str, name: str, machine: Machine, *, bundled: bool) -> "Running":
        """Compile a script and load it. ScriptError where it is wrong, KernelError where the kernel refuses it.

        What is not `bundled` is tried out in a process of its own first: clang may end the process on odd programs.
        """
        program = compile_script(text, name, machine.kernel)
        if not bundled:
            try_out(program)
        return cls(program, machine)

    @property
    def notes(self) -> tuple[str, ...]:
        """Parts of the script that this kernel cannot do, one line each."""
        return (*self.program.notes, *self._loaded.notes)

    def attach(self) -> None:
        """Put the probes on their hooks, after the script's BEGIN the first time; what was counted before stays."""
        if not self._begun:
            self._loaded.run_begin()
            self._begun = True
        self._loaded.attach()
        self._read_s = time.monotonic()

    def detach(self) -> None:
        """Take the probes off: their cost is zero from here on."""
        self._loaded.detach()
        self.cost = Cost()

    def control(self, filter_: Filter, params: tuple[int, ...]) -> None:
        """Put a filter and parameters in force: one map write."""
        scratch = [spec for spec in self.program.maps if spec.scratch and spec.keys]
        if filter_ != self._filter:
            for spec in scratch:
                kept.drop_unfiltered_starts(self._loaded, spec, self._filter)
        self._loaded.set_control(pack_control(filter_, params))
        if params != self._params:  # what was begun under others would end as if it were begun under these
            for spec in scratch:
                self._loaded.clear(spec.name)
        self._filter, self._params = filter_, params
        for table in self.tables:
            if isinstance(table, ProcessCounts):
                table.follow(filter_)

    def reset(self) -> None:
        """Count anew."""
        self.read()
        for spec in self._specs.values():
            if spec.kind in (ValueKind.MIN, ValueKind.MAX):  # an extreme cannot be counted from a baseline
                self._loaded.clear(spec.name)
        parts: list[Resettable] = [*self.tables, *self._gauges, *self._distributions, *self._trees]
        for part in parts:
            part.reset()
        self._dropped_before += self.dropped
        self._missed_before += self.missed
        self.dropped = self.missed = 0

    def read(self) -> None:
        """Read every map and bring the aggregators up to date."""
        self._act()
        now_s = time.monotonic()
        elapsed_s, self._read_s = max(now_s - self._read_s, 1e-3), now_s
        samples = {name: self._loaded.read(name) for name in self._specs}
        for table in self.tables:
            table.update(samples, elapsed_s)
        for gauge in self._gauges:
            gauge.update(samples[gauge.spec.name], elapsed_s)
        for distribution in self._distributions:
            distribution.update(samples[distribution.spec.name])
        for tree in self._trees:
            tree.update(samples[tree.spec.name])
        dropped, self.dropped = self.dropped, sum(self._loaded.drops().values()) - self._dropped_before
        self.missed = sum(stat.recursion_misses for stat in self._loaded.stats()) - self._missed_before
        self._upkeep(now_s, is_full=self.dropped > dropped)

    def views(self) -> tuple[View, ...]:
        """Return what the maps have counted, in the order that the script first names them."""
        found: dict[str, View] = {table.name: table.table() for table in self.tables}
        found |= {part.spec.name: part.histogram() for part in self._distributions}
        found |= {part.spec.name: part.tree() for part in self._trees}
        found |= {part.spec.name: part.number() for part in self._gauges}
        return tuple(found[name] for name in self._specs if name in found)

    def show_offsets(self, offsets: bool) -> None:
        """Name stack frames with or without their offset into the function."""
        self._offsets = offsets
        for tree in self._trees:
            tree.rename(self._frames)

    def run_totals(self) -> tuple[int, int]:
        """Return (nanoseconds, runs) of the script's programs, as far as the statistics were on."""
        stats = self._loaded.stats()
        return sum(stat.run_time_ns for stat in stats), sum(stat.run_cnt for stat in stats)

    def close(self) -> None:
        """Run the script's END, where its BEGIN was run, and free everything in the kernel."""
        if self._begun:
            self._loaded.run_end()
        self._loaded.close()

    def _joined(self, specs: Sequence[MapSpec]) -> list[JoinedTable]:
        groups = groupby(sorted(specs, key=_signature), key=_signature)
        joined = [tuple(group) for _, group in groups]
        order = list(self._specs)
        joined.sort(key=lambda group: order.index(group[0].name))
        return [self._table(group) for group in joined]

    def _table(self, specs: tuple[MapSpec, ...]) -> JoinedTable:
        if self.program.header.get("join") == "process" and is_process_map(specs[0]):
            return ProcessCounts(specs, self._machine.cells, self._machine.processes)
        return JoinedTable(specs, self._machine.cells)

    def _frames(self, stack_id: int) -> list[str]:
        """Return a stack's function names, outermost first; empty where the kernel has no such stack.

        A stack as deep as a slot is long has lost its outermost callers: CUT stands for them.
        """
        addresses = self._loaded.stack(stack_id)
        named = [self._machine.symbols.name(address) for address in reversed(addresses)]
        names = [f"{name}+{offset:#x}" if self._offsets else name for name, offset in named]
        return [CUT, *names] if len(addresses) >= STACK_DEPTH else names

    def _act(self) -> None:
        """Do what the script asked user space for: clear or zero a map."""
        for number in dict.fromkeys(self._loaded.events()):  # a thousand times is as good as once
            action = self.program.actions[number]
            (self._loaded.clear if action.verb == "clear" else self._loaded.zero)(action.map_name)

    def _upkeep(self, now_s: float, *, is_full: bool) -> None:
        for table in self.tables:
            if isinstance(table, ProcessCounts):
                self._retire(table)
        if is_full or now_s - self._reclaimed_s > _RECLAIM_EVERY_S:
            self._reclaimed_s = now_s
            for spec in self.program.maps:
                if spec.scratch and spec.keys:
                    kept.reclaim(self._loaded, spec)
            self._retire_stacks()

    def _retire(self, table: ProcessCounts) -> None:
        """Free the map entries of processes that are long gone."""
        dead = table.retire()
        for name, keys in table.held(dead).items():
            if len(keys):
                self._loaded.delete_keys(name, as_rows(keys))

    def _retire_stacks(self) -> None:
        """Free stacks that are not sampled any more: in hours they would leave no slot for new ones."""
        unused: set[int] = set()
        for tree in self._trees:
            keys, ids = tree.retire()
            if len(keys):
                self._loaded.delete_keys(tree.spec.name, as_rows(keys))
            unused |= ids
        for tree in self._trees:
            unused -= tree.stack_ids()
        self._loaded.delete_stacks(unused)


def _is_distribution(spec: MapSpec) -> bool:
    return spec.kind in (ValueKind.HIST, ValueKind.LHIST)


def _signature(spec: MapSpec) -> tuple[object, ...]:
    """Return what two maps must share to be one table: the parts of their keys, and how the kernel holds them."""
    return (spec.key_size, tuple((part.role.value, part.offset, part.size, part.label) for part in spec.keys))
