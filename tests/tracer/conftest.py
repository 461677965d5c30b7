"""Fixtures of the tracer's tests: no BPF, and where wanted no /proc."""

import pytest

from tests.tracer.fake_kernel import FakeKernel, fake_machine, install
from tests.tracer.fake_proc import FakeProc
from tracetop.tracer.aggregate import processes
from tracetop.tracer.aggregate.key_cells import KeyCells
from tracetop.tracer.panes.script_content import Machine
from tracetop.tracer.printing.decode import Decoder


@pytest.fixture
def cells() -> KeyCells:
    machine = fake_machine()
    return KeyCells(machine.syscalls, Decoder(machine.names, lambda _map, _id: ()))


@pytest.fixture
def proc(monkeypatch: pytest.MonkeyPatch) -> FakeProc:
    """A /proc and a clock that the test writes down."""
    fake = FakeProc()
    monkeypatch.setattr(processes, "psutil", fake)
    monkeypatch.setattr(processes, "read_stat", fake.read_stat)
    monkeypatch.setattr("time.monotonic", fake.monotonic)
    return fake


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> FakeKernel:
    """A kernel in memory, under `tracetop.tracer.panes.script_content`."""
    fake = FakeKernel()
    install(fake, monkeypatch)
    return fake


@pytest.fixture
def machine() -> Machine:
    return fake_machine()
