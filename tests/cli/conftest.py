"""Fixtures for tests of the command line."""

import pytest


@pytest.fixture(autouse=True)
def _numbers_are_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """What tests filter by is no thread, whatever this machine has of that number."""
    monkeypatch.setattr("tracetop.source.thread_ids.process_of", lambda number: number)
