"""What ``tracetop doctor`` prints of findings, and the code that it ends with."""

import io
import json
from collections.abc import Iterator

import pytest

from tracetop.cli.commands import doctor
from tracetop.errors import ExitCode, PrivilegeError
from tracetop.headless.inspect import print_findings
from tracetop.model.wire.inquiries import Answer, Examine, Finding, Verdict
from tracetop.model.wire.messages import Fatal
from tracetop.source import inquirer

GOOD = Finding(id="kernel", title="kernel", verdict=Verdict.GOOD, detail="Linux 6.1")
BAD = Finding(
    id="btf", title="types", verdict=Verdict.BAD, detail="none", why="no \x1b", hint="boot", code=ExitCode.KERNEL
)
LATER = Finding(id="bcc", title="BCC", verdict=Verdict.BAD, why="b", hint="c", code=ExitCode.INSTALL)
NONE = Finding(id="kprobe", title="kprobes", verdict=Verdict.NONE, detail="not offered", why="w", hint="m")


def printed(*findings: Answer, as_json: bool = False) -> tuple[str, int]:
    out = io.StringIO()
    code = print_findings(findings, out, as_json=as_json)
    return out.getvalue(), code


def test_the_code_is_that_of_the_first_cause() -> None:
    assert printed(GOOD, BAD, LATER)[1] == ExitCode.KERNEL
    assert printed(GOOD, NONE)[1] == ExitCode.OK


def test_causes_and_hints_stand_below_what_is_not_good_escaped() -> None:
    text, _ = printed(GOOD, BAD, NONE)
    lines = text.splitlines()
    assert lines[0].split() == ["ok", "kernel", "Linux", "6.1"]
    assert lines[1].split() == ["NO", "types", "none"]
    assert lines[2:4] == ["    why: no \\x1b", "    hint: boot"]
    assert lines[4].startswith("-- kprobes")
    assert "1 of 3 checks failed; begin with the first: types" in text


def test_json_is_one_object_with_every_finding() -> None:
    text, code = printed(GOOD, BAD, as_json=True)
    found = json.loads(text)
    assert (found["ok"], found["code"]) == (False, code)
    assert [each["id"] for each in found["findings"]] == ["kernel", "btf"]


def test_what_failed_altogether_is_an_error() -> None:
    error = PrivilegeError("what", why="why", hint="hint")
    assert printed(Fatal(error.diagnostic))[1] == ExitCode.PRIVILEGE


def test_without_sudo_it_looks_with_the_rights_there_are(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def ask(question: Examine, *, privileged: bool = True) -> Iterator[Answer]:
        if privileged:
            raise PrivilegeError("no", why="there is no sudo", hint="install it")
        yield GOOD

    monkeypatch.setattr(inquirer, "ask", ask)
    assert doctor.run([]) == ExitCode.OK
    said = capsys.readouterr()
    assert "without root: there is no sudo" in said.err
    assert "kernel" in said.out
