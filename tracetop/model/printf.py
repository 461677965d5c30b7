"""The conversions of a ``printf`` format, as C and bpftrace write them.

Owns: where each conversion begins and what its flags are. Refuses to own: which types it takes (`lang`) and the text
that it becomes (`tracer.printing`). Pure.
"""

import re

import msgspec

_CONVERSION = re.compile(r"%([-+ #0]*)(\*|\d+)?(?:\.(\*|\d*))?(hh|h|ll|l|j|z|t|L)?(rx|rh|[a-zA-Z%])")


class Conversion(msgspec.Struct, frozen=True, kw_only=True):
    """One conversion, such as ``%-8llx``."""

    letter: str
    """``d``, ``i``, ``u``, ``o``, ``x``, ``X``, ``c``, ``p``, ``s``, ``r``, ``rx``, ``rh``, or whatever was written."""
    flags: str = ""
    """Any of ``-+ #0``."""
    width: int | None = 0
    """None for a ``*``: an argument says it."""
    precision: int | None = -1
    """-1 for none; None for a ``*``: an argument says it."""
    length: str = ""
    """``hh``, ``h``, ``l``, ``ll``, ``j``, ``z``, ``t`` or nothing."""

    @property
    def arguments(self) -> int:
        """How many arguments it takes, those for its ``*`` included."""
        return 1 + (self.width is None) + (self.precision is None)


def parse_format(text: str) -> list[str | Conversion]:
    """Return a format's literal pieces (``%%`` read as ``%``) and its conversions, in order."""
    pieces: list[str | Conversion] = []
    end = 0
    for match in _CONVERSION.finditer(text):
        pieces.append(text[end : match.start()])
        end = match.end()
        flags, width, precision, length, letter = match.groups()
        if letter == "%":
            pieces.append("%")
            continue
        pieces.append(
            Conversion(
                letter=letter,
                flags=flags,
                width=None if width == "*" else int(width or 0),
                precision=None if precision == "*" else -1 if precision is None else int(precision or 0),
                length=length or "",
            )
        )
    pieces.append(text[end:])
    return [piece for piece in pieces if piece]
