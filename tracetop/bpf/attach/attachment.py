"""All hooks of one script, from `attach` to `detach`.

Owns: which programs are on which hooks; CPUs that come and go meanwhile; and how many hits there were. Refuses to own:
what the programs do, and when they are put on. The tracer's one thread.
"""

import os
import threading
from collections.abc import Callable, Iterable

from tracetop.bpf.attach import FEW, Hooks, attach, hits, release, release_unwatched
from tracetop.bpf.sys.sysfs import cpu_spans, online_cpus
from tracetop.errors import TracetopError
from tracetop.model.kinds import Family, ProbeKind
from tracetop.model.program import ProbeSpec


class Attachment:
    """Programs on their hooks, as often as they are attached."""

    def __init__(self) -> None:
        self._hooks: list[tuple[ProbeSpec, Hooks]] = []
        self._hits_before = 0
        """What hooks had that are off again."""
        self._refused: tuple[str, ...] = ()
        self._came: set[int] = set()
        """CPUs that came online while programs were attached."""
        self._release: threading.Thread | None = None
        """Takes hooks off in the background."""

    def attach(self, functions: Iterable[tuple[ProbeSpec, int]], unloadable: Iterable[TracetopError]) -> None:
        """Put loaded programs on their hooks. Raises the first error, those of before included, where none can be."""
        errors = list(unloadable)
        for probe, program_fd in functions:
            if probe.kind.facts.family in (Family.ONCE, Family.ITERATOR):
                continue
            try:
                self._hooks.append((probe, attach(probe, program_fd)))
            except TracetopError as error:
                errors.append(error)
        if errors and not self._hooks:
            raise errors[0]
        self._refused = tuple(f"{error.diagnostic.what}: {error.diagnostic.why}" for error in errors)

    def follow_cpus(self) -> tuple[str, ...]:
        """Take in CPUs that came online since the last call, and let go of those that went.

        Returns one line for each probe that could not be attached, and for what is not counted for want of a CPU.
        """
        events = [(probe, hooks.events) for probe, hooks in self._hooks if hooks.events]
        online = online_cpus() if events else []
        failures: dict[str, None] = {}
        for probe, one in events:
            ended, begun, error = one.follow(online)
            self._hits_before += _hits([(probe, Hooks(ended))])
            release(ended)
            if probe.kind is not ProbeKind.INTERVAL:  # its one event is only elsewhere now
                self._came.update(begun)
            if error:
                failures[f"{probe.names[0]} is not on every CPU: {os.strerror(error.errno or 0)}"] = None
        came = f"CPU {cpu_spans(self._came)} came online: what it did until that was seen is not counted"
        return (*self._refused, *[came] * bool(self._came), *failures)

    def detach(self, silence: Callable[[], None]) -> None:
        """Take the programs off. Of many, which takes long, it is done in the background after `silence` was called."""
        self._hits_before += _hits(self._hooks, last=True)
        descriptors = [each for _, hooks in self._hooks for each in hooks.descriptors]
        self._hooks.clear()
        if len(descriptors) > FEW:
            silence()
            self._release = release_unwatched(descriptors)
        else:
            release(descriptors)

    @property
    def ending(self) -> bool:
        """Whether programs may still be on hooks in the background."""
        return self._release is not None

    def wait(self) -> bool:
        """Wait until no program is on a hook in the background; return whether one was."""
        thread, self._release = self._release, None
        if thread:
            thread.join()
        return thread is not None

    def hits(self) -> int:
        """Return how many hits there were of the probes that tell so, those included that ran no program."""
        return self._hits_before + _hits(self._hooks)


def _hits(hooks: list[tuple[ProbeSpec, Hooks]], *, last: bool = False) -> int:
    """Return how many hits hooks had, of those probes that tell so; `last`: no more are to come."""
    return sum(hits(each.descriptors, probe.period, last=last) for probe, each in hooks if probe.is_checked)
