"""Upkeep of kept slots: whose are freed, and which starts a change of filter takes out; threads are real ones."""

import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from tests.tracer.fake_kernel import FakeKernel, FakeLoaded
from tests.tracer.specs import Value, part, spec
from tracetop.bpf import Loaded
from tracetop.model.filter import Filter
from tracetop.model.program import KeyRole, Program
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


def loaded(kernel: FakeKernel, starts: dict[int, int]) -> FakeLoaded:
    kernel.rows["@start"] = dict(starts)
    program = Program(name="t", script="", c_text="", maps=(BY_TID,), probes=())
    return FakeLoaded(kernel, program)


def left(kernel: FakeKernel) -> set[int]:
    return set(kernel.rows["@start"])


def dead_tid() -> int:
    child = subprocess.Popen(["true"])
    child.wait()
    return child.pid


def test_slots_of_ended_threads_are_freed_once_half_are_taken(kernel: FakeKernel) -> None:
    """Whatever is in them; a live thread's is kept, empty or not."""
    me, dead = threading.get_native_id(), dead_tid()
    one = loaded(kernel, {me: 0, dead: 77, NOBODY: 0, NOBODY - 1: 5})
    assert upkeep.reclaim(cast("Loaded", one), BY_TID) == 3
    assert left(kernel) == {me}


def test_a_start_of_an_ended_thread_is_taken_out_even_while_there_is_room(kernel: FakeKernel) -> None:
    """A thread that exits never returns from its last call; the next of its number would seem to."""
    me = threading.get_native_id()
    one = loaded(kernel, {NOBODY: 1, NOBODY - 1: 0, me: 5})
    assert upkeep.reclaim(cast("Loaded", one), BY_TID) == 1
    assert left(kernel) == {NOBODY - 1, me}


def test_starts_that_no_thread_owns_are_freed_when_they_are_old_and_room_is_short(kernel: FakeKernel) -> None:
    """A request that a disk never completes, say."""
    by_sector = spec("@start", ValueKind.SCALAR, (part(KeyRole.INTEGER),), max_entries=4, scratch=True)
    now = time.monotonic_ns()
    one = loaded(kernel, {1: now - 3600 * 10**9})
    one.program = Program(name="t", script="", c_text="", maps=(by_sector,), probes=())
    assert upkeep.reclaim(cast("Loaded", one), by_sector) == 0
    kernel.rows["@start"][2] = now
    assert upkeep.reclaim(cast("Loaded", one), by_sector) == 1
    assert left(kernel) == {2}


@pytest.mark.parametrize("roles", [(KeyRole.PID, KeyRole.TID), (KeyRole.TID, KeyRole.CPU)])
def test_a_threads_start_is_known_by_any_part_of_its_key(kernel: FakeKernel, roles: tuple[KeyRole, ...]) -> None:
    parts = tuple(part(role, 4 * i) for i, role in enumerate(roles))
    place = 32 * roles.index(KeyRole.TID)
    by_two = spec("@start", ValueKind.SCALAR, parts, scratch=True, kept_slots=True)
    me = threading.get_native_id()
    rows = {(tid << place).to_bytes(8, "little"): 5 for tid in (me, NOBODY)}
    kernel.rows["@start"] = cast("dict[int, Value]", rows)
    one = FakeLoaded(kernel, Program(name="t", script="", c_text="", maps=(by_two,), probes=()))
    assert upkeep.reclaim(cast("Loaded", one), by_two) == 1
    assert one.deleted == [("@start", [(NOBODY << place).to_bytes(8, "little")])]


def test_other_slots_are_freed_when_they_are_empty(kernel: FakeKernel) -> None:
    one = loaded(kernel, {0: 0, 1: 5, 2: 0, 3: 7})
    one.program = Program(name="t", script="", c_text="", maps=(BY_CPU,), probes=())
    assert upkeep.reclaim(cast("Loaded", one), BY_CPU) == 2
    assert left(kernel) == {1, 3}


def starts_after(kernel: FakeKernel, filter_: Filter, starts: dict[int, int]) -> set[int]:
    upkeep.drop_unfiltered_starts(cast("Loaded", loaded(kernel, starts)), BY_TID, filter_)
    return left(kernel)


def test_starts_that_the_filter_let_through_stay(kernel: FakeKernel, named_child: int) -> None:
    me = threading.get_native_id()
    starts = {me: 5, named_child: 6, NOBODY: 7}
    assert starts_after(kernel, Filter(named_child, ""), starts) == {named_child}
    assert starts_after(kernel, Filter(comm="web 1"), starts) == {named_child}
    assert starts_after(kernel, Filter(comm="web*"), starts) == {named_child}
    assert starts_after(kernel, Filter(named_child, "sh"), starts) == set()


def test_a_thread_counts_as_its_process(kernel: FakeKernel) -> None:
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
        assert starts_after(kernel, Filter(pid, ""), {tids[0]: 5}) == {tids[0]}
    finally:
        done.set()
        thread.join()


def test_without_a_filter_every_start_stays(kernel: FakeKernel) -> None:
    assert starts_after(kernel, Filter(), {NOBODY: 7}) == {NOBODY}


def test_empty_slots_are_left_alone(kernel: FakeKernel) -> None:
    """They hold no start; freeing them would only cost the next event an insert."""
    assert starts_after(kernel, Filter(1, ""), {NOBODY: 0}) == {NOBODY}


def test_keys_are_the_kernels_bytes(kernel: FakeKernel) -> None:
    one = loaded(kernel, {NOBODY: 7})
    upkeep.drop_unfiltered_starts(cast("Loaded", one), BY_TID, Filter(1, ""))
    assert one.deleted == [("@start", [struct.pack("=I", NOBODY)])]
