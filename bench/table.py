"""Aligned text tables, and the mark of a value beside its target."""

import math
from collections.abc import Sequence


def format_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return lines with two spaces between the columns, the first column to the left and the others to the right."""
    widths = [max(len(cell) for cell in column) for column in zip(headings, *rows, strict=True)]
    lines = []
    for first, *others in [headings, ["-" * width for width in widths], *rows]:
        cells = [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        lines.append("  ".join([first.ljust(widths[0]), *cells]))
    return "\n".join(line.rstrip() for line in lines)


def judged(value: float, limit: float, form: str = ".2f") -> str:
    """Return the value with its limit, and an exclamation mark where it is over; an infinite limit is none."""
    if math.isinf(limit):
        return f"{value:{form}}"
    return f"{value:{form}}{' !' if value > limit else '  '}(≤ {limit:g})"
