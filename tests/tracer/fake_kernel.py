"""A kernel in memory: what `Loaded` would do, written down, and a compiler that takes a script at its word.

mypy holds what stands in for `Loaded`, and `Loaded` itself, to the one Protocol that the tracer goes by.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from tests.tracer.specs import Value, number_key, sample, spec
from tracetop.bpf import Bytes, Ints, Loaded, MapSample, ProgStats, UserSymbols
from tracetop.errors import KernelError, ScriptError, UsageError, VerifierError
from tracetop.library import PaneScript
from tracetop.model.abi.control import pack_control
from tracetop.model.frame import Variant
from tracetop.model.header import read_header
from tracetop.model.kinds import ProbeKind
from tracetop.model.program import Action, MapSpec, ProbeSpec, Program
from tracetop.model.syscalls import SyscallNames
from tracetop.model.wire.messages import ShowFile
from tracetop.tracer.aggregate.processes import ProcessTable
from tracetop.tracer.loaded_script import LoadedScript
from tracetop.tracer.panes import pane_load, prompt_answers, script_content
from tracetop.tracer.panes.script_content import Machine
from tracetop.tracer.printing.machine_names import MachineNames
from tracetop.tracer.script.printed_lines import FileRequests

PROBE = ProbeSpec(function="tt_sys_enter_1", kind=ProbeKind.TRACEPOINT, names=("tracepoint:t:t",))
"""The one hook of every script here, where a test names no others."""


@dataclass
class FakeKernel:
    """What is loaded, in order, and how the programs fare that will be."""

    specs: tuple[MapSpec, ...] = (spec("@"),)
    probes: tuple[ProbeSpec, ...] = (PROBE,)
    refusals: dict[str, str] = field(default_factory=dict)
    """Why a hook cannot be attached, by the probe's name."""
    rows_at_load: dict[str, dict[int, Value]] = field(default_factory=dict)
    """What a program has counted by the time it is loaded, by map; later its rows are its own."""
    loaded: list["FakeLoaded"] = field(default_factory=list)
    actions: tuple[Action, ...] = ()
    tried_out: list[str] = field(default_factory=list)
    trials: list["FakeTrial"] = field(default_factory=list)
    patience: int = 0
    """How often a trial is asked before it has passed."""
    hits_per_s: int = 0
    """Of each script's hooks, while they are on; the statistics have each run take 50 ns."""
    clock: Callable[[], float] = lambda: time.monotonic()  # noqa: PLW0108 - a test may stop it
    dropped: int = 0
    missed: int = 0
    unread: int = 0
    lost_events: int = 0
    lost_exits: int = 0
    stacks: dict[int, tuple[int, ...]] = field(default_factory=dict)

    @property
    def attached(self) -> list[str]:
        """The scripts whose probes are on their hooks now."""
        return [one.program.script for one in self.loaded if one.attached]

    @property
    def open(self) -> list[str]:
        """The scripts that were not freed."""
        return [one.program.script for one in self.loaded if not one.closed]


class FakeLoaded:
    """One program of a `FakeKernel`. A script's own words make it fail: ``unloadable``, ``unattachable``."""

    def __init__(self, kernel: FakeKernel, program: Program) -> None:
        self.kernel, self.program = kernel, program
        self.attached = self.closed = False
        self.rows: dict[str, dict[int | bytes, Value]] = {
            name: dict(rows.items()) for name, rows in kernel.rows_at_load.items()
        }
        """By map and key, a whole number of 4 bytes or the kernel's bytes."""
        self.controls: list[bytes] = []
        self.deleted: list[tuple[str, list[bytes]]] = []
        self.sent: list[tuple[int, bytes]] = []
        self.event_fd: int | None = None
        self.attached_s = 0.0
        self.calls: list[str] = []
        self.looks_for_cpus = 0
        self.notes: tuple[str, ...] = ()

    def run_begin(self) -> None:
        self.calls.append("begin")

    def run_end(self) -> None:
        self.calls.append("end")

    def attach(self) -> None:
        """As far as the kernel lets it, and not at all where it takes none of the hooks."""
        if self.attached:
            return
        names = [name for probe in self.program.probes for name in probe.names]
        refused = [name for name in names if name in self.kernel.refusals]
        if "unattachable" in self.program.script or (refused and refused == names):
            raise KernelError("cannot attach", why=self.kernel.refusals.get("".join(names[:1]), ""), hint="try another")
        self.notes = tuple(f"cannot attach {name}: {self.kernel.refusals[name]}" for name in refused)
        self.attached = True
        self.attached_s = self.kernel.clock()

    def follow_cpus(self) -> None:
        self.looks_for_cpus += 1

    def detach(self) -> None:
        self.attached = False

    def close(self) -> None:
        self.attached, self.closed = False, True

    def set_control(self, value: bytes) -> None:
        assert not self.closed
        self.controls.append(value)

    def read(self, map_name: str) -> MapSample:
        assert not self.closed
        return sample(self.rows.get(map_name, {}), self._spec(map_name))

    def lookup(self, map_name: str, key: bytes) -> Ints | Bytes | None:
        known = sample(self.rows.get(map_name, {}), self._spec(map_name))
        return next((value for at, value in zip(known.keys, known.values, strict=True) if at.tobytes() == key), None)

    def clear(self, map_name: str) -> None:
        self.calls.append("clear")
        self.rows[map_name] = {}

    def zero(self, map_name: str) -> None:
        self.rows[map_name] = dict.fromkeys(self.rows[map_name], 0)

    def delete_keys(self, map_name: str, keys: Bytes) -> int:
        deleted = [row.tobytes() for row in keys]
        self.deleted.append((map_name, deleted))
        rows = self.rows[map_name]
        there = [key for key in rows if (number_key(key) if isinstance(key, int) else key) in deleted]
        for key in there:
            del rows[key]
        return len(there)

    def drops(self) -> dict[str, int]:
        return {"@": self.kernel.dropped}

    def events(self) -> list[tuple[int, bytes]]:
        sent, self.sent = self.sent, []
        return sent

    def stack(self, stack_id: int, map_name: str = "") -> tuple[int, ...]:
        return self.kernel.stacks.get(stack_id, ())

    def missed(self) -> int:
        return self.kernel.missed

    def unread(self) -> int:
        return self.kernel.unread

    def lost_events(self) -> int:
        return self.kernel.lost_events

    def lost_exits(self) -> int:
        return self.kernel.lost_exits

    def delete_stacks(self, stack_ids: Iterable[int], map_name: str = "") -> None:
        for stack_id in stack_ids:
            self.kernel.stacks.pop(stack_id)

    def stats(self) -> list[ProgStats]:
        runs = round(self.kernel.hits_per_s * (self.kernel.clock() - self.attached_s)) if self.attached else 0
        one = (1, 1000 + 50 * runs, 10 + runs, self.kernel.missed)
        return [ProgStats(probe.function, *one) for probe in self.program.probes[:1]]

    def _spec(self, map_name: str) -> MapSpec:
        return next(one for one in self.program.maps if one.name == map_name)


HELD_TO_ONE_PROTOCOL: tuple[type[LoadedScript], type[LoadedScript]] = (FakeLoaded, Loaded)


class FakeTrial:
    """A trial that takes as long as the kernel says. A script with ``deadly`` in it kills clang."""

    def __init__(self, kernel: FakeKernel, program: Program) -> None:
        self._program, self._left = program, kernel.patience
        self.fd, self.until_s, self.closed = -1, kernel.clock() + 2.5, False
        kernel.tried_out.append(program.name)
        kernel.trials.append(self)

    def passed(self) -> bool:
        assert not self.closed
        if "deadly" in self._program.script:
            raise VerifierError("the C compiler fails on the script", hint="simplify the script")
        self._left -= 1
        return self._left < 0

    def close(self) -> None:
        self.closed = True


class FakeStatistics:
    """Run-time statistics that are always there."""

    on = True

    def __enter__(self) -> "FakeStatistics":
        return self

    def __exit__(self, *_: object) -> None: ...


class FakeLibrary:
    """Three bundled panes; ``latency`` has three scripts, of which the last does not load."""

    SCRIPTS = (
        PaneScript("syscalls", "// syscalls", "syscalls", Variant("syscalls", "System calls")),
        PaneScript("latency", "// latency", "latency", Variant("calls", "Latency", "syscall")),
        PaneScript("runqueue", "// runqueue", "latency", Variant("runqueue", "Run queue")),
        PaneScript("blockio", "// blockio unloadable", "latency", Variant("blockio", "Block I/O")),
        PaneScript("stacks", "// stacks unattachable", "stacks", Variant("stacks", "Kernel stacks")),
    )

    def scripts(self, pane: str) -> tuple[PaneScript, ...]:
        found = tuple(script for script in self.SCRIPTS if script.pane == pane)
        if not found:
            raise UsageError(f"no pane named {pane}", hint="name another")
        return found

    def of_text(self, pane: str, text: str) -> PaneScript | None:
        return next((script for script in self.SCRIPTS if (script.pane, script.text) == (pane, text)), None)


class FakeSymbols:
    def name(self, address: int) -> tuple[str, int]:
        return f"f{address:x}", 16


def fake_machine(send: Callable[[ShowFile], None] = lambda _: None) -> Machine:
    """Return a machine; `send` takes what it asks the screen for."""
    syscalls = SyscallNames("x86_64")
    symbols = cast("Any", FakeSymbols())
    return Machine(
        cast("Any", None), syscalls, MachineNames(symbols, UserSymbols()), ProcessTable(), FileRequests(send)
    )


def install(kernel: FakeKernel, patch: pytest.MonkeyPatch) -> None:
    """Make panes load into `kernel`. A script with ``wrong`` in it does not compile."""

    def compile_script(text: str, name: str, _kernel: object) -> Program:
        if "wrong" in text:
            raise ScriptError("this does not parse", hint="write another")
        header = read_header(text)
        return Program(
            name=name,
            script=text,
            c_text="",
            maps=kernel.specs,
            probes=kernel.probes,
            actions=kernel.actions,
            header=header,
        )

    class Loading:
        @staticmethod
        def load(program: Program) -> FakeLoaded:
            if "unloadable" in program.script:
                raise VerifierError("the verifier refuses it", hint="write another")
            kernel.loaded.append(FakeLoaded(kernel, program))
            return kernel.loaded[-1]

    for module in (pane_load, prompt_answers):
        patch.setattr(module, "compile_script", compile_script)
    patch.setattr(script_content, "Loaded", Loading)
    patch.setattr(pane_load, "Trial", lambda program: FakeTrial(kernel, program))
    patch.setattr(pane_load, "RunTimeStats", FakeStatistics)


__all__ = ["FakeKernel", "FakeLibrary", "FakeLoaded", "FakeTrial", "fake_machine", "install", "pack_control"]
