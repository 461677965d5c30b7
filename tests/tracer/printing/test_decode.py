"""Bytes become data by their layout, and data become bpftrace's text and JSON."""

import struct

import pytest

from tests.tracer.printing.printing import decoder, parts
from tracetop.model.value import INTEGER, Shape, ValuePart, ValueType
from tracetop.tracer.printing.decode import json_text
from tracetop.tracer.printing.json_lines import JsonLines
from tracetop.tracer.printing.text import key_text, text
from tracetop.tracer.printing.values import Named, Stack

U32 = ValueType(size=4, signed=False)
S32 = ValueType(size=4)
TEXT = ValueType(shape=Shape.STRING, size=8, signed=False)
POINTER = ValueType(shape=Shape.POINTER, size=8, signed=False)
KSTACK = ValueType(shape=Shape.KSTACK, size=4, map="stacks", text="bpftrace", depth=2)
USTACK = ValueType(shape=Shape.USTACK, size=8, map="stacks", text="bpftrace", depth=2)


def of(shape: Shape, size: int, **rest: object) -> ValueType:
    return ValueType(shape=shape, size=size, signed=False, **rest)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("type_", "data", "shown"),
    [
        (INTEGER, struct.pack("=q", -3), "-3"),
        (ValueType(size=1), b"\xc8", "-56"),
        (ValueType(size=1, signed=False), b"\xc8", "200"),
        (TEXT, b"ab\0cdefg", "ab"),
        (TEXT, b"abcdefgh", "abcdefgh"),
        (of(Shape.BOOL, 1), b"\1", "true"),
        (of(Shape.ENUM, 4, names={2: "TWO"}), struct.pack("=I", 2), "TWO"),
        (POINTER, struct.pack("=Q", 0xFFFF), "0xffff"),
        (of(Shape.BUFFER, 12), struct.pack("=I", 3) + b"a\x01\xffzzzzz", "a\\x01\\xff"),
        (of(Shape.KSYM, 8), struct.pack("=Q", 0x10), "kernel_10"),
        (of(Shape.USYM, 16), struct.pack("=QII", 0x10, 7, 0), "user_7_10"),
        (of(Shape.INET, 20), struct.pack("=I", 2) + bytes([127, 0, 0, 1]) + bytes(12), "127.0.0.1"),
        (of(Shape.INET, 20), struct.pack("=I", 10) + bytes(15) + b"\1", "::1"),
        (of(Shape.MAC, 6), bytes([5, 4, 3, 2, 1, 0xAB]), "05:04:03:02:01:AB"),
        (of(Shape.USERNAME, 4), struct.pack("=I", 0), "root"),
        (of(Shape.STRFTIME, 8, text="%H"), struct.pack("=Q", 9), "%H@9"),
        (of(Shape.CGROUP_PATH, 8), struct.pack("=Q", 9), "unified:/9"),
        (of(Shape.ERROR, 8), struct.pack("=Q", 2), "No such file or directory"),
        (of(Shape.ARRAY, 12, element=S32, count=3), struct.pack("=3i", 1, -2, 3), "[1,-2,3]"),
        (of(Shape.TUPLE, 16, parts=parts(INTEGER, TEXT)), struct.pack("=q8s", 1, b"foo"), "(1, foo)"),
        (KSTACK, struct.pack("=i", 7), "\n        kernel_10+1\n        kernel_20+1\n"),
        (USTACK, struct.pack("=iI", 7, 5), "\n        user_5_10+1\n        user_5_20+1\n"),
        (KSTACK, struct.pack("=i", -14), ""),
    ],
)
def test_text_of_a_value(type_: ValueType, data: bytes, shown: str) -> None:
    assert text(decoder().reader(type_)(b"....." + data, 5)) == shown


def test_perf_stacks_bring_their_own_indentation() -> None:
    stack = decoder().reader(ValueType(shape=Shape.KSTACK, size=4, map="stacks", text="perf"))(struct.pack("=i", 7), 0)
    assert text(stack) == "\n\t10 k+0\n\t20 k+0\n\t30 k+0\n"


def test_a_struct_with_a_bit_field_and_a_struct_in_it() -> None:
    inner = of(Shape.STRUCT, 4, parts=(ValuePart(name="z", offset=0, type=S32),))
    outer = of(
        Shape.STRUCT,
        16,
        parts=(
            ValuePart(name="a", offset=0, type=S32),
            ValuePart(name="flag", offset=4, type=U32, bit_offset=3, bits=2),
            ValuePart(name="low", offset=4, type=S32, bit_offset=5, bits=2),
            ValuePart(name="n", offset=8, type=inner),
        ),
    )
    data = struct.pack("=iIi4x", -1, 0b1111000, 5)
    assert text(decoder().reader(outer)(data, 0)) == "{ .a = -1, .flag = 3, .low = -1, .n = { .z = 5 } }"


def test_a_key_of_one_tuple_stands_without_its_parentheses() -> None:
    assert key_text([(1, "foo")]) == "1, foo"
    assert key_text([(1, 2), "foo"]) == "(1, 2), foo"


def test_a_stack_in_a_key_is_indented_as_anywhere() -> None:
    assert key_text([Stack(("f+1",)), "sh"]) == "\n        f+1\n, sh"


def test_json_has_numbers_where_text_has_names() -> None:
    lines = JsonLines()
    assert lines.value(Named(333, "FOO")) == '{"type": "value", "data": 333}\n'
    assert lines.value(True) == '{"type": "value", "data": true}\n'
    assert lines.value((1, "a", (2, 3))) == '{"type": "value", "data": [1,"a",[2,3]]}\n'
    assert lines.value({"m": 2, "n": {"x": "y"}}) == '{"type": "value", "data": {"m": 2, "n": {"x": "y"}}}\n'


OWN = ValueType(shape=Shape.STRING, size=TEXT.size, signed=False, own=True)


def test_json_is_harmless_to_a_terminal_and_always_unicode() -> None:
    read = decoder(own=json_text)
    line = JsonLines().value(read.reader(OWN)(b"\x1b\xff\xc2\x9b\n", 0))
    assert line == '{"type": "value", "data": "\\u001b\\\\xff\\u009b\\n"}\n'
    line = JsonLines().value(read.reader(TEXT)(b"\x1b\xff\xc2\x9b\n", 0))
    assert line == '{"type": "value", "data": "\\\\x1b\\\\xff\\\\x9b\\\\n"}\n'


def test_data_begin_no_line_and_send_no_terminal_a_sequence() -> None:
    assert decoder().reader(TEXT)(b"yes\n\0\0\0\0", 0) == "yes\\n"
    assert decoder().reader(TEXT)(b"a\x1b[\n\tb\xff", 0) == "a\\x1b[\\n\tb\\xff"


def test_the_script_s_own_words_are_printed_as_they_are() -> None:
    assert decoder().reader(OWN)(b"a\x1b[\n\tb\0", 0) == "a\x1b[\n\tb"
