"""Numbers as people read them: few digits, a unit, never wider than asked.

Owns: scales and rounding. Counts are decimal with k M G T. Bytes are binary with K M G T, one letter, as htop shows
them (``12.3M``), and ``B`` below 1K. Times scale from the unit they were measured in (``4.5 ms``). Digits are few on
purpose: a value that hardly changed looks the same, and is not drawn anew. Pure; screen process.
"""

import math
from typing import Final

from tracetop.model.frame import Column, ColumnKind
from tracetop.model.program import NS_IN, Unit

ABSENT = "\N{EN DASH}"
"""Stands for a value that is not known."""
_TOO_NARROW = "#"
"""Fills a cell that cannot hold its number: part of a number would be a wrong number."""

_DECIMAL: Final = ("", "k", "M", "G", "T", "P", "E", "Z")
_BINARY: Final = ("B", "K", "M", "G", "T", "P", "E", "Z")
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
    if unit is Unit.NONE:
        few = isinstance(value, int) and abs(value) < 10_000
        scaled, decimals, suffix = (value, 0, "") if few else _scaled(value, 1000, _DECIMAL)
    elif unit is Unit.BYTES:
        scaled, decimals, suffix = _scaled(value, 1024, _BINARY)
    else:
        scaled, decimals, suffix = _scaled_time(value * NS_IN[unit])
    return _squeezed(scaled, decimals, suffix, width)


def format_count(value: int, noun: str) -> str:
    """Return ``1 sample`` or ``12.3k samples``."""
    return f"{format_value(value)} {noun}{'' if value == 1 else 's'}"


def format_weight(weight: int, unit: Unit) -> str:
    """Return what a stack weighs: ``12 samples``, or the sum of something that has a unit, ``4.5 ms``."""
    return format_value(weight, unit) if unit else format_count(weight, "sample")


def format_percent(value: float | None, width: int = 5, *, sign: bool = False) -> str:
    """Return 0 to 100 (or more, of several cores) in at most `width` cells; `sign` adds the ``%``."""
    if value is None or not math.isfinite(value):
        return ABSENT if width else ""
    return _squeezed(value, 1 if abs(value) < 99.95 else 0, "%" if sign else "", width)


def format_cell(value: float | None, column: Column, width: int = 7, *, exact: bool = False) -> str:
    """Return a number of a table's column as the column's kind and unit ask."""
    if column.kind is ColumnKind.PERCENT:
        return format_percent(value, width)
    return format_value(value, column.unit, width, exact=exact and column.kind is not ColumnKind.RATE)


def _scaled(value: float, base: int, letters: tuple[str, ...]) -> tuple[float, int, str]:
    """Return the value in the scale that suits it, the decimals worth showing, and the scale's letter."""
    power = 0
    while abs(value) >= base - 0.5 and power + 1 < len(letters):
        value /= base
        power += 1
    return value, _decimals_scaled(value) if power else _decimals(value), letters[power]


def _decimals_scaled(value: float) -> int:
    """Return how many decimals make three digits."""
    return 2 if abs(value) < 9.995 else 1 if abs(value) < 99.95 else 0


def _decimals(value: float) -> int:
    """Return how many decimals an unscaled value gets: none from 10 on or where it is whole."""
    magnitude = abs(value)
    if isinstance(value, int) or magnitude == 0 or magnitude >= 9.95:
        return 0
    return 1 if magnitude >= 0.095 else 2


def _scaled_time(ns: float) -> tuple[float, int, str]:
    size, symbol = next((size, symbol) for size, limit, symbol in _TIMES if abs(ns) / size < limit - 0.5)
    value = ns / size
    whole = abs(value) >= 9.95 or value == 0 or (size == 1 and value == int(value))
    return value, 0 if whole else 1, f" {symbol}"


def _squeezed(value: float, decimals: int, suffix: str, width: int) -> str:
    """Return number and suffix in `width` cells: given up are first the space, then decimals one by one."""
    text = f"{value:.{decimals}f}{suffix}"
    if len(text) <= width:
        return text
    for fewer in range(decimals, -1, -1):
        text = f"{value:.{fewer}f}{suffix.lstrip()}"
        if len(text) <= width:
            return text
    return _TOO_NARROW * width
