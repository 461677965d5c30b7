"""Perf events that belong to a CPU, kept on every CPU that is online while they are wanted.

The kernel takes an event from a CPU that goes offline, and gives it back to none: neither when the CPU returns, which
after a suspend all but the first one do, nor is there an event on a CPU that comes later. Owns: opening them all or
none, and noticing both kinds of change. Refuses to own: what the events are for, and when to look. One thread.
"""

import errno
import os
import sys
import time
from collections.abc import Callable, Collection
from typing import NamedTuple

from tracetop.bpf.sys.sysfs import online_cpus

_SLACK, _SLACK_NS = 0.05, 20_000_000
"""How much less than by our clock an event may have been enabled, since the kernel's clock is another: of the time
between two looks, and at least. What was gone for a shorter time is noticed at the next look."""
READ_BYTES = 16
"""Of a read of an event with `PerfFormat.TOTAL_TIME_ENABLED`: its count, and the nanoseconds that it was enabled."""


class CpuChanges(NamedTuple):
    """What `CpuEvents.follow` did."""

    ended: list[int]
    """Descriptors of events that are on no CPU any more; the caller's to close."""
    begun: list[int]
    """CPUs that have an event now and had none."""
    error: OSError | None = None
    """Why a CPU still has none."""


class CpuEvents:
    """One event on each CPU that is online; with `single` on one of them only."""

    def __init__(self, open_event: Callable[[int], int], *, single: bool = False) -> None:
        """Open the events by a function from a CPU's number to a descriptor; raises the OSError of one that fails."""
        self._open = open_event
        self._single = single
        self._by_cpu: dict[int, int] = {}
        self._looks: dict[int, tuple[int, int]] = {}
        """By descriptor: nanoseconds that it had been enabled when it was last looked at, and when that was."""
        _, _, error = self.follow(online_cpus())
        if error:
            for descriptor in self.descriptors:
                os.close(descriptor)
            raise error

    @property
    def descriptors(self) -> list[int]:
        """The events that there are now."""
        return list(self._by_cpu.values())

    def follow(self, online: Collection[int]) -> CpuChanges:
        """Let go of events whose CPU was offline since the last call, if only for a moment; open those that lack."""
        ended = [self._by_cpu.pop(cpu) for cpu in [*self._by_cpu] if cpu not in online or self._stopped(cpu)]
        begun: list[int] = []
        failure = None
        for cpu in sorted(set(online) - set(self._by_cpu)):
            if self._single and self._by_cpu:
                break
            try:
                self._by_cpu[cpu] = self._open(cpu)
                self._looks[self._by_cpu[cpu]] = (0, time.monotonic_ns())
                begun.append(cpu)
            except OSError as error:
                if error.errno != errno.ENODEV:  # this CPU went offline just now
                    failure = error
                    break
        for descriptor in ended:
            self._looks.pop(descriptor, None)
        return CpuChanges(ended, begun, failure)

    def _stopped(self, cpu: int) -> bool:
        """Say whether an event stood still: time passes for one that is on a CPU, whether it counts or not."""
        descriptor = self._by_cpu[cpu]
        before_ns, then_ns = self._looks[descriptor]
        passed_ns = time.monotonic_ns() - then_ns  # at least: whatever holds us up before the next line
        enabled_ns = read_event(descriptor)[1]
        self._looks[descriptor] = (enabled_ns, time.monotonic_ns())
        lost_ns = passed_ns - (enabled_ns - before_ns)
        return enabled_ns == before_ns or lost_ns > max(_SLACK * passed_ns, _SLACK_NS)


def read_event(descriptor: int) -> tuple[int, int]:
    """Return an event's count and the nanoseconds that it was enabled; zeros where the kernel has given it up."""
    data = os.read(descriptor, READ_BYTES)
    return int.from_bytes(data[:8], sys.byteorder), int.from_bytes(data[8:], sys.byteorder)
