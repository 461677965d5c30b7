"""docs/errors.md says what the compiler says."""

from pathlib import Path

import pytest

from tests.lang.advice.error_table import WrongProgram, document, message, wrong_programs
from tests.lang.fake_kernel import FakeKernel
from tracetop.lang import compile_script

PROGRAMS = wrong_programs()
LEAST = 30


def test_the_document_is_what_the_compiler_says() -> None:
    written = (Path(__file__).resolve().parents[3] / "docs" / "errors.md").read_text()
    assert len(PROGRAMS) >= LEAST
    assert written == document(), "write docs/errors.md with `python -m tests.lang.advice.error_table`"


@pytest.mark.parametrize("program", PROGRAMS, ids=[program.title for program in PROGRAMS])
def test_a_message_has_place_and_mend_and_what_was_meant_compiles(program: WrongProgram) -> None:
    said = message(program)
    assert said.startswith("script.bt:1:")
    assert program.wrong in said
    assert "\nhint: " in said
    assert compile_script(program.right, "script", FakeKernel()).probes
