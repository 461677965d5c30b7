"""Every bundled script compiles to the C that was reviewed.

TRACETOP_UPDATE_GOLDEN=1 writes the files anew: read their difference before committing it.
"""

import os
from pathlib import Path

import pytest

from tests.lang.fake_kernel import FakeKernel
from tracetop.lang import compile_script

PROBES = Path(__file__).parents[2] / "tracetop" / "probes"
GOLDEN = Path(__file__).with_name("golden")
SCRIPTS = sorted(path.stem for path in PROBES.glob("*.bt"))


def test_all_six_scripts_are_there() -> None:
    assert SCRIPTS == ["blockio", "latency", "processes", "runqueue", "stacks", "syscalls"]


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_bundled_script_compiles_to_its_golden_c(name: str, kernel: FakeKernel) -> None:
    program = compile_script((PROBES / f"{name}.bt").read_text(), name, kernel)
    file = GOLDEN / f"{name}.c"
    if os.environ.get("TRACETOP_UPDATE_GOLDEN"):
        file.write_text(program.c_text)
    assert program.c_text == file.read_text()


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_bundled_script_says_what_it_is(name: str, kernel: FakeKernel) -> None:
    header = compile_script((PROBES / f"{name}.bt").read_text(), name, kernel).header
    assert header["title"]
    assert header["about"].endswith(".")
    assert header["pane"] in ("syscalls", "latency", "processes", "stacks")
