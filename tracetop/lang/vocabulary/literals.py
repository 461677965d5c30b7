"""Literals: the value of an integer, with its suffix or unit of time, and the bytes of a string.

Owns: the one grammar of numbers and times, as bpftrace has it, wherever they stand: in expressions, probes, ``config``,
directives, macros and parameters of the command line.
"""

import re

from tracetop.model.program import NS_IN, Unit

_SECOND_NS = NS_IN[Unit.S]
_UNITS_NS = {**NS_IN, "m": 60 * _SECOND_NS, "h": 3_600 * _SECOND_NS, "d": 86_400 * _SECOND_NS}
_NUMBER = re.compile(
    r"(?:0x(?P<hex>[0-9a-f]+)|0b(?P<binary>[01]+))[ul]*"
    r"|(?:0(?P<octal>[0-7]+)|(?P<decimal>0|[1-9][0-9]*)(?:e(?P<zeros>[0-9]{1,2}))?)(?:(?P<unit>ns|us|ms|[smhd])|[ul]*)"
)
_RADIX = {"hex": 16, "binary": 2, "octal": 8, "decimal": 10}
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
    """Return the value of an integer literal, or None where it is not one, or takes more than 64 bits.

    ``255``, ``0xff``, ``0377`` and ``0b11111111`` are one number; ``1e6``, ``1_000_000`` and ``1ms`` another, since a
    unit of time makes nanoseconds. ``u`` and ``l`` after it mean nothing.
    """
    match = _match(text)
    return None if match is None else _value(match, _UNITS_NS[match["unit"] or "ns"])


def amount(text: str) -> int | None:
    """Return the value of an integer literal without a unit of time, or None where it is not one."""
    match = _match(text)
    return None if match is None or match["unit"] else _value(match, 1)


def _match(text: str) -> re.Match[str] | None:
    digits = text.replace("_", "") if text[:1] != "_" else ""
    return _NUMBER.fullmatch(digits.lower()) if len(digits) <= _MAX_CHARS else None


def _value(match: re.Match[str], unit: int) -> int | None:
    value = next(int(match[name], radix) for name, radix in _RADIX.items() if match[name])
    value *= unit * 10 ** int(match["zeros"] or 0)
    return value if value <= _MAX else None


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
