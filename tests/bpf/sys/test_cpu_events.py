"""Events on each CPU, by a kernel of the test's own: which are given up and which are opened."""

import errno
import os
import time

import pytest

from tracetop.bpf.sys import cpu_events
from tracetop.bpf.sys.cpu_events import CpuChanges, CpuEvents
from tracetop.bpf.sys.sysfs import cpu_list, cpu_spans

TICK_NS = 1_000_000_000


class FakePerf:
    """Descriptors are 100, 101, …; each is enabled for as long as its CPU stays online."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, online: list[int]) -> None:
        self.online = online
        self.now_ns = 0
        self.cpu_of: list[int] = []
        self.enabled_ns: dict[int, int] = {}
        self.stopped: set[int] = set()
        self.refused: dict[int, int] = {}
        self.closed: list[int] = []
        monkeypatch.setattr(cpu_events, "online_cpus", lambda: self.online)
        monkeypatch.setattr(cpu_events, "read_event", lambda descriptor: (0, self.enabled_ns[descriptor]))
        monkeypatch.setattr(time, "monotonic_ns", lambda: self.now_ns)
        monkeypatch.setattr(os, "close", self.closed.append)

    def open(self, cpu: int) -> int:
        if cpu in self.refused:
            raise OSError(self.refused[cpu], os.strerror(self.refused[cpu]))
        self.cpu_of.append(cpu)
        descriptor = 99 + len(self.cpu_of)
        self.enabled_ns[descriptor] = 0
        return descriptor

    def offline(self, cpu: int) -> None:
        self.stopped.update(100 + i for i, each in enumerate(self.cpu_of) if each == cpu)

    def passes(self, ns: int) -> None:
        self.now_ns += ns
        for descriptor in self.enabled_ns:
            if descriptor not in self.stopped:
                self.enabled_ns[descriptor] += ns


def test_nothing_changes_while_no_cpu_does(monkeypatch: pytest.MonkeyPatch) -> None:
    perf = FakePerf(monkeypatch, [0, 1])
    events = CpuEvents(perf.open)
    for _ in range(3):
        perf.passes(TICK_NS)
        assert events.follow([0, 1]) == CpuChanges([], [])
    assert (events.descriptors, perf.cpu_of) == ([100, 101], [0, 1])


def test_a_cpu_that_goes_and_one_that_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    perf = FakePerf(monkeypatch, [0, 1])
    events = CpuEvents(perf.open)
    perf.passes(TICK_NS)
    assert events.follow([0]) == CpuChanges([101], [])
    perf.passes(TICK_NS)
    assert events.follow([0, 1, 2]) == CpuChanges([], [1, 2])
    assert events.descriptors == [100, 102, 103]


@pytest.mark.parametrize("gone_ns", [30_000_000, TICK_NS])
def test_one_that_went_and_came_back_unseen(monkeypatch: pytest.MonkeyPatch, gone_ns: int) -> None:
    """As all but the first one do in a suspend."""
    perf = FakePerf(monkeypatch, [0, 1])
    events = CpuEvents(perf.open)
    perf.passes(TICK_NS // 4)
    perf.offline(1)
    perf.passes(gone_ns)
    assert events.follow([0, 1]) == CpuChanges([101], [1])
    perf.passes(TICK_NS)
    assert events.follow([0, 1]) == CpuChanges([], [])


def test_a_moment_is_noticed_at_the_next_look(monkeypatch: pytest.MonkeyPatch) -> None:
    perf = FakePerf(monkeypatch, [0, 1])
    events = CpuEvents(perf.open)
    perf.passes(TICK_NS)
    perf.offline(1)
    perf.passes(1_000_000)
    assert events.follow([0, 1]) == CpuChanges([], [])
    perf.passes(TICK_NS)
    assert events.follow([0, 1]) == CpuChanges([101], [1])


def test_a_single_event_moves_on(monkeypatch: pytest.MonkeyPatch) -> None:
    perf = FakePerf(monkeypatch, [1, 2])
    events = CpuEvents(perf.open, single=True)
    assert perf.cpu_of == [1]
    perf.passes(TICK_NS)
    assert events.follow([2]) == CpuChanges([100], [2])
    perf.passes(TICK_NS)
    assert events.follow([1, 2]) == CpuChanges([], [])


def test_all_or_none_at_the_start_and_later_what_can_be(monkeypatch: pytest.MonkeyPatch) -> None:
    perf = FakePerf(monkeypatch, [0, 1, 2])
    perf.refused[2] = errno.EMFILE
    with pytest.raises(OSError, match="Too many open files"):
        CpuEvents(perf.open)
    assert perf.closed == [100, 101]

    perf.online = [0, 1]
    events = CpuEvents(perf.open)
    perf.passes(TICK_NS)
    changes = events.follow([0, 1, 2])
    assert changes.error
    assert (changes.ended, changes.begun, changes.error.errno) == ([], [], errno.EMFILE)

    perf.refused[2] = errno.ENODEV  # offline again
    perf.passes(TICK_NS)
    assert events.follow([0, 1, 2]) == CpuChanges([], [])


@pytest.mark.parametrize("text", ["", "0", "0-1", "0-3,8", "1,3,5-7"])
def test_a_list_of_cpus_as_the_kernel_writes_it(text: str) -> None:
    assert cpu_spans(cpu_list(text)) == text
