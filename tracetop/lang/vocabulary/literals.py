"""Literals: the value of an integer, with its suffix or unit of time, and the bytes of a string.

Owns: how literals are spelt, wherever they stand: in expressions, in probes, on the command line.
"""

import re

_RADIX = {"0x": 16, "0b": 2}
_NS = {
    "ns": 1,
    "us": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60 * 1_000_000_000,
    "h": 3_600 * 1_000_000_000,
    "d": 86_400 * 1_000_000_000,
}
_DECIMAL = re.compile(r"(?P<digits>[0-9]+)(e(?P<zeros>[0-9]{1,2}))?(?P<unit>ns|us|ms|[smhd])?")
_MAX = (1 << 64) - 1
_MAX_CHARS = 80
"""More than 64 bits take in any radix; Python refuses to read very long numbers, with an error of its own."""

_ESCAPE = re.compile(rb"\\(x[0-9a-fA-F]{1,2}|[0-7]{1,3}|.)", re.DOTALL)
_ESCAPES = {
    b"n": b"\n",
    b"t": b"\t",
    b"r": b"\r",
    b"a": b"\a",
    b"b": b"\b",
    b"e": b"\x1b",
    b"f": b"\f",
    b"v": b"\v",
    b"\\": b"\\",
    b'"': b'"',
    b"'": b"'",
    b"?": b"?",
}


def integer(text: str) -> int | None:
    """Return the value of an integer literal, or None for what is none of 64 bits.

    ``255``, ``0xff``, ``0377`` and ``0b11111111`` are one number; ``1e6``, ``1_000_000`` and ``1ms`` another, since a
    unit of time makes nanoseconds. ``u`` and ``l`` behind it mean nothing.
    """
    digits = text.replace("_", "").lower()
    if len(digits) > _MAX_CHARS or not digits.isascii():
        return None
    if digits[:2] in _RADIX:
        value = _whole(digits[2:].rstrip("ul"), _RADIX[digits[:2]])
    else:
        value = _decimal(digits.rstrip("ul"))
    return value if value is not None and value <= _MAX else None


def _decimal(digits: str) -> int | None:
    match = _DECIMAL.fullmatch(digits)
    if match is None:
        return None
    octal = digits.startswith("0") and not match["zeros"] and not match["unit"]
    value = _whole(match["digits"], 8 if octal else 10)
    return None if value is None else value * 10 ** int(match["zeros"] or 0) * _NS[match["unit"] or "ns"]


def _whole(digits: str, radix: int) -> int | None:
    try:
        return int(digits, radix)
    except ValueError:  # no digits, or those of a higher radix: 08
        return None


def unescape(literal: str) -> bytes:
    """Return the bytes of a string literal, given with its quotes. ValueError names an unknown escape."""
    return _ESCAPE.sub(_unescape, literal[1:-1].encode(errors="surrogateescape"))


def _unescape(match: re.Match[bytes]) -> bytes:
    body = match[1]
    if body[:1] == b"x" and len(body) > 1:
        return bytes([int(body[1:], 16)])
    if body[0] in b"01234567":
        return bytes([int(body, 8) & 0xFF])
    if body not in _ESCAPES:
        raise ValueError(match[0].decode(errors="replace"))
    return _ESCAPES[body]


def number(text: str, most: int) -> int | None:
    """Return the decimal number that `text` is, or None where it is none from 0 to `most`.

    Python refuses to read very long numbers, with an error that is no script's business.
    """
    digits = text.lstrip("0") or text[:1]
    if not (digits.isascii() and digits.isdecimal()) or len(digits) > len(str(most)):
        return None
    value = int(digits)
    return value if value <= most else None
