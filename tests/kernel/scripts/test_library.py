"""Every bundled script beside the four panes counts a load of known size, or agrees with what /proc counts."""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.kernel.batch import Batch, Tick, batch
from tests.kernel.scripts import library_load as load
from tracetop import library
from tracetop.library import DEFAULT, PROGRAMS, Library

pytestmark = pytest.mark.kernel
NAME = "lib-load"
SCRIPTS = [pane for pane in Library().panes() if pane not in (*DEFAULT, PROGRAMS.pane)]
Row = dict[str, Any]
Counters = dict[str, int]


class Seen(msgspec.Struct, frozen=True):
    """What the scripts counted while the load ran once, and what is known of it."""

    tick: Tick
    lines: list[str]
    """What `execs` printed."""
    known: Mapping[str, int]
    softirqs: tuple[Counters, Counters, Counters, Counters]
    """/proc/softirqs before the scripts ran, at the first tick, before the last, and after it."""
    interrupts: tuple[Counters, Counters, Counters, Counters]

    def rows(self, pane: str, view_name: str = "") -> list[Row]:
        """Return the rows of a pane's view of that name, or of its first."""
        found = self.tick["panes"][pane]
        view = next((each for each in [found, *found["views"]] if view_name in ("", each.get("name"))), None)
        assert view is not None, f"{pane} has no view {view_name}"
        rows: list[Row] = view["rows"]
        return rows

    def row(self, pane: str, view_name: str = "", **cells: Any) -> Row:
        """Return the row with these cells."""
        rows = self.rows(pane, view_name)
        found = [row for row in rows if all(row[column] == value for column, value in cells.items())]
        assert found, f"{pane} has no row {cells}: {rows[:20]}"
        return found[0]


def counters(file: str) -> Counters:
    """Return the sum over all CPUs by the first word of a line, of /proc/softirqs or /proc/interrupts."""
    lines = [line.split() for line in Path(file).read_text().splitlines()[1:]]
    return {head.rstrip(":").lower(): sum(int(word) for word in rest if word.isdecimal()) for head, *rest in lines}


def both() -> tuple[Counters, Counters]:
    return counters("/proc/softirqs"), counters("/proc/interrupts")


@pytest.fixture(scope="module")
def folder() -> Iterator[str]:
    """A folder whose path is short: of a longer one than 63 bytes `str()` has the start only."""
    with tempfile.TemporaryDirectory(prefix="library-") as made:
        yield made


@pytest.fixture(scope="module")
def seen(folder: str) -> Iterator[Seen]:
    """All scripts at once, one load."""
    lines: list[str] = []

    def tick_after(running: Batch, moment_s: float) -> Tick:
        """Return the first tick whose reads began after that moment."""
        while True:
            tick = running.tick()
            lines.extend(tick["panes"]["execs"].get("lines", ()))  # none before the first is printed
            if tick["time"] - tick["elapsed_s"] > moment_s:
                return tick

    marks = [both()]
    command = [sys.executable, "-S", str(Path(load.__file__)), folder]
    pipe = subprocess.PIPE
    with batch(*SCRIPTS, "-c", NAME, "-i", "0.5") as running:
        tick_after(running, 0)
        marks.append(both())
        with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as process:
            assert process.stdout is not None
            known = json.loads(process.stdout.readline())
            marks.append(both())
            tick = tick_after(running, time.time())
            marks.append(both())
            process.communicate("\n")
        softirqs, interrupts = zip(*marks, strict=True)
        yield Seen(tick, lines, known, softirqs, interrupts)


@pytest.mark.parametrize("name", SCRIPTS)
def test_it_runs_and_nothing_is_lost(seen: Seen, name: str) -> None:
    pane = seen.tick["panes"][name]
    assert (pane["state"], pane["error"]) == ("on", None)
    assert pane["dropped"] == 0


@pytest.mark.parametrize("name", SCRIPTS)
def test_bpftrace_takes_the_very_same_file(name: str) -> None:
    """With ``-d`` it checks a script as if to run it."""
    script = Path(library.__file__).with_name(f"{name}.bt")
    done = subprocess.run(["bpftrace", "-d", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_births_and_exits(seen: Seen) -> None:
    row = seen.row("births", comm=NAME)
    forked = load.FORKS + load.PROGRAMS
    assert (row["births_total"], row["threads_total"]) == (forked, load.THREADS)
    assert row["exits_total"] == load.FORKS  # programs have another name when they end


def test_programs_started_are_printed_with_their_arguments(seen: Seen) -> None:
    assert sum(line.endswith("/bin/true --library-test") for line in seen.lines) == load.PROGRAMS


def test_errors_by_process_call_and_name(seen: Seen) -> None:
    row = seen.row("errors", comm=NAME, syscall="rmdir")
    assert (row["errno"], row["name"], row["total"]) == (2, "ENOENT", load.RMDIRS)


def test_opens_and_their_failures_by_path(seen: Seen) -> None:
    paths = {row["path"].rpartition("/")[2]: row for row in seen.rows("opens") if row["comm"] == NAME}
    assert (paths["library-file"]["opens_total"], paths["library-file"]["failed_total"]) == (load.OPENS + 1, 0)
    assert paths["library-missing"]["opens_total"] == paths["library-missing"]["failed_total"] == load.MISSING


def test_bytes_read_and_written_by_file(seen: Seen) -> None:
    row = seen.row("fileio", comm=NAME, name="library-file")
    assert (row["read_total"], row["written_total"]) == (load.CHUNKS * load.CHUNK_BYTES,) * 2
    assert seen.row("fileio", comm=NAME, name="direct")["written_total"] == load.DIRECT_WRITES * load.DIRECT_BYTES


def test_requests_to_the_disk_by_process(seen: Seen) -> None:
    """Each direct write is a request of its own; what the file system writes of itself comes on top."""
    rows = [row for row in seen.rows("iosize", "@total") if row["comm"] == NAME and "W" in row["rwbs"]]
    assert sum(row["requests_total"] for row in rows) >= load.DIRECT_WRITES
    assert sum(row["total_total"] for row in rows) >= load.DIRECT_WRITES * load.DIRECT_BYTES
    assert len({row["rwbs"] for row in rows}) == len(rows)


def test_page_faults_are_those_that_the_process_has_by_its_own_account(seen: Seen) -> None:
    row = seen.row("faults", pid=seen.known["pid"])
    assert row["faults_total"] >= 256
    assert row["faults_total"] == pytest.approx(seen.known["faults"], rel=0.05)


def test_waits_for_a_lock(seen: Seen) -> None:
    """Each thread waits so long for a lock that it does not get."""
    row = seen.row("futex", pid=seen.known["pid"], comm=NAME)
    assert row["waits_total"] >= load.THREADS
    assert row["waited_total"] >= load.THREADS * load.WAIT_S * 0.9 * 1e9


def test_signals_by_sender_receiver_and_kind(seen: Seen) -> None:
    row = seen.row("signals", pid=seen.known["pid"], comm=NAME, name="SIGUSR2")
    assert (row["receiver"], row["total"]) == (NAME, load.SIGNALS)


def test_migrations_are_those_that_the_scheduler_counts(seen: Seen) -> None:
    rows = [row for row in seen.rows("migrations", "@tasks") if row["tid"] == seen.known["pid"]]
    assert sum(row["tasks_total"] for row in rows) >= seen.known["migrations"]


def stacked(seen: Seen, pane: str, function: str) -> int:
    rows = seen.rows(pane)
    return sum(row["self"] for row in rows if any(function in frame for frame in row["stack"]))


def test_time_off_the_cpu_by_stack(seen: Seen) -> None:
    """Nothing else on this machine waits in sigtimedwait()."""
    assert load.WAIT_S * 1e9 <= stacked(seen, "offcpu", "sigtimedwait") <= 4 * load.WAIT_S * 1e9


def test_kernel_memory_by_stack_and_process(seen: Seen) -> None:
    """An eventfd's file takes at least 128 bytes."""
    assert stacked(seen, "kmem", "eventfd") >= load.EVENTFDS * 128
    assert seen.row("kmem", "@bytes", pid=seen.known["pid"], comm=NAME)["bytes_total"] >= load.EVENTFDS * 128


def test_connections_by_process_address_and_port(seen: Seen) -> None:
    port = seen.known["port"]
    out = seen.row("tcpconnect", "@out", pid=seen.known["pid"], dport=port)
    assert (out["daddr"], out["out_total"]) == ("127.0.0.1", load.CONNECTS)
    assert seen.row("tcpconnect", "@in", sport=port)["in_total"] == load.CONNECTS


def test_states_of_connections_by_name(seen: Seen) -> None:
    moves = {(row["name"], row["name2"]): row["total"] for row in seen.rows("tcpstates")}
    assert moves["SYN_SENT", "ESTABLISHED"] >= load.CONNECTS
    assert moves["CLOSE", "LISTEN"] >= 2


def test_segments_sent_again_by_address_and_port(seen: Seen) -> None:
    assert seen.row("tcpretrans", dport=seen.known["stalled_port"])["total"] >= 1


@pytest.mark.parametrize(
    ("pane", "of_row", "marks"),
    [
        ("softirqs", lambda row: row["kind"].lower(), lambda seen: seen.softirqs),
        ("hardirqs", lambda row: str(row["irq"]), lambda seen: seen.interrupts),
    ],
)
def test_interrupts_are_between_what_proc_counted_within_and_around(
    seen: Seen, pane: str, of_row: Callable[[Row], str], marks: Callable[[Seen], tuple[Counters, ...]]
) -> None:
    """What the kernel skipped, since the interrupt came while another program ran there, it counts as missed."""
    before, first, last, after = marks(seen)
    missed = seen.tick["panes"][pane]["missed"]
    rows = {of_row(row): row["runs_total"] for row in seen.rows(pane)}
    assert rows
    for kind, runs in rows.items():
        assert last[kind] - first[kind] - missed <= runs <= after[kind] - before[kind], kind
