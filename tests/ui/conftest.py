"""Fixtures that tests of the screen share."""

import pytest

from tracetop.ui.prompts.script_prompt import ScriptPrompt


@pytest.fixture
def checked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have what is typed checked and completed without the pause of a typist."""
    monkeypatch.setattr(ScriptPrompt, "check_after_s", 0.001)
    monkeypatch.setattr(ScriptPrompt, "complete_after_s", 0.002)


@pytest.fixture(autouse=True)
def _numbers_are_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """What tests filter by is no thread, whatever this machine has of that number."""
    monkeypatch.setattr("tracetop.source.thread_ids.process_of", lambda number: number)
