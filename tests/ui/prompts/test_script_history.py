"""The history of scripts: kept over starts, the user's alone, and never written to a place that somebody else chose."""

import os
import stat
from pathlib import Path

import pytest

from tracetop.ui.prompts.script_history import MOST_ENTRIES, History, state_file


def test_scripts_are_there_at_the_next_start_and_only_for_the_user(tmp_path: Path) -> None:
    path = tmp_path / "tracetop" / "history"
    History(path).add("BEGIN {\n}")
    assert History(path).entries == ["BEGIN {\n}"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert list(path.parent.iterdir()) == [path]


def test_a_script_run_again_becomes_the_newest(tmp_path: Path) -> None:
    history = History(tmp_path / "history")
    for script in ("a", "b", "a"):
        history.add(script)
    assert history.entries == History(tmp_path / "history").entries == ["b", "a"]


def test_scripts_of_another_dashboard_stay(tmp_path: Path) -> None:
    first, second = History(tmp_path / "history"), History(tmp_path / "history")
    assert first.entries == second.entries == []
    first.add("a")
    second.add("b")
    assert History(tmp_path / "history").entries == ["a", "b"]


def test_what_was_left_is_only_remembered_for_this_start(tmp_path: Path) -> None:
    history = History(tmp_path / "history")
    history.keep("a draft")
    history.add("run")
    assert (history.entries, History(tmp_path / "history").entries) == (["a draft", "run"], ["run"])


def test_the_file_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "history"
    path.write_text("[" + ",".join(f'"{n}"' for n in range(MOST_ENTRIES + 50)) + "]")
    History(path).add("x" * 600_000)
    History(path).add("y" * 600_000)
    assert path.stat().st_size < 1 << 20
    assert History(path).entries[-1][0] == "y"


def test_a_symbolic_link_is_neither_read_nor_replaced(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text('["planted"]')
    link = tmp_path / "history"
    link.symlink_to(other)
    history = History(link)
    history.add("mine")
    assert history.entries == ["mine"]
    assert (link.is_symlink(), other.read_text()) == (True, '["planted"]')


def test_a_file_or_a_folder_of_another_user_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "history"
    path.write_text('["planted"]')
    owner = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    history = History(path)
    history.add("mine")
    assert (history.entries, path.read_text()) == (["mine"], '["planted"]')


@pytest.mark.parametrize("text", ["", "{", '{"a": 1}', "[1]", "\xff"])
def test_a_torn_file_is_an_empty_history(text: str, tmp_path: Path) -> None:
    (tmp_path / "history").write_text(text, encoding="latin-1")
    assert History(tmp_path / "history").entries == []


def test_the_state_directory_is_the_one_named_and_only_by_its_whole_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", "/x/state")
    assert state_file() == Path("/x/state/tracetop/history")
    monkeypatch.setenv("XDG_STATE_HOME", "relative")
    monkeypatch.setenv("HOME", "/home/me")
    assert state_file() == Path("/home/me/.local/state/tracetop/history")
