"""Reading a user's scripts: what becomes a pane, and which files are not trusted with root."""

import grp
import os
import pwd
import struct
from pathlib import Path

import pytest

from tracetop.cli.scripts import pane_lines, pane_requests
from tracetop.errors import Diagnostic, UsageError
from tracetop.model.wire.messages import PaneRequest
from tracetop.source import script_files
from tracetop.source.script_files import offered_scripts

TEXT = "BEGIN { @ = count(); }"
NOBODY = 65534


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that only its owner can write, and all above it too (pytest's are)."""
    tmp_path.chmod(0o700)
    return tmp_path


def script(folder: Path, name: str = "mine.bt", text: str | bytes = TEXT, mode: int = 0o644) -> str:
    path = folder / name
    path.parent.mkdir(exist_ok=True, mode=0o700)
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


@pytest.mark.parametrize("mode", [0o646, 0o666])
def test_a_file_that_others_can_write_is_refused_as_root(folder: Path, mode: int) -> None:
    path = script(folder, mode=mode)
    diagnostic = refusal(path)
    assert diagnostic.what == f"will not run {path} as root"
    assert diagnostic.why == f"another user can change {path}"


def test_a_file_that_a_group_can_write_is_refused_where_others_are_in_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A umask of 002 makes files of mode 664, on systems that give each user a group of his own."""
    path = script(folder, mode=0o664)
    assert requests(path) == [PaneRequest("mine", TEXT)]
    os.chown(path, 0, NOBODY)  # the group of another
    assert refusal(path).why == f"another user can change {path}"
    os.chown(path, 0, 0x7000_0000)  # one that nobody knows
    assert refusal(path).why == f"another user can change {path}"

    os.chown(path, 0, 0)
    monkeypatch.setattr(grp, "getgrgid", lambda gid: grp.struct_group(("root", "x", gid, ["daemon"])))
    assert refusal(path).why == f"another user can change {path}"
    monkeypatch.setattr(grp, "getgrgid", lambda gid: grp.struct_group(("staff", "x", gid, [])))
    monkeypatch.setattr(pwd, "getpwall", list)
    assert refusal(path).why == f"another user can change {path}", "a directory may not list who is in it"


def test_a_file_with_an_access_list_for_others_is_refused(folder: Path) -> None:
    path = script(folder, mode=0o664)
    entry = struct.Struct("<HHI")
    nobody_writes = [(1, 6, -1), (2, 6, NOBODY), (4, 6, -1), (16, 6, -1), (32, 4, -1)]
    acl = struct.pack("<I", 2) + b"".join(entry.pack(tag, may, who & 0xFFFFFFFF) for tag, may, who in nobody_writes)
    os.setxattr(path, "system.posix_acl_access", acl)
    assert refusal(path).why == f"another user can change {path}"


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


@pytest.fixture
def config(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's folder for scripts; the system's is empty."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder))
    monkeypatch.setattr(script_files, "SYSTEM_FOLDER", folder / "system")
    (folder / "tracetop").mkdir(mode=0o700)
    return folder / "tracetop"


def test_scripts_in_the_users_folders_and_the_systems_are_offered_by_name(config: Path) -> None:
    script(config, "b.bt", "//! title: Bees\n//! about: All of them.\nBEGIN { }")
    script(config, "scripts/c.bt")
    script(config.parent, "system/a.bt")
    script(config.parent, "system/b.bt")
    script(config, "d.txt")
    found = list(offered_scripts(as_root=True))
    assert [(offer.name, offer.title, offer.about) for offer in found] == [
        ("a", "a", ""),
        ("b", "Bees", "All of them."),
        ("c", "c", ""),
    ]
    assert found[1].path == str(config / "b.bt"), "the user's own comes first"


def test_an_offer_that_cannot_be_opened_says_why(config: Path) -> None:
    script(config, "a.bt", mode=0o666)
    script(config, "b.bt", b"\xff")
    script(config, "c.bt", "  ")
    assert [(offer.refusal, offer.text) for offer in offered_scripts(as_root=True)] == [
        (f"another user can change {config / 'a.bt'}", ""),
        ("it is not UTF-8 text", ""),
        ("it is empty", ""),
    ]
    assert next(offered_scripts(as_root=False)).refusal == "", "asked for a password, sudo has let him"


def test_a_script_in_a_folder_is_opened_by_its_name_unless_a_bundled_pane_has_it(config: Path) -> None:
    script(config, "mine.bt")
    script(config, "latency.bt")
    assert requests("mine", "latency", "nosuch") == [
        PaneRequest("mine", TEXT),
        PaneRequest("latency"),
        PaneRequest("nosuch"),
    ]


def test_the_list_of_panes_has_the_shipped_ones_and_the_users_own(config: Path) -> None:
    script(config, "mine.bt", "//! title: Mine \x1b[2J\nBEGIN { }")
    printed = list(pane_lines(as_root=True, columns=500))
    assert printed[0].split()[0] == "syscalls"
    assert any("or Run-queue wait: " in line for line in printed)
    assert printed[-1].split(None, 1) == ["mine", "Mine \\x1b[2J"]


def test_without_a_folder_there_are_no_offers(config: Path) -> None:
    assert list(offered_scripts(as_root=True)) == []
    assert list(pane_lines(as_root=True, columns=500))[-1] == "  none"


def test_no_line_is_longer_than_the_terminal_is_wide() -> None:
    narrow = "\n".join(pane_lines(as_root=True, columns=60)).splitlines()
    assert max(map(len, narrow)) <= 60
    assert [line for line in narrow if line.startswith("  latency     System-call latency: ")]
