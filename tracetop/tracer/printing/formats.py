"""``printf``: a format and a payload become text, as C does it, but that integers are printed whole.

Without a length modifier a number is not cut to 32 bits (as bpftrace since 0.22); ``h`` and ``hh`` cut. ``%s`` prints
any value. Formats are read once; an event costs its conversions. Refuses to own: what a conversion takes, which `lang`
has checked. Pure.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tracetop.tracer.printing.datum import Buffer, Datum, Named
from tracetop.tracer.printing.text import buffer_text, text

_CONVERSION = re.compile(r"%([-+ #0]*)(\d*)(?:\.(\d*))?(hh|h|ll|l|j|z|t)?(rx|rh|[a-zA-Z%])")
_BITS = {"hh": 8, "h": 16}
_WORD_BITS = 64
_BASES = {"o": "o", "x": "x", "X": "X", "b": "b", "u": "d"}
_PREFIXES = {"o": "0", "x": "0x", "X": "0X", "b": "0b"}

Render = Callable[[Sequence[Datum]], str]


@dataclass(frozen=True, slots=True)
class Conversion:
    """One conversion of a format, such as ``%-8llx``."""

    letter: str
    flags: str = ""
    width: int = 0
    precision: int = -1
    """-1 for none."""
    length: str = ""

    def render(self, datum: Datum) -> str:
        """Return the text of one argument."""
        if isinstance(datum, str) and not self.width and self.precision < 0:
            return datum
        return self._padded(*self._converted(datum))

    def _converted(self, datum: Datum) -> tuple[str, str, bool]:
        """Return (sign or prefix, digits or text, whether zeros may stand between the two)."""
        if self.letter in ("r", "rx", "rh"):
            return "", _buffer(self.letter, datum), False
        if self.letter == "s" or not isinstance(datum, int | Named):
            said = text(datum)
            return "", said if self.precision < 0 else said[: self.precision], False
        number = datum.number if isinstance(datum, Named) else int(datum)
        if self.letter == "c":
            return "", chr(number & 0xFF), False
        if self.letter == "p":
            return "", f"{number & (1 << _WORD_BITS) - 1:#x}", False
        sign, digits = self._integer(number)
        return sign, digits.rjust(self.precision, "0"), self.precision < 0

    def _integer(self, number: int) -> tuple[str, str]:
        """Return an integer's sign or prefix, and its digits."""
        bits = _BITS.get(self.length, _WORD_BITS)
        number &= (1 << bits) - 1
        if base := _BASES.get(self.letter):
            return _PREFIXES.get(self.letter, "") if "#" in self.flags and number else "", f"{number:{base}}"
        if number >> (bits - 1):
            return "-", str((1 << bits) - number)
        return "+" if "+" in self.flags else " " if " " in self.flags else "", str(number)

    def _padded(self, sign: str, body: str, zeros: bool) -> str:
        missing = self.width - len(sign) - len(body)
        if missing <= 0:
            return sign + body
        if "-" in self.flags:
            return sign + body + " " * missing
        if "0" in self.flags and zeros:
            return sign + "0" * missing + body
        return " " * missing + sign + body


def compile_format(format_: str) -> Render:
    """Return what makes text of a format's arguments."""
    pieces = _parse(format_)

    def render(arguments: Sequence[Datum]) -> str:
        left = iter(arguments)
        return "".join([piece if isinstance(piece, str) else piece.render(next(left)) for piece in pieces])

    return render


def _parse(format_: str) -> list[str | Conversion]:
    """Return a format's literal pieces (``%%`` read as ``%``) and its conversions, in order."""
    pieces: list[str | Conversion] = []
    end = 0
    for match in _CONVERSION.finditer(format_):
        pieces.append(format_[end : match.start()])
        end = match.end()
        flags, width, precision, length, letter = match.groups()
        if letter == "%":
            pieces.append("%")
        else:
            cut = -1 if precision is None else int(precision or 0)
            pieces.append(Conversion(letter, flags, int(width or 0), cut, length or ""))
    pieces.append(format_[end:])
    return [piece for piece in pieces if piece]


def _buffer(letter: str, datum: Datum) -> str:
    data = datum.data if isinstance(datum, Buffer) else text(datum).encode(errors="surrogateescape")
    if letter == "rh":
        return data.hex(" ")
    return "".join([f"\\x{byte:02x}" for byte in data]) if letter == "rx" else buffer_text(data)
