"""Reading a user's scripts: what becomes a pane, and which files are not trusted with root."""

import os
from pathlib import Path

import pytest

from tracetop.cli.scripts import pane_requests
from tracetop.errors import Diagnostic, UsageError
from tracetop.model.message import PaneRequest

TEXT = "BEGIN { @ = count(); }"
NOBODY = 65534


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that only its owner can write, and all above it too (pytest's are)."""
    tmp_path.chmod(0o700)
    return tmp_path


def script(folder: Path, name: str = "mine.bt", text: str | bytes = TEXT, mode: int = 0o644) -> str:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    path.chmod(mode)
    return str(path)


def refusal(*panes: str, programs: tuple[str, ...] = (), as_root: bool = True) -> Diagnostic:
    with pytest.raises(UsageError) as caught:
        pane_requests(panes, programs, as_root=as_root)
    return caught.value.diagnostic


def requests(*panes: str, programs: tuple[str, ...] = ()) -> list[PaneRequest]:
    return list(pane_requests(panes, programs, as_root=True))


def test_panes_files_and_programs_become_requests_in_order(folder: Path) -> None:
    path = script(folder)
    assert requests("stacks", path, "latency", programs=("END {}",)) == [
        PaneRequest("stacks"),
        PaneRequest("mine", TEXT),
        PaneRequest("latency"),
        PaneRequest("script", "END {}"),
    ]


def test_a_pane_named_twice_is_one_pane() -> None:
    assert requests("stacks", "latency", "stacks") == [PaneRequest("stacks"), PaneRequest("latency")]


def test_scripts_of_one_name_are_told_apart(folder: Path) -> None:
    one, two = script(folder, "a/x.bt", "// 1"), script(folder, "b/x.bt", "// 2")
    found = requests(one, two, programs=("// 3", "// 4"))
    assert [(pane.name, pane.script) for pane in found] == [
        ("x", "// 1"),
        ("x-2", "// 2"),
        ("script", "// 3"),
        ("script-2", "// 4"),
    ]


@pytest.mark.parametrize("bundled_first", [True, False])
def test_a_script_named_as_a_bundled_pane_leaves_the_pane_its_name(folder: Path, bundled_first: bool) -> None:
    path = script(folder, "latency.bt")
    panes = ("latency", path) if bundled_first else (path, "latency")
    assert set(requests(*panes)) == {PaneRequest("latency"), PaneRequest("latency-2", TEXT)}


def test_an_empty_script_is_refused(folder: Path) -> None:
    """It would otherwise ask for the bundled pane of its name."""
    assert refusal(script(folder, "syscalls.bt", " \n")).why == "it is empty"
    assert refusal(programs=("",)).why == "it is empty"


def test_a_missing_file_a_folder_and_a_forbidden_one_are_named(folder: Path) -> None:
    missing = str(folder / "nosuch.bt")
    assert refusal(missing).what == f"cannot read {missing}"
    (folder / "dir.bt").mkdir()
    assert "directory" in refusal(str(folder / "dir.bt")).why


def test_what_is_no_text_is_refused_without_quoting_it(folder: Path) -> None:
    diagnostic = refusal(script(folder, text=b"secret \xff\xfe"))
    assert diagnostic.why == "it is not UTF-8 text"
    assert "secret" not in diagnostic.text()


def test_a_file_over_1_mib_is_refused(folder: Path) -> None:
    assert "1 MiB" in refusal(script(folder, text=b"/" * (1 + (1 << 20)))).why
    assert len(requests(script(folder, text=b"/" * (1 << 20)))[0].script) == 1 << 20


@pytest.mark.parametrize("mode", [0o664, 0o646, 0o666])
def test_a_file_that_others_can_write_is_refused_as_root(folder: Path, mode: int) -> None:
    path = script(folder, mode=mode)
    diagnostic = refusal(path)
    assert diagnostic.what == f"will not run {path} as root"
    assert diagnostic.why == f"another user can change {path}"


def test_a_file_of_another_user_is_refused_as_root(folder: Path) -> None:
    path = script(folder)
    os.chown(path, NOBODY, NOBODY)
    assert refusal(path).why == f"another user can change {path}"


def test_a_folder_on_the_way_that_others_can_write_is_refused_as_root(folder: Path) -> None:
    """Unless it is sticky, as /tmp is: there nobody can replace another's file."""
    path = script(folder, "open/x.bt")
    (folder / "open").chmod(0o777)
    assert refusal(path).why == f"another user can change {folder / 'open'}"
    (folder / "open").chmod(0o1777)
    assert requests(path) == [PaneRequest("x", TEXT)]


def test_a_folder_of_another_user_is_refused_as_root(folder: Path) -> None:
    path = script(folder, "his/x.bt")
    os.chown(folder / "his", NOBODY, NOBODY)
    assert refusal(path).why == f"another user can change {folder / 'his'}"


def test_a_relative_path_is_checked_up_to_the_root(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script(folder, "open/x.bt")
    (folder / "open").chmod(0o777)
    monkeypatch.chdir(folder / "open")
    assert refusal("x.bt").why == f"another user can change {folder / 'open'}"


def test_the_file_behind_a_link_is_what_is_checked(folder: Path) -> None:
    target = script(folder, "open/target.bt", mode=0o666)
    link = folder / "link.bt"
    link.symlink_to(target)
    assert refusal(str(link)).what == f"will not run {link} as root"


def test_a_user_who_types_a_password_may_run_any_file(folder: Path) -> None:
    """Through sudo it is his own decision, taken with his own rights."""
    path = script(folder, mode=0o666)
    assert pane_requests((path,), (), as_root=False) == (PaneRequest("mine", TEXT),)
