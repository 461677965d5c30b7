"""The table of processes: who is who, at a bounded cost a tick, on a faked /proc and on the real one."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest

from tests.tracer.fake_proc import FakeProc, FakeProcess
from tracetop.tracer.aggregate.processes import (
    BUSY_PER_TICK,
    COMMAND_MOST,
    GRACE_S,
    IDENTIFY_S,
    NEW_PER_TICK,
    QUIET_PER_TICK,
    ProcessTable,
    comm_of,
    read_stat,
)


def tick(proc: FakeProc, table: ProcessTable, busy: tuple[int, ...] = (), seconds: float = 1.0) -> None:
    proc.now_s += seconds
    table.refresh(busy)


def test_every_live_process_is_known_with_what_proc_says(proc: FakeProc) -> None:
    proc.table = {1: FakeProcess(name="init", uid=0, rss=7, threads=3), 9: FakeProcess(cmdline=(), name="kworker")}
    table = ProcessTable()
    tick(proc, table)
    init, worker = table.live[1], table.live[9]
    assert (init.name, init.user, init.command, init.rss_bytes, init.threads) == (
        "init",
        "user0",
        "/bin/sh -c true",
        7,
        3,
    )
    assert worker.command == "[kworker]"
    assert init.identity == "1:1000.00"


def test_cpu_percent_is_the_time_between_two_looks(proc: FakeProc) -> None:
    proc.table = {5: FakeProcess(cpu_s=10.0)}
    table = ProcessTable()
    tick(proc, table)
    first = table.live[5].cpu_percent
    proc.table[5].cpu_s = 11.0
    tick(proc, table, seconds=2.0)
    assert (first, table.live[5].cpu_percent) == (0.0, 50.0)


def test_two_refreshes_in_one_tick_look_once(proc: FakeProc) -> None:
    """Two tables share the processes: the second must not measure CPU time over no time."""
    proc.table = {5: FakeProcess(cpu_s=10.0)}
    table = ProcessTable()
    tick(proc, table)
    proc.table[5].cpu_s = 10.5
    tick(proc, table)
    tick(proc, table, seconds=0.001)
    assert table.live[5].cpu_percent == 50.0


def test_a_number_used_again_is_another_process(proc: FakeProc) -> None:
    """Nothing of the first passes to the second: neither its name nor its CPU time."""
    proc.table = {5: FakeProcess(1000.0, "old", cpu_s=99.0, cmdline=("old",))}
    table = ProcessTable()
    tick(proc, table)
    proc.table = {5: FakeProcess(2000.0, "old", uid=7, cpu_s=1.0, cmdline=("new",))}
    tick(proc, table)
    reborn = table.live[5]
    assert (reborn.start, reborn.command, reborn.user, reborn.cpu_percent) == (2000.0, "new", "user7", 0.0)


def test_a_process_that_ended_stays_known_and_then_is_forgotten(proc: FakeProc) -> None:
    proc.table = {5: FakeProcess(name="gone")}
    table = ProcessTable()
    tick(proc, table)
    del proc.table[5]
    tick(proc, table)
    known = table.get(5)
    assert known is not None
    assert known.name == "gone"
    assert not table.is_live(5)
    assert 5 not in table.live
    for _ in range(4):
        tick(proc, table, seconds=GRACE_S)
    assert table.get(5) is None


def test_an_exec_shows_the_new_name_and_arguments(proc: FakeProc) -> None:
    proc.table = {5: FakeProcess(name="sh", cmdline=("sh",))}
    table = ProcessTable()
    tick(proc, table)
    proc.table[5].name, proc.table[5].cmdline = "sleep", ("sleep", "9")
    tick(proc, table)
    assert (table.live[5].name, table.live[5].command) == ("sleep", "sleep 9")


def test_a_process_that_takes_another_user_is_shown_as_his(proc: FakeProc) -> None:
    proc.table = {5: FakeProcess(uid=0)}
    table = ProcessTable()
    tick(proc, table)
    proc.table[5].uid = 33
    tick(proc, table, seconds=IDENTIFY_S)
    assert table.live[5].user == "user33"


def test_a_clock_that_is_set_makes_no_new_process(proc: FakeProc) -> None:
    """psutil counts a start from the time of boot, which moves with the clock; the kernel counts it in ticks."""
    proc.table = {5: FakeProcess(1000.0)}
    table = ProcessTable()
    tick(proc, table)
    proc.clock_set_by_s = 3600.0
    tick(proc, table, seconds=IDENTIFY_S)
    assert table.live[5].start == 1000.0


def test_a_command_line_of_megabytes_is_cut(proc: FakeProc) -> None:
    """A frame has a limit, and any user may start such a process."""
    proc.table = {5: FakeProcess(cmdline=("x" * 3_000_000,))}
    table = ProcessTable()
    tick(proc, table)
    assert table.live[5].command == "x" * COMMAND_MOST


def test_a_name_with_parentheses_does_not_shift_what_is_read() -> None:
    code = "open('/proc/self/comm', 'w').write(') R 1 2 ('); input()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE) as child:
        deadline = time.monotonic() + 10
        while read_stat(child.pid).comm != b") R 1 2 (" and time.monotonic() < deadline:
            time.sleep(0.01)
        stat, said = read_stat(child.pid), psutil.Process(child.pid)
        assert (stat.comm, stat.threads) == (b") R 1 2 (", 1)
        assert stat.rss_bytes == pytest.approx(said.memory_info().rss, rel=0.1)
        assert stat.start_ticks / 100 == pytest.approx(said.create_time() - psutil.boot_time(), abs=1.5)


def test_a_process_that_vanishes_between_listing_and_reading_is_no_error(proc: FakeProc) -> None:
    """Neither where it was never read nor where it was known."""
    proc.table = {5: FakeProcess(), 6: FakeProcess()}
    table = ProcessTable()
    proc.vanishing = {6}
    tick(proc, table)
    assert set(table.live) == {5}
    proc.vanishing = {5, 6}
    tick(proc, table)
    assert not table.live
    assert not table.is_live(5)
    assert table.get(5) is not None


def test_a_zombie_is_known_by_its_name(proc: FakeProc) -> None:
    proc.table = {5: FakeProcess(name="defunct", zombie=True)}
    table = ProcessTable()
    tick(proc, table)
    assert table.live[5].command == "[defunct]"


def test_5000_processes_cost_a_bounded_number_of_reads_a_tick(proc: FakeProc) -> None:
    """At the first tick, at later ones, and with all of them busy; and all of them have their turn."""
    proc.table = {pid: FakeProcess() for pid in range(1, 5001)}
    table = ProcessTable()
    everyone = tuple(proc.table)
    for _ in range(30):
        proc.reads.clear()
        tick(proc, table, everyone)
        assert len(proc.reads) <= NEW_PER_TICK + BUSY_PER_TICK + QUIET_PER_TICK
        assert max(proc.reads.values()) <= 2
    assert set(table.live) == set(everyone)
    proc.reads.clear()
    for _ in range(5000 // QUIET_PER_TICK):
        tick(proc, table)
    assert set(proc.reads) == set(everyone)


def test_processes_not_looked_at_yet_count_as_live(proc: FakeProc) -> None:
    """A machine with very many processes shows none of them as ended while it gets to know them."""
    proc.table = {pid: FakeProcess() for pid in range(1, 5001)}
    table = ProcessTable()
    tick(proc, table)
    assert all(table.is_live(pid) for pid in proc.table)


def test_churn_does_not_make_the_turns_longer(proc: FakeProc) -> None:
    """Numbers that come and go, and come again, cost no more than those that are there."""
    table = ProcessTable()
    for step in range(50):
        proc.table = {pid: FakeProcess(start=1000.0 + step) for pid in range(1, 11) if (pid + step) % 2}
        tick(proc, table)
    proc.reads.clear()
    tick(proc, table)
    assert set(proc.reads) == set(proc.table)
    assert set(table.live) == set(proc.table)


def test_the_busiest_are_read_first(proc: FakeProc) -> None:
    proc.table = {pid: FakeProcess() for pid in range(1, 401)}
    table = ProcessTable()
    tick(proc, table)
    proc.reads.clear()
    tick(proc, table, tuple(range(400, 0, -1)))
    assert set(range(400, 400 - BUSY_PER_TICK, -1)) <= set(proc.reads)


@contextmanager
def sleeper(name: str = "sleeper") -> Iterator[subprocess.Popen[bytes]]:
    """Yield a real process of that name, which waits."""
    code = (
        f"import pathlib, time; pathlib.Path('/proc/self/comm').write_text({name!r}); print(flush=True); time.sleep(99)"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"\n"
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_the_real_proc_knows_this_process_and_its_children() -> None:
    table = ProcessTable()
    with sleeper() as child:
        table.refresh(())
        me, other = table.live[os.getpid()], table.live[child.pid]
        assert me.rss_bytes > 1 << 20
        assert me.threads >= 1
        assert other.name == "sleeper"
        assert other.command.startswith(sys.executable)
        assert other.start >= me.start


def test_a_real_child_that_ends_is_no_longer_live() -> None:
    table = ProcessTable()
    with sleeper() as child:
        table.refresh(())
        child.send_signal(signal.SIGKILL)
        child.wait()
        second = ProcessTable()
        second.refresh(())
        assert (table.is_live(child.pid), second.is_live(child.pid)) == (True, False)


def test_comm_of_reads_the_name_now_whatever_bytes_it_has() -> None:
    with sleeper("a\x1b[0m b") as child:
        assert comm_of(child.pid) == "a\x1b[0m b"
    assert comm_of(child.pid) == ""
