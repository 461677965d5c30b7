"""Drawings of block characters: values over time, bars with eighths of a cell, numbers three lines high. Pure."""

from collections.abc import Sequence
from types import MappingProxyType

_HEIGHTS = "▁▂▃▄▅▆▇█"
_EIGHTHS = " ▏▎▍▌▋▊▉"
DIGIT_ROWS = 3
_SHAPES = MappingProxyType(
    {
        "0": ("█▀█", "█ █", "▀▀▀"),
        "1": ("▄█ ", " █ ", "▀▀▀"),
        "2": ("▀▀█", "█▀▀", "▀▀▀"),
        "3": ("▀▀█", " ▀█", "▀▀▀"),
        "4": ("█ █", "▀▀█", "  ▀"),
        "5": ("█▀▀", "▀▀█", "▀▀▀"),
        "6": ("█▀▀", "█▀█", "▀▀▀"),
        "7": ("▀▀█", "  █", "  ▀"),
        "8": ("█▀█", "█▀█", "▀▀▀"),
        "9": ("█▀█", "▀▀█", "▀▀▀"),
        ".": (" ", " ", "▀"),
        "-": ("  ", "▀▀", "  "),
    }
)


def sparkline(values: Sequence[float | None], width: int, peak: float | None = None) -> str:
    """Return the last `width` values in `width` cells, newest at the right, scaled to `peak` or their own maximum.

    Zero is the lowest block and nothing else is; None, and time before the first value, is a space.
    """
    shown = values[-width:] if width else ()
    top = peak if peak is not None else max((value for value in shown if value is not None), default=0)
    return "".join(_block(value, top) for value in shown).rjust(width)


def _block(value: float | None, top: float) -> str:
    if value is None:
        return " "
    if value <= 0 or top <= 0:
        return _HEIGHTS[0]
    steps = len(_HEIGHTS) - 1
    return _HEIGHTS[min(steps, 1 + int(min(value / top, 1) * steps))]


def graph(values: Sequence[float | None], width: int, rows: int) -> tuple[str, ...]:
    """Return the last `width` values as columns `rows` cells high, newest at the right, scaled to their maximum."""
    shown = values[-width:] if width > 0 else ()
    top = max((value for value in shown if value is not None), default=0)
    eighths = [_eighths(value, top, rows) for value in shown]
    lines = []
    for row in range(rows - 1, -1, -1):
        filled = (max(0, min(8, have - 8 * row)) for have in eighths)
        lines.append("".join(f" {_HEIGHTS}"[part] for part in filled).rjust(max(0, width)))
    return tuple(lines)


def _eighths(value: float | None, top: float, rows: int) -> int:
    """Return how many eighths of a cell a column is high; zero is the lowest block, and nothing else is."""
    if value is None:
        return 0
    if value <= 0 or top <= 0:
        return 1
    return max(2, round(min(value / top, 1) * rows * 8))


def bar(value: float, peak: float, width: int) -> str:
    """Return a bar from the left, `value` of `peak` long, padded to `width` cells; never empty above zero."""
    if value <= 0 or peak <= 0:
        return " " * width
    eighths = max(1, round(min(value / peak, 1) * width * 8))
    return ("█" * (eighths // 8) + _EIGHTHS[eighths % 8]).ljust(width)[:width]


def large(number: str) -> tuple[str, ...]:
    """Return the three lines of a number such as ``1.23k``; its unit stays small, on the last. Empty for other text."""
    digits = number.rstrip("".join(set(number) - set(_SHAPES)))
    if not digits or any(char not in _SHAPES for char in digits):
        return ()
    shapes = [_SHAPES[char] for char in digits]
    rows = [" ".join(shape[row] for shape in shapes) for row in range(DIGIT_ROWS)]
    unit = number[len(digits) :]
    return (*(row + " " * len(unit) for row in rows[:-1]), rows[-1] + unit)
