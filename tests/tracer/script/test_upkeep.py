"""Upkeep of kept slots: whose are freed, and which starts a change of filter takes out; threads are real ones."""

import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.tracer.fake_kernel import FakeKernel, FakeLoaded
from tests.tracer.specs import part, spec
from tracetop.model.filter import Filter
from tracetop.model.program import KeyRole, MapSpec, Program
from tracetop.model.value_kinds import ValueKind
from tracetop.tracer.script import upkeep

NOBODY = 0x3FFFFF
"""Above every pid_max that this machine could have set, so no thread has it."""
BY_TID = spec("@start", ValueKind.SCALAR, (part(KeyRole.TID),), max_entries=8, scratch=True, kept_slots=True)
BY_CPU = spec("@start", ValueKind.SCALAR, (part(KeyRole.CPU),), max_entries=8, scratch=True, kept_slots=True)


@pytest.fixture
def named_child() -> Iterator[int]:
    """A child named ``web 1``, with a second thread; yields its number."""
    code = (
        "import pathlib, time; pathlib.Path('/proc/self/comm').write_text('web 1'); print(flush=True); time.sleep(99)"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"\n"
    yield process.pid
    process.kill()
    process.wait()
    process.stdout.close()


def loaded(starts: Mapping[int, int] | Mapping[bytes, int], start: MapSpec = BY_TID) -> FakeLoaded:
    """Return a program whose one map holds these starts."""
    one = FakeLoaded(FakeKernel(), Program(name="t", script="", c_text="", maps=(start,), probes=()))
    one.rows["@start"] = dict(starts.items())
    return one


def left(one: FakeLoaded) -> set[int | bytes]:
    return set(one.rows["@start"])


def dead_tid() -> int:
    child = subprocess.Popen(["true"])
    child.wait()
    return child.pid


def test_slots_of_ended_threads_are_freed_once_half_are_taken() -> None:
    """Whatever is in them; a live thread's is kept, empty or not."""
    me, dead = threading.get_native_id(), dead_tid()
    one = loaded({me: 0, dead: 77, NOBODY: 0, NOBODY - 1: 5})
    assert upkeep.reclaim(one, BY_TID) == 3
    assert left(one) == {me}


def test_a_start_of_an_ended_thread_is_taken_out_even_while_there_is_room() -> None:
    """A thread that exits never returns from its last call; the next of its number would seem to."""
    me = threading.get_native_id()
    one = loaded({NOBODY: 1, NOBODY - 1: 0, me: 5})
    assert upkeep.reclaim(one, BY_TID) == 1
    assert left(one) == {NOBODY - 1, me}


def test_starts_that_no_thread_owns_are_freed_when_they_are_old_and_room_is_short() -> None:
    """A request that a disk never completes, say."""
    by_sector = spec("@start", ValueKind.SCALAR, (part(KeyRole.INTEGER),), max_entries=4, scratch=True)
    now = time.monotonic_ns()
    one = loaded({1: now - 3600 * 10**9}, by_sector)
    assert upkeep.reclaim(one, by_sector) == 0
    one.rows["@start"][2] = now
    assert upkeep.reclaim(one, by_sector) == 1
    assert left(one) == {2}


@pytest.mark.parametrize("roles", [(KeyRole.PID, KeyRole.TID), (KeyRole.TID, KeyRole.CPU)])
def test_a_threads_start_is_known_by_any_part_of_its_key(roles: tuple[KeyRole, ...]) -> None:
    parts = tuple(part(role, 4 * i) for i, role in enumerate(roles))
    place = 32 * roles.index(KeyRole.TID)
    by_two = spec("@start", ValueKind.SCALAR, parts, scratch=True, kept_slots=True)
    me = threading.get_native_id()
    rows = {(tid << place).to_bytes(8, "little"): 5 for tid in (me, NOBODY)}
    one = loaded(rows, by_two)
    assert upkeep.reclaim(one, by_two) == 1
    assert one.deleted == [("@start", [(NOBODY << place).to_bytes(8, "little")])]


def test_other_slots_are_freed_when_they_are_empty() -> None:
    one = loaded({0: 0, 1: 5, 2: 0, 3: 7}, BY_CPU)
    assert upkeep.reclaim(one, BY_CPU) == 2
    assert left(one) == {1, 3}


def starts_after(filter_: Filter, starts: dict[int, int]) -> set[int | bytes]:
    one = loaded(starts)
    upkeep.drop_unfiltered_starts(one, BY_TID, filter_)
    return left(one)


def test_starts_that_the_filter_let_through_stay(named_child: int) -> None:
    me = threading.get_native_id()
    starts = {me: 5, named_child: 6, NOBODY: 7}
    assert starts_after(Filter(named_child, ""), starts) == {named_child}
    assert starts_after(Filter(comm="web 1"), starts) == {named_child}
    assert starts_after(Filter(comm="web*"), starts) == {named_child}
    assert starts_after(Filter(named_child, "sh"), starts) == set()


def test_a_thread_counts_as_its_process() -> None:
    """The filter names a process; the starts are its threads'."""
    done, there = threading.Event(), threading.Event()
    tids: list[int] = []

    def wait() -> None:
        tids.append(threading.get_native_id())
        there.set()
        done.wait()

    thread = threading.Thread(target=wait)
    thread.start()
    there.wait()
    try:
        pid = int(Path("/proc/self/stat").read_text().split()[0])
        assert starts_after(Filter(pid, ""), {tids[0]: 5}) == {tids[0]}
    finally:
        done.set()
        thread.join()


def test_without_a_filter_every_start_stays() -> None:
    assert starts_after(Filter(), {NOBODY: 7}) == {NOBODY}


def test_empty_slots_are_left_alone() -> None:
    """They hold no start; freeing them would only cost the next event an insert."""
    assert starts_after(Filter(1, ""), {NOBODY: 0}) == {NOBODY}


def test_keys_are_the_kernels_bytes() -> None:
    one = loaded({NOBODY: 7})
    upkeep.drop_unfiltered_starts(one, BY_TID, Filter(1, ""))
    assert one.deleted == [("@start", [struct.pack("=I", NOBODY)])]


def test_a_run_looks_for_other_cpus_every_second(monkeypatch: pytest.MonkeyPatch) -> None:
    one, now_s = loaded({}), 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now_s)
    chores = upkeep.upkeep_in_run(one, lambda _pid: None)
    assert chores.every_s <= 1.0
    for looks in (1, 2, 3):
        chores.do()
        chores.do()
        assert one.looks_for_cpus == looks
        now_s += chores.every_s
