"""The user's own editor: gets the text in a file that only they can read, and leaves nothing behind."""

import os
from pathlib import Path

import pytest

from tracetop.errors import UsageError
from tracetop.ui.prompts import external_editor


@pytest.fixture(autouse=True)
def _runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))


def script(tmp_path: Path, body: str) -> list[str]:
    path = tmp_path / "editor.sh"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o700)
    return [str(path), "-w"]


def test_what_the_editor_leaves_is_the_new_text_and_no_file_stays(tmp_path: Path) -> None:
    command = script(tmp_path, 'test "$(stat -c %a "$2")" = 600 && echo "// more" >> "$2"')
    assert external_editor.edit("BEGIN {}\n", command) == "BEGIN {}\n// more"
    assert [path.name for path in tmp_path.iterdir()] == ["editor.sh"]


def test_an_editor_that_fails_changes_nothing(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="did not edit"):
        external_editor.edit("x", script(tmp_path, "exit 3"))
    with pytest.raises(UsageError, match="did not edit"):
        external_editor.edit("x", ["/nonexistent/editor"])
    assert [path.name for path in tmp_path.iterdir()] == ["editor.sh"]


def test_a_runtime_folder_of_another_user_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command = script(tmp_path, 'echo "$2" > "$2"')
    assert Path(external_editor.edit("", command)).is_relative_to(tmp_path)
    owner = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    assert not Path(external_editor.edit("", command)).is_relative_to(tmp_path)


def test_visual_goes_before_editor_and_may_have_options(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDITOR", "nano")
    monkeypatch.setenv("VISUAL", "code --wait 'a b'")
    assert external_editor.editor() == ["code", "--wait", "a b"]
    monkeypatch.setenv("VISUAL", "un'balanced")
    assert external_editor.editor() == ["nano"]
