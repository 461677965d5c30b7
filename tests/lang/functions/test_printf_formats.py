"""A format is taken apart once, by the compiler, and is sent to who prints it as parts."""

import msgspec
import pytest

from tests.lang.fake_kernel import FakeKernel
from tracetop.lang import compile_script
from tracetop.lang.functions.printf_formats import parse_format
from tracetop.model.program import Conversion, Format, Program


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", ()),
        ("a%%b%%%%", ("a%b%%",)),
        ("%d", (Conversion("d", bits=32),)),
        ("%%%d%%", ("%", Conversion("d", bits=32), "%")),
        ("%-08.3llx|%hhu%hd", (Conversion("x", "-0", "8.3"), "|", Conversion("u", bits=8), Conversion("d", bits=16))),
        ("%rx%rh%r\n", (Conversion("rx"), Conversion("rh"), Conversion("r"), "\n")),
        ("%.2s%5s", (Conversion("s", "", ".2"), Conversion("s", "", "5"))),
    ],
)
def test_a_format_is_text_and_conversions(text: str, parts: tuple[str | Conversion, ...]) -> None:
    assert parse_format(text) == parts


def test_a_program_carries_the_parts_and_they_survive_being_sent() -> None:
    program = compile_script('BEGIN { printf("%5d%% of %s\\n", pid, comm); time("%H:%M\\n"); }', "t", FakeKernel())
    said, clock = program.actions
    assert isinstance(said, Format)
    assert isinstance(clock, Format)
    assert said.parts == (Conversion("d", "", "5", bits=32), "% of ", Conversion("s"), "\n")
    assert len(said.arguments) == 2
    assert clock.text == "%H:%M\n"
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(program), type=Program) == program
