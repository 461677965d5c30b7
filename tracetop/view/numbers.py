"""Numbers as people read them: few digits, a unit, never wider than asked.

Owns: scales and rounding. Counts are decimal with k M G T. Bytes are binary with K M G T, one letter, as htop shows
them (``12.3M``), and ``B`` below 1K. Times scale from the unit they were measured in (``4.5 ms``). Digits are few on
purpose: a value that hardly changed looks the same, and is not drawn anew. Pure; screen process.
"""

import math
from typing import Final

from tracetop.model.frame import Column, ColumnKind
from tracetop.model.program import Unit

ABSENT = "\N{EN DASH}"
"""Stands for a value that is not known."""
_TOO_NARROW = "#"
"""Fills a cell that cannot hold its number: part of a number would be a wrong number."""

_DECIMAL: Final = ("", "k", "M", "G", "T", "P", "E", "Z")
_BINARY: Final = ("B", "K", "M", "G", "T", "P", "E", "Z")
_IN_NS: Final = ((Unit.NS, 1), (Unit.US, 10**3), (Unit.MS, 10**6), (Unit.S, 10**9))
_TIMES: Final = (
    (1, 1000, "ns"),
    (10**3, 1000, "µs"),
    (10**6, 1000, "ms"),
    (10**9, 100, "s"),
    (60 * 10**9, 100, "min"),
    (3600 * 10**9, 100, "h"),
    (86400 * 10**9, math.inf, "d"),
)
"""Nanoseconds in one; how many of it may be shown before the next takes over; its symbol."""


def format_value(value: float | None, unit: Unit = Unit.NONE, width: int = 7, *, exact: bool = False) -> str:
    """Return a count, a rate, a time or bytes in at most `width` cells, unpadded; None as an en dash.

    Whole counts below 10,000 are written in full; with `exact` all that fit.
    """
    if value is None or not math.isfinite(value):
        return ABSENT if width else ""
    if exact and unit is Unit.NONE and value == int(value) and len(str(int(value))) <= width:
        return str(int(value))
    sign, magnitude = ("-", -value) if value < 0 else ("", value)
    if unit is Unit.NONE:
        whole = isinstance(value, int) and magnitude < 10_000
        number, suffix = (str(magnitude), "") if whole else _scaled(magnitude, 1000, _DECIMAL)
    elif unit is Unit.BYTES:
        number, suffix = _scaled(magnitude, 1024, _BINARY)
    else:
        number, suffix = _scaled_time(magnitude * dict(_IN_NS)[unit])
    return _squeeze(sign, number, suffix, width)


def format_percent(value: float | None, width: int = 5, *, sign: bool = False) -> str:
    """Return 0 to 100 (or more, of several cores) in at most `width` cells; `sign` adds the ``%``."""
    if value is None or not math.isfinite(value):
        return ABSENT
    suffix = "%" if sign else ""
    digits = f"{value:.1f}" if abs(value) < 99.95 else f"{value:.0f}"
    return _squeeze("-" if value < 0 else "", digits.lstrip("-"), suffix, width)


def format_cell(value: float | None, column: Column, width: int = 7, *, exact: bool = False) -> str:
    """Return a number of a table's column as the column's kind and unit ask."""
    if column.kind is ColumnKind.PERCENT:
        return format_percent(value, width)
    return format_value(value, column.unit, width, exact=exact and column.kind is not ColumnKind.RATE)


def _scaled(value: float, base: int, letters: tuple[str, ...]) -> tuple[str, str]:
    for letter in letters[:-1]:
        if value < base - 0.5:
            return _digits(value, scaled=letter != letters[0]), letter
        value /= base
    return _digits(value, scaled=True), letters[-1]


def _digits(value: float, *, scaled: bool) -> str:
    """Three digits of a scaled value; of an unscaled one whole digits, or one after the point below 10."""
    if scaled:
        return f"{value:.2f}" if value < 9.995 else f"{value:.1f}" if value < 99.95 else f"{value:.0f}"
    if isinstance(value, int) or value == 0 or value >= 9.95:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 0.095 else f"{value:.2f}"


def _scaled_time(ns: float) -> tuple[str, str]:
    for size, limit, symbol in _TIMES:
        value = ns / size
        if value < limit - 0.5:
            whole = value >= 9.95 or value == 0 or (size == 1 and value == int(value))
            return (f"{value:.0f}" if whole else f"{value:.1f}"), f" {symbol}"
    raise AssertionError("the last scale has no limit")


def _squeeze(sign: str, number: str, suffix: str, width: int) -> str:
    """Return sign, number and suffix in `width` cells: given up are first the space, then decimals one by one."""
    text = sign + number + suffix
    if len(text) <= width:
        return text
    for decimals in range(len(number.partition(".")[2]), -1, -1):
        text = f"{sign}{float(number):.{decimals}f}{suffix.lstrip()}"
        if len(text) <= width:
            return text
    return _TOO_NARROW * width
