"""Every script of the default dashboard compiles to the C that was reviewed.

TRACETOP_UPDATE_GOLDEN=1 writes the files anew: read their difference before committing it.
"""

import os
from pathlib import Path

import pytest

from tests.lang.fake_kernel import FakeKernel
from tracetop.lang import compile_script
from tracetop.library import DEFAULT
from tracetop.model.header import read_header

PROBES = Path(__file__).parents[2] / "tracetop" / "library"
GOLDEN = Path(__file__).with_name("golden")
BUNDLED = sorted(path.stem for path in PROBES.glob("*.bt"))
SCRIPTS = ["blockio", "latency", "processes", "runqueue", "stacks", "syscalls"]
"""Those of the default dashboard; the others are compiled on the running kernel (tests/kernel/test_library.py)."""


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_bundled_script_compiles_to_its_golden_c(name: str, kernel: FakeKernel) -> None:
    program = compile_script((PROBES / f"{name}.bt").read_text(), name, kernel)
    file = GOLDEN / f"{name}.c"
    if os.environ.get("TRACETOP_UPDATE_GOLDEN"):
        file.write_text(program.c_text)
    assert program.c_text == file.read_text()


@pytest.mark.parametrize("name", BUNDLED)
def test_a_bundled_script_says_what_it_is(name: str) -> None:
    header = read_header((PROBES / f"{name}.bt").read_text())
    assert header["title"]
    assert header["about"].endswith(".")
    assert (header.get("pane", name) in DEFAULT) == (name in SCRIPTS)
