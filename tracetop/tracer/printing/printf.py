"""``printf``: a format and a payload become text, as C does it.

Without a length modifier 32 bits of a number are printed; where more of it would have been, that is noted. ``%s``
prints any value. Refuses to own: taking a format apart and what a conversion takes, which `lang` has done. Pure.

A format's parts become one of Python's, and the payload's one struct, so that an event costs one unpacking, one
formatting, and what its strings take.
"""

import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from tracetop.model.program import Conversion
from tracetop.model.value import Shape, ValuePart, ValueType
from tracetop.tracer.printing.decode import Decoder, struct_code
from tracetop.tracer.printing.gfp_flags import gfp_text
from tracetop.tracer.printing.text import buffer_text, text
from tracetop.tracer.printing.values import Buffer, Datum

_NUMBERS = frozenset({Shape.INTEGER, Shape.BOOL, Shape.ENUM, Shape.POINTER})
_WORD_BITS = 64
_INT_BITS = 32
_INT_RANGE = (-(1 << 31), 1 << 32)
"""What 32 bits hold, with a sign or without."""
_SIGNED = ("d", "i")
_INTEGERS = {"d": "d", "i": "d", "u": "d", "x": "x", "X": "X", "o": "o"}
"""Conversions of integers that Python has, under its names; of others the text is made here."""
_PREFIXES = {"x": "0x", "X": "0X", "o": "0", "b": "0b"}

Render = Callable[[bytes], str]
"""Makes text of a payload."""


@dataclass(frozen=True, slots=True)
class _Step:
    """What one conversion becomes."""

    code: str
    """Of `struct`."""
    spec: str
    """Python's conversion."""
    convert: Callable[..., Datum] | None
    """Makes what `spec` takes of what `code` unpacks."""


def compile_format(parts: Sequence[str | Conversion], arguments: Sequence[ValuePart], decoder: Decoder) -> Render:
    """Return what makes text of a payload that holds a format's arguments, one for each conversion of its parts."""
    left, codes, converts, at = iter(arguments), ["="], [], 0
    python: list[str] = []
    for part in parts:
        if isinstance(part, str):
            python.append(part.replace("%", "%%"))
            continue
        argument = next(left)
        step = _step(part, argument.type, decoder)
        codes.append(f"{argument.offset - at}x{step.code}")
        at = argument.offset + argument.type.size
        if step.convert:
            converts.append((len(codes) - 2, step.convert))
        python.append(step.spec)
    whole = "".join(python)
    unpack = struct.Struct("".join(codes)).unpack_from
    if not converts:
        return lambda payload: whole % unpack(payload)

    def render(payload: bytes) -> str:
        values = list(unpack(payload))
        for place, convert in converts:
            values[place] = convert(values[place])
        return whole % tuple(values)

    return render


def _step(conversion: Conversion, type_: ValueType, decoder: Decoder) -> _Step:
    letter, flags, field = conversion.letter, conversion.flags, conversion.field
    plain_flags = "".join([flag for flag in "-0" if flag in flags])
    if type_.shape not in _NUMBERS or not struct_code(type_):
        read, show = decoder.reader(type_), _SHOWS.get(letter, text)
        return _Step(f"{type_.size}s", f"%{plain_flags}{field}s", lambda data: show(read(data, 0)))
    if letter in _INTEGERS and "#" not in flags:
        flags = flags if letter in _SIGNED else plain_flags
        code, convert = _integer(conversion, type_, decoder.cut)
        return _Step(code, f"%{flags}{field}{_INTEGERS[letter]}", convert)
    return _Step(struct_code(type_), f"%{plain_flags}{field}s", _spelling(conversion, type_, decoder))


def _spelling(conversion: Conversion, type_: ValueType, decoder: Decoder) -> Callable[[int], str]:
    """Return what writes a number where Python has no such conversion."""
    letter = conversion.letter
    if letter == "c":
        return decoder.character
    if letter == "p":
        return _address
    if letter == "gr":
        return gfp_text
    if letter not in _PREFIXES:
        name = decoder.number(type_)
        return lambda value: text(name(value))
    cut = _masked(conversion.bits, signed=False)
    prefix = _PREFIXES[letter] if "#" in conversion.flags else ""
    return lambda value: (prefix if value else "") + f"{cut(value):{letter}}"


def _integer(conversion: Conversion, type_: ValueType, cut: set[Conversion]) -> tuple[str, Callable[[int], int] | None]:
    """Return how an integer is unpacked, and what is to be done to it; `cut` is told of one that loses something."""
    signed, bits = conversion.letter in _SIGNED, conversion.bits
    code = struct_code(type_)
    if type_.size == bits // 8 and bits < _WORD_BITS:
        return code.lower() if signed else code.upper(), None
    if bits == _INT_BITS and type_.size > bits // 8:
        return code, _shortened(conversion, _masked(bits, signed=signed), cut)
    if bits < _WORD_BITS:
        narrow = type_.size < bits // 8 and (signed or code.isupper())
        return code, None if narrow else _masked(bits, signed=signed)
    if type_.size == _WORD_BITS // 8:
        return "q" if signed else "Q", None
    return code, None if signed or code.isupper() else _masked(_WORD_BITS, signed=False)


def _shortened(conversion: Conversion, mask: Callable[[int], int], cut: set[Conversion]) -> Callable[[int], int]:
    """Return what cuts a number of 64 bits to 32, and notes the conversion where that changes it."""

    def shorten(value: int) -> int:
        if not _INT_RANGE[0] <= value < _INT_RANGE[1]:
            cut.add(conversion)
        return mask(value)

    return shorten


def _masked(bits: int, *, signed: bool) -> Callable[[int], int]:
    """Return what cuts a number to so many bits."""
    mask, top = (1 << bits) - 1, 1 << (bits - 1)
    if signed:
        return lambda value: ((value & mask) ^ top) - top
    return lambda value: value & mask


def _address(value: int) -> str:
    return f"{value & (1 << _WORD_BITS) - 1:#x}"


def _bytes(datum: Datum) -> bytes:
    return datum.data if isinstance(datum, Buffer) else text(datum).encode(errors="surrogateescape")


_SHOWS: Mapping[str, Callable[[Datum], str]] = MappingProxyType(
    {
        "r": lambda datum: buffer_text(_bytes(datum)),
        "rx": lambda datum: "".join([f"\\x{byte:02x}" for byte in _bytes(datum)]),
        "rh": lambda datum: _bytes(datum).hex(" "),
    }
)
