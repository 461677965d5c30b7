"""Giving up root, seen from outside: a forked child drops it and reports what the kernel says of it."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tracetop.errors import UsageError
from tracetop.source.privileges import become_caller, drop_privileges, sudo_user
from tracetop.source.spawner import Spawner

NOBODY = 65534
Report = dict[str, str]


def in_child(act: Callable[[], Report], environment: dict[str, str]) -> Report:
    """Return what `act` reports in a forked child whose environment has `environment` on top."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.environ.update(environment)
            os.write(write, json.dumps(act()).encode())
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        data = pipe.read()
    os.waitpid(child, 0)
    report: Report = json.loads(data)
    return report


def status() -> Report:
    pairs = (line.partition(":\t") for line in Path("/proc/self/status").read_text().splitlines())
    return {name: " ".join(value.split()) for name, _, value in pairs}


def tried(attempt: Callable[[], object]) -> str:
    try:
        attempt()
    except OSError as error:
        return type(error).__name__
    return "done"


def after_drop() -> Report:
    drop_privileges()
    return status() | {"home": os.environ["HOME"]}


def regain() -> Report:
    drop_privileges()
    return {
        "setuid": tried(lambda: os.setresuid(0, 0, 0)),
        "setgid": tried(lambda: os.setresgid(0, 0, 0)),
        "setgroups": tried(lambda: os.setgroups([0])),
        "shadow": tried(lambda: Path("/etc/shadow").read_bytes()),
        "chown": tried(lambda: os.chown("/", 1, 1)),
    }


def powerless(report: Report) -> bool:
    sets = (report[name] for name in ("CapEff", "CapPrm", "CapInh", "CapBnd", "CapAmb"))
    return all(int(value, 16) == 0 for value in sets) and report["NoNewPrivs"] == "1"


def test_in_a_root_login_uid_0_stays_but_no_capability() -> None:
    report = in_child(after_drop, {"SUDO_UID": "", "SUDO_GID": ""})
    assert report["Uid"] == "0 0 0 0"
    assert powerless(report)


def test_under_sudo_the_process_becomes_the_user() -> None:
    report = in_child(after_drop, {"SUDO_UID": str(NOBODY), "SUDO_GID": str(NOBODY)})
    assert report["Uid"] == " ".join([str(NOBODY)] * 4)
    assert report["Gid"] == " ".join([str(NOBODY)] * 4)
    assert report["Groups"].split() == [str(NOBODY)]
    assert report["home"] != "/root"
    assert powerless(report)


def test_a_user_number_without_a_name_is_taken_too() -> None:
    report = in_child(after_drop, {"SUDO_UID": "54321", "SUDO_GID": "54322"})
    assert (report["Uid"].split()[0], report["Groups"], report["home"]) == ("54321", "54322", "/")
    assert powerless(report)


def test_the_user_cannot_become_root_again() -> None:
    report = in_child(regain, {"SUDO_UID": str(NOBODY), "SUDO_GID": str(NOBODY)})
    assert set(report.values()) == {"PermissionError"}, report


def test_uid_0_without_capabilities_cannot_act_as_root() -> None:
    report = in_child(regain, {"SUDO_UID": "", "SUDO_GID": ""})
    assert report["chown"] == report["setgroups"] == "PermissionError"


def test_what_is_started_afterwards_has_no_capability_either() -> None:
    def child_of_the_dropped() -> Report:
        drop_privileges()
        lines = subprocess.check_output(["cat", "/proc/self/status"], text=True).splitlines()
        return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}

    assert powerless(in_child(child_of_the_dropped, {"SUDO_UID": "", "SUDO_GID": ""}))


@pytest.mark.parametrize(
    ("uid", "gid", "user"),
    [("1000", "1001", (1000, 1001)), ("0", "0", None), ("", "", None), ("4294967294", "0", (4294967294, 0))],
)
def test_who_ran_sudo(monkeypatch: pytest.MonkeyPatch, uid: str, gid: str, user: tuple[int, int] | None) -> None:
    monkeypatch.setenv("SUDO_UID", uid)
    monkeypatch.setenv("SUDO_GID", gid)
    assert sudo_user() == user


@pytest.mark.parametrize(
    ("uid", "gid", "what"),
    [
        ("x", "1", "SUDO_UID is not a user's number"),
        ("", "1", "SUDO_UID is not a user's number"),
        ("-1", "1", "SUDO_UID is not a user's number"),
        ("4294967295", "1", "SUDO_UID is not a user's number"),
        ("4294967296", "0", "SUDO_UID is not a user's number"),
        ("9" * 5000, "0", "SUDO_UID is not a user's number"),
        ("\uff11", "0", "SUDO_UID is not a user's number"),
        ("1000", "", "SUDO_GID is not a group's number"),
        ("1000", "-1", "SUDO_GID is not a group's number"),
    ],
)
def test_somebody_who_cannot_be_is_refused_and_not_taken_for_root(
    monkeypatch: pytest.MonkeyPatch, uid: str, gid: str, what: str
) -> None:
    monkeypatch.setenv("SUDO_UID", uid)
    monkeypatch.setenv("SUDO_GID", gid)
    for act in (sudo_user, drop_privileges, become_caller, lambda: Spawner(("true",))):
        with pytest.raises(UsageError) as refused:
            act()
        assert refused.value.diagnostic.what == what
        assert len(refused.value.diagnostic.text()) < 400
    assert os.geteuid() == 0


def test_another_user_than_root_keeps_what_he_has() -> None:
    def as_nobody() -> Report:
        os.setresuid(NOBODY, NOBODY, NOBODY)
        drop_privileges()
        return status()

    report = in_child(as_nobody, {"SUDO_UID": "1000", "SUDO_GID": "1000"})
    assert report["Uid"].split()[0] == str(NOBODY)
