"""Processes that are gone before anybody looks at them still have names for their addresses."""

import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tracetop.bpf import UserSymbols
from tracetop.bpf.symbols.mmap_events import Executed, Forked, Mapped, MappingEvents
from tracetop.bpf.symbols.process_maps import Mapping as MappedCode

pytestmark = pytest.mark.kernel


def run(command: list[str]) -> int:
    """Run a command to its end; return the number that it had."""
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as process:
        pass
    return process.pid


@pytest.fixture
def events() -> Iterator[MappingEvents]:
    recorded = MappingEvents()
    yield recorded
    recorded.close()


def code_of(events: MappingEvents, pid: int, path: Path) -> MappedCode:
    """Return where a process had a program's code."""
    return next(
        event.mapping
        for event in events.read()
        if isinstance(event, Mapped) and event.pid == pid and event.mapping.path == str(path)
    )


def test_fork_exec_and_mmap_are_told_in_order(events: MappingEvents, loads: Mapping[str, Path]) -> None:
    pid = run([str(loads["probed"])])
    told = [event for event in events.read() if event.pid == pid]
    assert [type(event) for event in told[:2]] == [Forked, Executed]
    assert all(isinstance(event, Mapped) for event in told[2:])
    paths = [event.mapping.path for event in told if isinstance(event, Mapped)]
    assert paths[0] == str(loads["probed"])
    assert any("libc" in path for path in paths)


def test_a_process_that_nobody_looked_at_has_names(events: MappingEvents, loads: Mapping[str, Path]) -> None:
    symbols = UserSymbols()
    symbols.watch()
    pid = run([str(loads["probed"])])
    code = code_of(events, pid, loads["probed"])
    shown = subprocess.run(["nm", loads["probed"]], capture_output=True, text=True, check=True).stdout
    known = next(int(line.split()[0], 16) for line in shown.splitlines() if line.endswith(" tt_probed_add"))
    assert symbols.frame(pid, code.start - code.offset + known + 3).name == "tt_probed_add"
    assert symbols._events
    symbols._events.close()


def test_a_fork_has_the_code_of_its_parent(events: MappingEvents, loads: Mapping[str, Path]) -> None:
    symbols = UserSymbols()
    symbols.watch()
    with subprocess.Popen(["sh", "-c", "(echo; :) ; :"], stdout=subprocess.PIPE) as shell:
        pass
    told = events.read()
    forked = next(event for event in told if isinstance(event, Forked) and event.parent == shell.pid)
    code = next(event.mapping for event in told if isinstance(event, Mapped) and event.pid == shell.pid)
    assert symbols.frame(forked.pid, code.start).module == code.path
    assert symbols._events
    symbols._events.close()


def test_without_a_watch_it_is_an_address(loads: Mapping[str, Path]) -> None:
    pid = run([str(loads["probed"])])
    assert UserSymbols().frame(pid, 0x401000) == ("0x401000", 0, "")
