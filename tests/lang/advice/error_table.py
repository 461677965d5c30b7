"""The document of wrong programs, as the compiler answers them on the kernel that is written down for the tests.

Those that do not parse, or have words of other languages, are the examples of the tables of advice, so that there is
no advice without an example.

python -m tests.lang.advice.error_table           prints docs/errors.md
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from tests.lang.fake_kernel import FakeKernel
from tracetop.errors import ScriptError
from tracetop.lang import compile_script
from tracetop.lang.advice.foreign_words import foreign_words
from tracetop.lang.advice.syntax_errors import table
from tracetop.model.kernel import UserSymbol

_HEAD = """\
# Errors

What `tracetop run` says of programs as people write them who do not know the language yet: each time what is wrong,
where it stands, and what to write. Below each message is a program that does what was meant. The messages are those of
this version, on Linux 6.18 for x86_64; `python -m tests.lang.advice.error_table` makes this document, and a test
compares it.
"""

PROG = "/opt/prog"
WORDS = foreign_words()


@dataclass(frozen=True)
class WrongProgram:
    """A program that does not compile, and what was meant."""

    title: str
    wrong: str
    right: str


def wrong_programs() -> list[WrongProgram]:
    """Return the programs of the document, in its order: those that do not parse first, foreign words last."""
    data = tomllib.loads(Path(__file__).with_name("wrong_programs.toml").read_text())
    examples = [WrongProgram(advice.title, advice.wrong, advice.right) for advice, _ in table()]
    foreign = [WrongProgram(f"{', '.join(each.words)} as a {each.place}", each.wrong, each.right) for each in WORDS]
    return [*examples, *(WrongProgram(**program) for program in data["program"]), *foreign]


def kernel() -> FakeKernel:
    """Return the kernel of the examples, which has one program beside."""
    return FakeKernel(paths={"prog": PROG}, symbols={PROG: {"main": UserSymbol("main", 0x100, 64)}})


def message(program: WrongProgram) -> str:
    """Return what is printed of a wrong program. AssertionError where it compiles."""
    try:
        compile_script(program.wrong, "script", kernel())
    except ScriptError as error:
        return error.diagnostic.text()
    raise AssertionError(f"it compiles: {program.wrong}")


def document() -> str:
    """Return docs/errors.md."""
    return "\n".join([_HEAD, *(_entry(number, each) for number, each in enumerate(wrong_programs(), 1))])


def _entry(number: int, program: WrongProgram) -> str:
    return f"## {number}. {program.title}\n\n```\n{message(program)}\n```\n\nWrite `{program.right}`\n"


if __name__ == "__main__":
    print(document(), end="")
