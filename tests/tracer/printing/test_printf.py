"""printf prints what C prints; `%s` prints any value."""

import struct

import pytest

from tests.tracer.printing.printing import decoder, parts
from tracetop.lang import parse_format
from tracetop.model.value import Shape, ValueType
from tracetop.tracer.printing.printf import compile_format

S8, S32, S64 = (ValueType(size=size) for size in (1, 4, 8))
U8, U32, U64 = (ValueType(size=size, signed=False) for size in (1, 4, 8))
TEXT = ValueType(shape=Shape.STRING, size=16, signed=False)
POINTER = ValueType(shape=Shape.POINTER, size=8, signed=False)
STATE = ValueType(shape=Shape.ENUM, size=4, signed=False, names={1: "ESTABLISHED"})
FLAG = ValueType(shape=Shape.BOOL, size=1, signed=False)


def printed(format_: str, type_: ValueType, data: bytes) -> str:
    """Return what a format of one conversion makes of one value."""
    return compile_format(parse_format(format_), parts(type_), decoder())(data.ljust(type_.size, b"\0"))


def number(format_: str, value: int) -> str:
    return printed(format_, S64, struct.pack("=q", value))


@pytest.mark.parametrize(
    ("format_", "value", "text"),
    [
        ("%d", -5, "-5"),
        ("%i", 5, "5"),
        ("%5d|", 5, "    5|"),
        ("%-5d|", 5, "5    |"),
        ("%05d", 5, "00005"),
        ("%05d", -5, "-0005"),
        ("%+d", 5, "+5"),
        ("% d", 5, " 5"),
        ("%.3d", 5, "005"),
        ("%ld", -5, "-5"),
        ("%lld", -5, "-5"),
        ("%hhd", 300, "44"),
        ("%hhd", 200, "-56"),
        ("%hd", 70000, "4464"),
        ("%u", -1, "4294967295"),
        ("%lu", -1, "18446744073709551615"),
        ("%d", 1 << 32 | 5, "5"),
        ("%ld", 1 << 32 | 5, "4294967301"),
        ("%+u", 1, "1"),
        ("%hhu", -1, "255"),
        ("%x", 255, "ff"),
        ("%X", 255, "FF"),
        ("%#x", 255, "0xff"),
        ("%#x", 0, "0"),
        ("%#10x|", 255, "      0xff|"),
        ("%x", -1, "ffffffff"),
        ("%lx", -1, "ffffffffffffffff"),
        ("%hx", 0x12345678ABCDEF, "cdef"),
        ("%o", 8, "10"),
        ("%#o", 8, "010"),
        ("%b", 5, "101"),
        ("%p", 4096, "0x1000"),
        ("%c", 65, "A"),
        ("%3c|", 65, "  A|"),
        ("%s", -5, "-5"),
        ("%%%d%%", 5, "%5%"),
        ("100%% %d", 5, "100% 5"),
    ],
)
def test_a_64_bit_number(format_: str, value: int, text: str) -> None:
    assert number(format_, value) == text


@pytest.mark.parametrize(
    ("type_", "value", "format_", "text"),
    [
        (U32, 0xFFFFFFFF, "%d", "-1"),
        (U32, 0xFFFFFFFF, "%ld", "4294967295"),
        (S32, -1, "%d", "-1"),
        (S32, -1, "%u", "4294967295"),
        (S32, -1, "%lu", "18446744073709551615"),
        (U8, 200, "%d", "200"),
        (S8, -56, "%x", "ffffffc8"),
        (S8, -56, "%lx", "ffffffffffffffc8"),
        (U64, (1 << 64) - 1, "%d", "-1"),
        (U64, (1 << 64) - 1, "%u", "4294967295"),
        (U64, (1 << 64) - 1, "%lu", "18446744073709551615"),
    ],
)
def test_a_number_is_printed_as_wide_as_it_is(type_: ValueType, value: int, format_: str, text: str) -> None:
    data = (value % (1 << 64)).to_bytes(8, "little")[: type_.size]
    assert printed(format_, type_, data) == text


@pytest.mark.parametrize(
    ("format_", "text"),
    [("%s", "abc"), ("%5s|", "  abc|"), ("%-5s|", "abc  |"), ("%.2s", "ab"), ("%5.1s|", "    a|"), ("%r", "abc")],
)
def test_a_string(format_: str, text: str) -> None:
    assert printed(format_, TEXT, b"abc\0garbage") == text


@pytest.mark.parametrize(
    ("format_", "text"), [("%r", 'a\\x00\\xff"\\'), ("%rx", "\\x61\\x00\\xff\\x22\\x5c"), ("%rh", "61 00 ff 22 5c")]
)
def test_a_buffer(format_: str, text: str) -> None:
    buffer = ValueType(shape=Shape.BUFFER, size=16, signed=False)
    assert printed(format_, buffer, struct.pack("=I", 5) + b'a\0\xff"\\') == text


def test_an_enumerator_has_a_name_and_a_number() -> None:
    assert printed("%s", STATE, struct.pack("=I", 1)) == "ESTABLISHED"
    assert printed("%d", STATE, struct.pack("=I", 1)) == "1"
    assert printed("%s", STATE, struct.pack("=I", 9)) == "9"


def test_a_truth_value_is_a_word_or_a_number() -> None:
    assert printed("%s", FLAG, b"\1") == "true"
    assert printed("%d", FLAG, b"\1") == "1"


def test_a_pointer_is_hexadecimal_as_text() -> None:
    assert printed("%s", POINTER, struct.pack("=Q", 0xFFFF888100000000)) == "0xffff888100000000"
    assert printed("%lx", POINTER, struct.pack("=Q", 0xFFFF888100000000)) == "ffff888100000000"


def test_a_byte_that_is_no_text_is_spelt_out() -> None:
    assert number("%c", 0xE9) == "\\xe9"
    assert printed("%s", TEXT, b"\xe9\xff") == "\\xe9\\xff"


def test_a_character_is_no_more_trusted_than_a_string() -> None:
    """A script that prints a path byte by byte sends no terminal an escape sequence."""
    show = compile_format(parse_format("%c%c[31m"), parts(U8, U8), decoder())
    assert show(b"\x1b\x9b") == "\\x1b\\x9b[31m"


def test_arguments_are_taken_from_their_places() -> None:
    laid = parts(U8, S64, TEXT, U32)
    payload = struct.pack("=B7xq16sI", 7, -8, b"nine", 10)
    assert compile_format(parse_format("%d %d %s %u %% end\n"), laid, decoder())(payload) == "7 -8 nine 10 % end\n"


def test_a_format_without_conversions_is_text() -> None:
    assert compile_format(parse_format("100%%\n"), (), decoder())(b"") == "100%\n"


@pytest.mark.parametrize(
    ("format_", "value", "is_cut"),
    [
        ("%d", 1 << 32, True),
        ("%x", -1, False),
        ("%u", (1 << 32) - 1, False),
        ("%ld", 1 << 32, False),
        ("%d", -1 << 32, True),
    ],
)
def test_a_number_that_loses_bits_is_noted(format_: str, value: int, is_cut: bool) -> None:
    how = decoder()
    compile_format(parse_format(format_), parts(S64), how)(struct.pack("=q", value))
    assert {conversion.letter for conversion in how.cut} == ({format_[-1]} if is_cut else set())
