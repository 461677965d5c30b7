"""docs/errors.md says what the compiler says."""

import re
from pathlib import Path

import pytest

from tests.lang.advice.error_table import WrongProgram, document, kernel, message, wrong_programs
from tracetop.errors import ScriptError
from tracetop.lang import compile_script
from tracetop.lang.advice.foreign_words import ForeignWords, foreign_words
from tracetop.lang.advice.syntax_errors import Advice, table

PROGRAMS = wrong_programs()
LEAST = 30


def test_the_document_is_what_the_compiler_says() -> None:
    written = (Path(__file__).resolve().parents[3] / "docs" / "errors.md").read_text()
    assert len(PROGRAMS) >= LEAST
    assert written == document(), "write docs/errors.md with `python -m tests.lang.advice.error_table`"


@pytest.mark.parametrize("program", PROGRAMS, ids=[program.title for program in PROGRAMS])
def test_a_message_has_place_and_hint_and_what_was_meant_compiles(program: WrongProgram) -> None:
    said = message(program)
    place, line = said.splitlines()[:2]
    assert place.startswith("script.bt:1:")
    assert line == program.wrong.splitlines()[0]
    assert "\nhint: " in said
    assert compile_script(program.right, "script", kernel()).probes


class _Anything(dict[str, str]):
    """Stands for whatever a template is filled with."""

    def __missing__(self, _name: str) -> "_Filled":
        return _Filled()


class _Filled(str):
    def __format__(self, _form: str) -> str:
        return "\0"


def fits(template: str, text: str) -> bool:
    return bool(re.fullmatch(re.escape(template.format_map(_Anything())).replace("\0", ".*"), text))


@pytest.mark.parametrize("advice", [advice for advice, _ in table()], ids=lambda advice: advice.title)
def test_an_example_is_answered_by_its_own_advice(advice: Advice) -> None:
    with pytest.raises(ScriptError) as caught:
        compile_script(advice.wrong, "script", kernel())
    said = caught.value.diagnostic
    assert fits(advice.what, said.what), said.what
    assert fits(advice.hint, said.hint), said.hint
    assert said.why == advice.why


@pytest.mark.parametrize("entry", foreign_words(), ids=lambda entry: f"{entry.place}: {entry.words[0]}")
def test_a_foreign_word_is_answered_by_its_own_hint(entry: ForeignWords) -> None:
    with pytest.raises(ScriptError) as caught:
        compile_script(entry.wrong, "script", kernel())
    assert caught.value.diagnostic.hint == entry.hint
