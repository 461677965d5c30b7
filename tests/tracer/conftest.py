"""Fixtures of the tracer's tests: no BPF, and where wanted no /proc."""

import pytest

from tests.tracer.fake_proc import FakeProc
from tracetop.tracer import processes
from tracetop.tracer.keys import KeyCells
from tracetop.tracer.syscalls import SyscallNames


@pytest.fixture
def cells() -> KeyCells:
    return KeyCells(SyscallNames("x86_64"))


@pytest.fixture
def proc(monkeypatch: pytest.MonkeyPatch) -> FakeProc:
    """A /proc and a clock that the test writes down."""
    fake = FakeProc()
    monkeypatch.setattr(processes, "psutil", fake)
    monkeypatch.setattr("time.monotonic", fake.monotonic)
    return fake
