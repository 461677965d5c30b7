"""One entry of a map is found by the key that the event sent, however wide the map's own keys are."""

import pytest

from tracetop.model.value import Shape, ValuePart, ValueType
from tracetop.tracer.printing.printer import _as_wide

TEXT = ValueType(shape=Shape.STRING, size=8, signed=False)
SHORT, UNSIGNED = ValueType(size=1), ValueType(size=1, signed=False)


@pytest.mark.parametrize(
    ("type_", "sent", "size", "key"),
    [
        (TEXT, b"ab\0rubbish", 16, b"ab".ljust(16, b"\0")),
        (TEXT, b"abcdefg\0next", 8, b"abcdefg\0"),
        (SHORT, b"\xfdrubbish", 8, b"\xfd" + b"\xff" * 7),
        (UNSIGNED, b"\xfdrubbish", 8, b"\xfd" + bytes(7)),
        (ValueType(), (5).to_bytes(8, "little"), 1, b"\x05"),
    ],
)
def test_a_part_of_a_key_is_made_as_wide_as_the_map_has_it(
    type_: ValueType, sent: bytes, size: int, key: bytes
) -> None:
    assert _as_wide(ValuePart(offset=1, type=type_), size, b"\0" + sent) == key
