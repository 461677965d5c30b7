"""``printf``: a format and a payload become text, as C does it, but that integers are printed whole.

Without a length modifier a number is not cut to 32 bits (as bpftrace since 0.22); ``h`` and ``hh`` cut. ``%s`` prints
any value. Formats are read once; an event costs its conversions. Pure.
"""

from collections.abc import Callable, Sequence

from tracetop.model.printf import Conversion, parse_format
from tracetop.tracer.printing.datum import Buffer, Datum, Named
from tracetop.tracer.printing.text import buffer_text, text

_BITS = {"hh": 8, "h": 16}
_WORD_BITS = 64
_BASES = {"o": "o", "x": "x", "X": "X", "u": "d"}
_PREFIXES = {"o": "0", "x": "0x", "X": "0X"}

Render = Callable[[Sequence[Datum]], str]


def compile_format(format_: str) -> Render:
    """Return what makes text of a format's arguments; missing ones are empty."""
    steps: list[str | _Step] = []
    at = 0
    for piece in parse_format(format_):
        if isinstance(piece, str):
            steps.append(piece)
        else:
            steps.append(_Step(piece, at))
            at += piece.arguments

    def render(arguments: Sequence[Datum]) -> str:
        return "".join([step if isinstance(step, str) else step.render(arguments) for step in steps])

    return render


class _Step:
    """One conversion of a format, and where its arguments are."""

    def __init__(self, conversion: Conversion, at: int) -> None:
        self._conversion = conversion
        self._at = at
        self._plain = conversion == Conversion(letter=conversion.letter, length=conversion.length)

    def render(self, arguments: Sequence[Datum]) -> str:
        """Return the text of the conversion's argument."""
        own = list(arguments[self._at : self._at + self._conversion.arguments])
        if len(own) < self._conversion.arguments:
            return ""
        datum = own[-1]
        if self._plain and isinstance(datum, str):
            return datum
        flags, width = self._conversion.flags, self._conversion.width
        if width is None:
            width = _number(own.pop(0))
            flags, width = flags + "-" * (width < 0), abs(width)
        precision = self._conversion.precision
        if precision is None:
            precision = _number(own.pop(0))
        return _padded(*_converted(self._conversion, datum, flags, precision), flags, width)


def _converted(conversion: Conversion, datum: Datum, flags: str, precision: int) -> tuple[str, str, bool]:
    """Return (sign or prefix, digits or text, whether zeros may stand between the two)."""
    letter = conversion.letter
    if letter in ("r", "rx", "rh"):
        return "", _buffer(letter, datum), False
    if letter == "c":
        return "", chr(_number(datum) & 0xFF) if isinstance(datum, int | Named) else text(datum), False
    if letter == "s" or not isinstance(datum, int | Named):
        said = text(datum)
        return "", said if precision < 0 else said[:precision], False
    if letter == "p":
        return "", f"{_number(datum) & (1 << _WORD_BITS) - 1:#x}", False
    sign, digits = _integer(conversion, _number(datum), flags)
    if precision >= 0:
        digits = digits.rjust(precision, "0") if precision or digits != "0" else ""
    return sign, digits, precision < 0


def _integer(conversion: Conversion, number: int, flags: str) -> tuple[str, str]:
    """Return an integer's sign or prefix, and its digits."""
    bits = _BITS.get(conversion.length, _WORD_BITS)
    number &= (1 << bits) - 1
    base = _BASES.get(conversion.letter)
    if base:
        return _PREFIXES.get(conversion.letter, "") if "#" in flags and number else "", f"{number:{base}}"
    if number >> (bits - 1):
        return "-", str((1 << bits) - number)
    return "+" if "+" in flags else " " if " " in flags else "", str(number)


def _padded(sign: str, body: str, zeros: bool, flags: str, width: int) -> str:
    missing = width - len(sign) - len(body)
    if missing <= 0:
        return sign + body
    if "-" in flags:
        return sign + body + " " * missing
    if "0" in flags and zeros:
        return sign + "0" * missing + body
    return " " * missing + sign + body


def _buffer(letter: str, datum: Datum) -> str:
    data = datum.data if isinstance(datum, Buffer) else text(datum).encode(errors="surrogateescape")
    if letter == "rh":
        return data.hex(" ")
    return "".join([f"\\x{byte:02x}" for byte in data]) if letter == "rx" else buffer_text(data)


def _number(datum: Datum) -> int:
    return datum.number if isinstance(datum, Named) else datum if isinstance(datum, int) else 0
