"""The set-up: what is ready is not done again, what is gone is noticed, and `make help` knows every target."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout whose tools for installing only say that they were called, and a virtual environment that fits it."""
    for name in ("Makefile", "pyproject.toml", "scripts/setup.sh"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    for name in (".venv/bin/python", "bin/apt-get", "bin/sudo"):
        program = tmp_path / name
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(f'#!/bin/sh\necho {program.name} "$@" >>{tmp_path}/calls\n')
        program.chmod(0o755)
    (tmp_path / ".venv/bin/tracetop").touch()
    (tmp_path / ".venv/lib/python3.11/site-packages/textual").mkdir(parents=True)
    return tmp_path


def set_up(checkout: Path, stage: str) -> list[str]:
    """Run the set-up and return what it called to install or to check."""
    calls = checkout / "calls"
    calls.unlink(missing_ok=True)
    environment = {"PATH": f"{checkout}/bin:/usr/bin:/bin"}
    subprocess.run(["scripts/setup.sh", stage], cwd=checkout, env=environment, check=True, capture_output=True)
    return calls.read_text().splitlines() if calls.exists() else []


def test_what_is_ready_is_not_done_again(checkout: Path) -> None:
    assert any("pip install" in call for call in set_up(checkout, "run"))
    assert set_up(checkout, "run") == []


def test_no_package_of_the_distribution_is_installed_twice(checkout: Path) -> None:
    """This machine has all of them, or this test would not run."""
    assert not any(call.startswith(("apt-get", "sudo")) for call in set_up(checkout, "dev"))


def test_a_set_up_for_tests_is_enough_to_run(checkout: Path) -> None:
    set_up(checkout, "dev")
    assert set_up(checkout, "run") == []


def test_a_set_up_to_run_is_not_enough_for_tests(checkout: Path) -> None:
    set_up(checkout, "run")
    assert any("[dev]" in call for call in set_up(checkout, "dev"))


@pytest.mark.parametrize("gone", [".venv/lib/python3.11/site-packages/textual", ".venv/bin/tracetop"])
def test_what_vanished_is_installed_again(checkout: Path, gone: str) -> None:
    set_up(checkout, "run")
    (checkout / gone).rename(checkout / "elsewhere")
    assert any("pip install" in call for call in set_up(checkout, "run"))


def test_other_requirements_are_installed(checkout: Path) -> None:
    set_up(checkout, "run")
    with (checkout / "pyproject.toml").open("a") as file:
        file.write("# changed\n")
    assert any("pip install" in call for call in set_up(checkout, "run"))


def test_help_lists_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert targets
    listed = subprocess.run(["make", "-s", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert [line.split()[0] for line in listed.splitlines()] == targets[1].split()
