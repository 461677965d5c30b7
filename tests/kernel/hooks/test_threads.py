"""A process whose first thread has ended is probed like any other, and a thread's number means its process."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.kernel.hooks.probed import ROUNDS

pytestmark = pytest.mark.kernel
RUN = (sys.executable, "-m", "tracetop", "run")


class Leaderless:
    """The load program of that name."""

    def __init__(self, path: Path) -> None:
        pipe = subprocess.PIPE
        self.path = path
        self._process = subprocess.Popen([path], stdin=pipe, stdout=pipe, text=True)
        assert self._process.stdout is not None
        self.pid, self.tid = map(int, self._process.stdout.readline().split())

    def run(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        self._process.stdout.readline()

    def end(self) -> None:
        self._process.communicate(timeout=20)


@pytest.fixture
def leaderless(loads: Mapping[str, Path]) -> Iterator[Leaderless]:
    yield (one := Leaderless(loads["leaderless"]))
    one.end()


def traced(process: Leaderless, number: int, script: str) -> tuple[str, list[str]]:
    """Run a script on that number while the process makes its rounds; return what was printed, and the notes before."""
    pipe = subprocess.PIPE
    run = subprocess.Popen([*RUN, "-p", str(number), "-e", script], text=True, stdout=pipe, stderr=pipe)
    assert run.stderr is not None
    notes = []
    while not (line := run.stderr.readline()).startswith("Attached"):
        assert line, run.stderr.read()
        notes.append(line.strip())
    process.run()
    run.terminate()
    return run.communicate(timeout=20)[0].strip(), notes


@pytest.mark.parametrize("binary", ["", "/proc/TID/exe:", "PATH:"])
def test_functions_of_a_process_without_its_first_thread(leaderless: Leaderless, binary: str) -> None:
    binary = binary.replace("TID", str(leaderless.tid)).replace("PATH", str(leaderless.path))
    script = f"uprobe:{binary}tt_leaderless_step {{ @[pid, tid] = count(); }}"
    said = f"@[{leaderless.pid}, {leaderless.tid}]: {ROUNDS}"
    assert traced(leaderless, leaderless.pid, script) == (said, [])


def test_its_stacks_have_names(leaderless: Leaderless) -> None:
    script = 'uprobe:tt_leaderless_step { @[usym(reg("ip"))] = count(); @s[ustack(1)] = count(); }'
    said, _ = traced(leaderless, leaderless.pid, script)
    assert f"@[tt_leaderless_step]: {ROUNDS}" in said
    assert "tt_leaderless_step+0" in said


def test_a_threads_number_means_its_process(leaderless: Leaderless) -> None:
    script = "uprobe:tt_leaderless_step { @[pid] = count(); }"
    said, notes = traced(leaderless, leaderless.tid, script)
    assert said == f"@[{leaderless.pid}]: {ROUNDS}"
    assert notes == [f"note: {leaderless.tid} is a thread of process {leaderless.pid}: that process is traced"]
