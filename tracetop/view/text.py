"""Hostile text made harmless, and text cut to a number of terminal cells.

Owns: which characters a sink may print, and how wide they are. Every string that came from the kernel, /proc or a
file goes through `escape` before any sink. Pure; screen process.
"""

import unicodedata
from typing import Literal

Align = Literal["<", ">"]

ELLIPSIS = "…"
_MAX_MARKS = 2
"""Combining marks allowed on one letter; more pile up over other lines."""
_NAMED = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}.items()
_INVISIBLE = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"  # fillers and joiners that Unicode counts as printable
    + "".join(map(chr, range(0xFE00, 0xFE10)))  # variation selectors: they change a neighbour's width
    + "".join(map(chr, range(0xE0100, 0xE01F0)))
    + "".join(map(chr, range(0x1F3FB, 0x1F400)))  # emoji modifiers: terminals disagree on their width
)


def escape(text: str) -> str:
    r"""Return `text` with everything that a terminal interprets or hides spelt out, such as ``\x1b`` or ``\u202e``.

    Controls, bidi and zero-width characters, odd spaces, lone surrogates (as the byte they stand for) and marks
    without a letter are spelt out. What is returned passes unchanged a second time.
    """
    if text.isascii() and text.isprintable():
        return text
    parts = []
    marks = _MAX_MARKS  # a mark at the very start has no letter of its own
    for char in text:
        is_mark = unicodedata.category(char)[0] == "M"
        marks = marks + 1 if is_mark else 0 if char != " " else _MAX_MARKS
        harmless = char.isprintable() and char not in _INVISIBLE and (not is_mark or marks <= _MAX_MARKS)
        parts.append(char if harmless else _spell(char))
    return "".join(parts)


def _spell(char: str) -> str:
    for control, name in _NAMED:
        if char == control:
            return name
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:  # os.fsdecode's stand-in for a byte that is not UTF-8
        code -= 0xDC00
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


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
