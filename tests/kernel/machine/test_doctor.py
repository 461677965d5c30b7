"""`tracetop doctor` on this machine: what it says is so, and its exit code is that of the first cause."""

import io
import json
import subprocess
import sys
from typing import Any

import msgspec
import pytest

from tracetop.bpf import RunningKernel
from tracetop.errors import ExitCode
from tracetop.headless.inspect import print_findings
from tracetop.library import DEFAULT, Library
from tracetop.model.kinds import ProbeKind
from tracetop.model.wire.inquiries import Finding
from tracetop.view.numbers import ABSENT

pytestmark = pytest.mark.kernel
Findings = dict[str, dict[str, Any]]


def doctor(*words: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "tracetop", "doctor", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    done = doctor("--json")
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["code"] == done.returncode
    return found


@pytest.fixture(scope="module")
def findings(report: dict[str, Any]) -> Findings:
    return {each["id"]: each for each in report["findings"]}


def test_this_machine_can_run_every_pane_of_the_dashboard(report: dict[str, Any], findings: Findings) -> None:
    """It could not run the other kernel tests else."""
    assert report["ok"]
    library = Library()
    scripts = [script.name for pane in DEFAULT for script in library.scripts(pane)]
    assert all(findings[f"pane:{name}"]["verdict"] == "good" for name in scripts)


def test_every_script_that_is_shipped_is_tried(findings: Findings) -> None:
    library = Library()
    names = {script.name for pane in library.panes() for script in library.scripts(pane) if script.text}
    tried = {id_.partition(":")[2] for id_ in findings if id_.startswith(("pane:", "script:"))}
    assert tried == names


def test_kinds_of_probes_are_offered_where_the_kernel_takes_them(findings: Findings) -> None:
    kernel = RunningKernel()
    kinds = {"kprobe": ProbeKind.KPROBE, "fentry": ProbeKind.FENTRY, "uprobe": ProbeKind.UPROBE}
    for name, kind in kinds.items():
        reason = kernel.refuses(kind)
        assert (findings[name]["verdict"] == "good") == (not reason)
        assert findings[name]["why"] == reason


def test_what_is_not_good_has_a_cause_and_a_hint(findings: Findings) -> None:
    lacking = [each for each in findings.values() if each["verdict"] != "good"]
    assert all(each["why"] and each["hint"] for each in lacking)


def test_without_capabilities_it_says_so_and_what_else_it_can() -> None:
    """As root of a container that was given none."""
    command = [
        "setpriv",
        "--bounding-set=-all",
        "--inh-caps=-all",
        sys.executable,
        "-m",
        "tracetop",
        "doctor",
        "--json",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == ExitCode.PRIVILEGE, done.stderr
    found = {each["id"]: each for each in json.loads(done.stdout)["findings"]}
    assert found["kernel"]["verdict"] == "good"
    assert found["capabilities"]["verdict"] == "bad"
    assert found["capabilities"]["hint"]
    assert not any(id_.startswith("pane:") for id_ in found)


@pytest.mark.parametrize(("variable", "marks"), [("NO_COLOR", {"ok", "--"}), ("COLORTERM", {"✓", ABSENT})])
def test_marks_are_ascii_where_colour_is_not_wanted(
    findings: Findings, monkeypatch: pytest.MonkeyPatch, variable: str, marks: set[str]
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv(variable, "1")
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    print_findings(msgspec.convert(list(findings.values()), list[Finding]), out, as_json=False)
    out.seek(0)
    text = out.read()
    first = {line.split()[0] for line in text.splitlines() if line and not line.startswith((" ", "all"))}
    assert first <= marks
    assert "\x1b" not in text
