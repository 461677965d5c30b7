"""Text cut to a number of terminal cells, once `model.escape` has made it harmless.

Owns: how wide characters are. Pure; screen process.
"""

import unicodedata
from typing import Literal

from tracetop.model.escape import escape

__all__ = ["ELLIPSIS", "Align", "cell_width", "escape", "fit"]

Align = Literal["<", ">"]

ELLIPSIS = "…"


def cell_width(text: str) -> int:
    """Return how many terminal cells escaped text takes."""
    return len(text) if text.isascii() else sum(map(_char_width, text))


def _char_width(char: str) -> int:
    if unicodedata.category(char)[0] == "M":
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def fit(text: str, width: int, align: Align = "<") -> str:
    """Return escaped text in exactly `width` cells: padded with spaces, or cut with ``…`` as its last cell."""
    have = cell_width(text)
    if have > width:
        text = _cut(text, width - 1) + ELLIPSIS if width > 0 else ""
        have = cell_width(text)
    padding = " " * (width - have)
    return text + padding if align == "<" else padding + text


def _cut(text: str, width: int) -> str:
    """Return the longest start of `text` that takes at most `width` cells."""
    if text.isascii():
        return text[:width]
    used = 0
    for place, char in enumerate(text):
        used += _char_width(char)
        if used > width:
            return text[:place]
    return text


def slice_cells(text: str, start: int, width: int) -> str:
    """Return what stands in `width` cells from cell `start` on of escaped text; half a wide character is a space."""
    if text.isascii():
        return text[start : start + width]
    shown: list[str] = []
    x = 0
    for char in text:
        left, x = x, x + _char_width(char)
        if start <= left and x <= start + width:
            shown.append(char)
        elif left < start + width and x > start:
            shown.append(" ")
    return "".join(shown)
