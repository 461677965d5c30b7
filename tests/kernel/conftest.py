"""Fixtures for tests on the running kernel: they fail, not skip, where it has no BPF."""

import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.kernel.hooks.probed import Probed, Start
from tests.kernel.programs.handmade import Caller
from tracetop.bpf import Loaded, ensure_tracefs
from tracetop.model.abi.control import pack_control
from tracetop.model.filter import Filter
from tracetop.model.program import Program

StartCaller = Callable[[int], Caller]
LoadProgram = Callable[[Program], Loaded]


@pytest.fixture
def caller(loads: Mapping[str, Path]) -> Iterator[StartCaller]:
    """Start a process that waits, and on `run` makes exactly N getppid calls; ended with the test."""
    started: list[Caller] = []

    def start(calls: int) -> Caller:
        process = subprocess.Popen(
            [loads["calls"], str(calls), "-w"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        started.append(Caller(process))
        return started[-1]

    yield start
    for one in started:
        one.end()


@pytest.fixture
def load() -> Iterator[LoadProgram]:
    """Load a program with no filter in force; freed with the test."""
    ensure_tracefs()
    loaded: list[Loaded] = []

    def load_program(program: Program) -> Loaded:
        loaded.append(Loaded.load(program))
        loaded[-1].set_control(pack_control(Filter()))
        return loaded[-1]

    yield load_program
    for one in loaded:
        one.close()


@pytest.fixture
def start(loads: Mapping[str, Path]) -> Iterator[Start]:
    """Start a `Probed`, which waits to be run; ended with the test."""
    started: list[Probed] = []

    def one() -> Probed:
        started.append(Probed(loads["probed"]))
        return started[-1]

    yield one
    for each in started:
        each.end()
