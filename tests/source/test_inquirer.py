"""One question and its answers: what comes back, and what is said where nothing does."""

import sys
from pathlib import Path

import pytest

from tracetop.errors import PrivilegeError, TracerError
from tracetop.model.wire.inquiries import Entry, Listing, ListProbes, Remark
from tracetop.source import inquirer, spawner
from tracetop.source.inquirer import ask

QUESTION = ListProbes(("*exec*",), verbose=True)
ANSWERS = [Listing((Entry("BEGIN"), Entry("tracepoint:a:b", ("int fd",)))), Remark("\x1b left out")]
ECHO = """
import os
from tracetop.model.wire.inquiries import Entry, Listing, Remark, decode_question
from tracetop.model.wire.messages import Splitter, encode
(question,) = map(decode_question, Splitter().feed(os.read(0, 4096)))
assert (question.patterns[0], question.verbose) == ("*exec*", True)
for answer in (Listing((Entry("BEGIN"), Entry("tracepoint:a:b", ("int fd",)))), Remark("\\x1b left out")):
    os.write(1, encode(answer))
"""


@pytest.fixture(autouse=True)
def dropped(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Privileges are only said to be dropped: the tests go on as root."""
    happened: list[str] = []
    monkeypatch.setattr(inquirer, "drop_privileges", lambda: happened.append("dropped"))
    return happened


def python(program: str) -> tuple[str, ...]:
    return (sys.executable, "-c", program)


def test_answers_come_in_order_and_root_is_given_up(dropped: list[str]) -> None:
    assert list(ask(QUESTION, python(ECHO))) == ANSWERS
    assert dropped == ["dropped"]


@pytest.mark.parametrize("program", ["raise SystemExit(3)", "import os; os.write(1, b'\\0\\0\\0\\x03abc')"])
def test_a_process_that_fails_is_an_error(program: str) -> None:
    with pytest.raises(TracerError):
        list(ask(QUESTION, python(program)))


def test_sudo_that_refuses_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    sudo = tmp_path / "sudo"
    sudo.write_text("#!/bin/sh\nexit 1\n")
    sudo.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(spawner, "needs_sudo", lambda: True)
    with pytest.raises(PrivilegeError) as caught:
        list(ask(QUESTION, python(ECHO)))
    assert caught.value.diagnostic.why == "sudo did not allow it"


def test_through_sudo_the_same_answers_come(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A sudo that asks for nothing: everything behind ``--`` is run."""
    sudo = tmp_path / "sudo"
    sudo.write_text('#!/bin/sh\nwhile [ "$1" != -- ]; do shift; done; shift; exec "$@"\n')
    sudo.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(spawner, "needs_sudo", lambda: True)
    assert list(ask(QUESTION, python(ECHO))) == ANSWERS


def test_without_privilege_sudo_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spawner, "needs_sudo", lambda: pytest.fail("sudo was looked for"))
    assert list(ask(QUESTION, python(ECHO), privileged=False)) == ANSWERS
