"""One script in the kernel: loaded, attached, read, detached, freed.

Owns: the descriptors of one program's functions and hooks; its maps are the `Tables` that it is built on. Refuses to
own: when to do what, history, and any second program. All descriptors are closed on exec: a child that held one would
keep the program alive. BCC is not thread-safe: the tracer's one thread.
"""

import time
from typing import Any, Self

from tracetop.bpf.attach import run_once
from tracetop.bpf.attach.attach_errors import explain
from tracetop.bpf.attach.attachment import Attachment
from tracetop.bpf.attach.iterators import run_through
from tracetop.bpf.load.compile import compile_program
from tracetop.bpf.load.loader import close_all, load_functions
from tracetop.bpf.maps.script_maps import Tables, dropped
from tracetop.bpf.objects.stats import ProgStats, RunTimeStats, program_stats
from tracetop.errors import TracetopError
from tracetop.model.abi.control import CONTROL_BYTES, silenced
from tracetop.model.kinds import ProbeKind
from tracetop.model.program import ProbeSpec, Program


class Loaded(Tables):
    """One program in the kernel, with its maps. `Loaded.load` makes it, `close` frees all of it."""

    def __init__(self, program: Program, module: Any) -> None:
        super().__init__(program, module)
        self._functions: list[tuple[ProbeSpec, int]] = []
        self._unloadable: list[TracetopError] = []
        self._attachment = Attachment()
        self._in_force = bytes(CONTROL_BYTES)
        self.attached = False
        """Whether the program is on its hooks."""
        self._scratch_is_stale = False
        self.notes: tuple[str, ...] = ()
        """One line for each probe that is not attached while others are, and for what CPUs that came later lack."""

    @classmethod
    def load(cls, program: Program) -> Self:
        """Compile and load `program`, attached to nothing yet.

        VerifierError where clang or the verifier refuses it, InstallError without BCC, PrivilegeError, KernelError.
        """
        loaded = cls(program, compile_program(program))
        try:
            loaded.open()
            loaded._functions, loaded._unloadable = load_functions(loaded._module, program)
        except BaseException:
            loaded.close()
            raise
        return loaded

    def attach(self) -> None:
        """Put every function on its hook; nothing where they are. Raises the first error where none can be."""
        if self.attached:
            return
        if self._attachment.wait():
            self.set_control(self._in_force)
        _empty_scratch(self)
        self._attachment.attach(self._functions, self._unloadable)
        self.attached = True
        self.follow_cpus()

    def follow_cpus(self) -> None:
        """Attach to CPUs that came online since the last call, and let go of those that went; for every tick."""
        self.notes = self._attachment.follow_cpus()

    def detach(self) -> None:
        """Take every function off its hook: it counts no more and costs nothing.

        The kernel takes its time for each hook, so many are taken off in the background, where they count nothing from
        the first moment on. Maps stay as they are, but keyed scratch maps are emptied before the program is put to work
        again: a start time of before would be an hour's latency.
        """
        self._attachment.detach(lambda: super(Loaded, self).set_control(silenced(self._in_force)))
        self._scratch_is_stale = self._scratch_is_stale or self.attached
        self.attached = False

    def set_control(self, value: bytes) -> None:
        """Put `model.abi.control.pack_control`'s bytes in force, with one map write."""
        self._in_force = value
        super().set_control(silenced(value) if self._attachment.ending else value)

    def run_begin(self) -> None:
        """Run the BEGIN functions once, in order; call it before `attach`."""
        _empty_scratch(self)
        _run_all(self._functions, ProbeKind.BEGIN)

    def run_end(self) -> None:
        """Run the END functions once, in order."""
        _run_all(self._functions, ProbeKind.END)

    def missed(self) -> int:
        """Return how many hits ran no program, since one was at work on their CPU, since the program was loaded.

        Where the kernel does not say so of a kind, it is what its events counted less the runs: of perf events.
        """
        had = self._attachment.hits()  # before the runs: at least so many
        skipped = sum(stats.recursion_misses for stats in self.stats())
        return super().missed() + skipped + max(0, had - dropped(self._drops, self._slots.runs))

    def stats(self) -> list[ProgStats]:
        """Return the kernel's counters of each program, in the order of `program.probes`; several may share one."""
        functions = {program_fd: probe.function for probe, program_fd in self._functions}
        return [program_stats(*program) for program in functions.items()]

    def close(self) -> None:
        """Detach, and free programs, maps and libbcc's memory; nothing may be called after it, but `close` may.

        Of a program on many hooks the last may still run for seconds, unseen.
        """
        self.detach()
        close_all(self._functions)
        super().close()


def _empty_scratch(loaded: Loaded) -> None:
    # Not in `detach`: a program that is just running on another CPU may still write there.
    if loaded._scratch_is_stale:
        for spec in loaded.program.maps:
            if spec.scratch and spec.keys:
                loaded.clear(spec.name)
        loaded._scratch_is_stale = False


def _run_all(functions: list[tuple[ProbeSpec, int]], kind: ProbeKind) -> None:
    for probe, program_fd in functions:
        if probe.kind is kind:
            run_once(probe, program_fd)


def run_signalled(loaded: Loaded) -> None:
    """Run a script's functions once, in order, that a signal to its run is for."""
    _run_all(loaded._functions, ProbeKind.SELF)


def iterate(loaded: Loaded) -> None:
    """Run a script's iterators, in order, through what there is now. KernelError where the kernel does not."""
    for probe, program_fd in loaded._functions:
        if probe.kind is ProbeKind.ITER:
            try:
                run_through(program_fd)
            except OSError as error:
                raise explain(probe, error) from error


def measure(loaded: Loaded, runs: int) -> list[tuple[str, int]]:
    """Run each function of a script that is to be measured so often; return names and nanoseconds of a run."""
    found = []
    with RunTimeStats() as stats:
        for probe, program_fd in loaded._functions:
            if probe.kind is not ProbeKind.BENCH:
                continue
            before, start_ns = program_stats(program_fd, probe.function), time.monotonic_ns()
            for _ in range(runs):
                run_once(probe, program_fd)
            took_ns = time.monotonic_ns() - start_ns
            if stats.on:  # else the way to the kernel and back is counted too
                took_ns = program_stats(program_fd, probe.function).run_time_ns - before.run_time_ns
            found.append((probe.event, took_ns // max(runs, 1)))
    return found
