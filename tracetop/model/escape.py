"""Hostile text made harmless: which characters a terminal may be sent.

Every string that came from the kernel, /proc or a file goes through `escape` before any sink. Pure; both processes.
"""

import unicodedata

_MAX_MARKS = 2
"""Combining marks allowed on one letter; more pile up over other lines."""
_NAMED = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}.items()
_INVISIBLE = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"  # fillers and joiners that Unicode counts as printable
    + "".join(map(chr, range(0xFE00, 0xFE10)))  # variation selectors: they change a neighbour's width
    + "".join(map(chr, range(0xE0100, 0xE01F0)))
    + "".join(map(chr, range(0x1F3FB, 0x1F400)))  # emoji modifiers: terminals disagree on their width
)


def escape(text: str, keep: str = "") -> str:
    r"""Return `text` with everything that a terminal interprets or hides spelt out, such as ``\x1b`` or ``\u202e``.

    Controls, bidi and zero-width characters, odd spaces, lone surrogates (as the byte they stand for) and marks
    without a letter are spelt out, but for those in `keep`. What is returned passes unchanged a second time.
    """
    if text.isascii() and text.isprintable():
        return text
    parts = []
    marks = _MAX_MARKS  # a mark at the very start has no letter of its own
    for char in text:
        is_mark = unicodedata.category(char)[0] == "M"
        marks = marks + 1 if is_mark else 0 if char != " " else _MAX_MARKS
        harmless = char.isprintable() and char not in _INVISIBLE and (not is_mark or marks <= _MAX_MARKS)
        parts.append(char if harmless or char in keep else _spell(char))
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
