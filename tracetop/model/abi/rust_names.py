"""Names of Rust's functions as its source has them: of both ways in which its compiler spells them for the linker.

Owns: the grammar of Rust RFC 2603 (``_R...``, "v0"), and what is left to do where the older way, ``_ZN...17h...E``, has
been read as C++. Hashes that tell versions of a crate apart are left out. Pure.
"""

import re
import string
from collections.abc import Callable

_DIGITS = {digit: value for value, digit in enumerate(string.digits + string.ascii_lowercase + string.ascii_uppercase)}
_NAMES = (
    "a=i8 b=bool c=char d=f64 e=str f=f32 h=u8 i=isize j=usize l=i32 m=u32 n=i128 o=u128 s=i16 t=u16 u=() v=... x=i64 "
    "y=u64 z=! p=_"
)
_BASIC = dict(pair.split("=") for pair in _NAMES.split())
_SIGNED = "ailnsx"
_MOST_STEPS = 3000
"""Of one name: a hostile one could refer back to itself over and over."""
_DEEPEST = 100
_HASH = re.compile(r"::h[0-9a-f]{16}$")
_ESCAPE = re.compile(r"\$(LT|GT|RF|BP|C|LP|RP|SP|u[0-9a-f]{1,6})\$")
_ESCAPED = {"LT": "<", "GT": ">", "RF": "&", "BP": "*", "C": ",", "LP": "(", "RP": ")", "SP": "@"}


def demangle_rust(symbol: str) -> str | None:
    """Return ``<crate::Thing as Trait>::f`` for ``_RN...``, None for a symbol that is not so."""
    if not symbol.startswith("_R") or not symbol.isascii():
        return None
    reader = _Reader(symbol[2:].partition(".")[0])
    try:
        return reader.path(in_value=True)
    except (IndexError, KeyError, ValueError, RecursionError):
        return None


def without_hash(spoken: str) -> str:
    """Return a Rust name that was read as one of C++ with its escapes undone and without its hash; another as it is."""
    plain, found = _HASH.subn("", spoken)
    if not found:
        return spoken
    parts = [part.removeprefix("_") if part.startswith("_$") else part for part in plain.split("::")]
    text = _ESCAPE.sub(_unescaped, "::".join(parts))
    return text.replace("..", "::")


def _unescaped(match: re.Match[str]) -> str:
    word = match[1]
    return _ESCAPED[word] if word in _ESCAPED else chr(int(word[1:], 16))


class _Reader:
    """Reads one name. IndexError, KeyError or ValueError where it is none."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._steps = 0
        self.depth = 0
        self._bound = 0
        """Lifetimes that ``for<...>`` around here has."""

    def path(self, *, in_value: bool) -> str:
        """Read a path; `in_value`: of a function, where parameters of types stand after ``::``."""
        with _Deeper(self):
            tag = self._next()
            match tag:
                case "C":
                    self._disambiguator()
                    return self._identifier()
                case "N":
                    return self._nested(in_value=in_value)
                case "M" | "X":
                    self._disambiguator()
                    self.path(in_value=False)  # where the implementation stands: nobody writes that
                    of = self._type()
                    return f"<{of}>" if tag == "M" else f"<{of} as {self.path(in_value=False)}>"
                case "Y":
                    of = self._type()
                    return f"<{of} as {self.path(in_value=False)}>"
                case "I":
                    base = self.path(in_value=in_value)
                    arguments = ", ".join(self._until_end(self._generic_argument))
                    return f"{base}{'::' if in_value else ''}<{arguments}>"
                case "B":
                    return self._back(lambda: self.path(in_value=in_value))
        raise ValueError(tag)

    def _nested(self, *, in_value: bool) -> str:
        space = self._next()
        base = self.path(in_value=in_value)
        number = self._disambiguator()
        name = self._identifier()
        if space.islower():
            return f"{base}::{name}" if name else base
        kind = {"C": "closure", "S": "shim"}.get(space, space)
        return f"{base}::{{{kind}{f':{name}' if name else ''}#{number}}}"

    def _generic_argument(self) -> str:
        if self._text[self._at] == "L":
            return self._lifetime()
        if self._text[self._at] == "K":
            self._at += 1
            return self._constant()
        return self._type()

    def _type(self) -> str:
        with _Deeper(self):
            tag = self._next()
            if tag in _BASIC:
                return _BASIC[tag]
            match tag:
                case "A":
                    return f"[{self._type()}; {self._constant()}]"
                case "S":
                    return f"[{self._type()}]"
                case "T":
                    parts = self._until_end(self._type)
                    return f"({', '.join(parts)}{',' if len(parts) == 1 else ''})"
                case "R" | "Q" | "P" | "O":
                    return self._pointer(tag)
                case "F":
                    return self._function()
                case "D":
                    return self._dynamic()
                case "B":
                    return self._back(self._type)
            self._at -= 1
            return self.path(in_value=False)

    def _pointer(self, tag: str) -> str:
        if tag in "PO":
            return f"*{'const' if tag == 'P' else 'mut'} {self._type()}"
        lifetime = self._lifetime() if self._text[self._at] == "L" else "'_"
        lifetime = "" if lifetime == "'_" else f"{lifetime} "
        return f"&{lifetime}{'mut ' if tag == 'Q' else ''}{self._type()}"

    def _function(self) -> str:
        bound, binder = self._bound, self._binder()
        unsafe = "unsafe " if self._take("U") else ""
        abi = ""
        if self._take("K"):
            abi = "C" if self._take("C") else self._identifier().replace("_", "-")
        taken = ", ".join(self._until_end(self._type))
        gives = self._type()
        self._bound = bound
        extern = f'extern "{abi}" ' if abi else ""
        return f"{binder}{unsafe}{extern}fn({taken}){'' if gives == '()' else f' -> {gives}'}"

    def _dynamic(self) -> str:
        bound, binder = self._bound, self._binder()
        traits = " + ".join(self._until_end(self._dynamic_trait))
        self._bound = bound
        lifetime = self._lifetime()
        return f"dyn {binder}{traits}{'' if lifetime == chr(39) + '_' else f' + {lifetime}'}"

    def _dynamic_trait(self) -> str:
        path = self.path(in_value=False)
        bindings = []
        while self._take("p"):
            bindings.append(f"{self._identifier()} = {self._type()}")
        if not bindings:
            return path
        open_path = path.removesuffix(">") + ", " if path.endswith(">") else f"{path}<"
        return f"{open_path}{', '.join(bindings)}>"

    def _constant(self) -> str:
        if self._take("p"):
            return "_"
        if self._take("B"):
            return self._back(self._constant)
        kind = self._next()
        sign = "-" if kind in _SIGNED and self._take("n") else ""
        end = self._text.index("_", self._at)
        value = int(self._text[self._at : end] or "0", 16)
        self._at = end + 1
        if kind == "b":
            return ("false", "true")[value]
        if kind == "c":
            return repr(chr(value))
        if kind not in _BASIC:
            raise ValueError(kind)
        return f"{sign}{value}"

    def _binder(self) -> str:
        if not self._take("G"):
            return ""
        count = self._number() + 1
        if count > _DEEPEST:
            raise ValueError(count)
        names = []
        for _ in range(count):
            self._bound += 1
            names.append(_letter(self._bound - 1))
        return f"for<{', '.join(names)}> "

    def _lifetime(self) -> str:
        if self._next() != "L":
            raise ValueError
        index = self._number()
        return "'_" if index == 0 else _letter(self._bound - index)

    def _back(self, read: Callable[[], str]) -> str:
        start = self._at - 1
        to = self._number()
        if to >= start:
            raise ValueError(to)
        after, self._at = self._at, to
        text = read()
        self._at = after
        return text

    def _until_end(self, read: Callable[[], str]) -> list[str]:
        parts = []
        while not self._take("E"):
            parts.append(read())
        return parts

    def _disambiguator(self) -> int:
        return self._number() + 1 if self._take("s") else 0

    def _identifier(self) -> str:
        encoded = self._take("u")
        start = self._at
        while self._text[self._at].isdecimal():
            self._at += 1
            if self._text[start] == "0":
                break
        length = int(self._text[start : self._at])
        self._take("_")
        name = self._text[self._at : self._at + length]
        if len(name) != length:
            raise IndexError
        self._at += length
        if not encoded:
            return name
        head, mark, tail = name.rpartition("_")
        return f"{head}{'-' if mark else ''}{tail}".encode().decode("punycode")

    def _number(self) -> int:
        end = self._text.index("_", self._at)
        digits, self._at = self._text[self._at : end], end + 1
        value = 0
        for digit in digits:
            value = value * 62 + _DIGITS[digit]
        return value + 1 if digits else 0

    def _take(self, character: str) -> bool:
        found = self._text[self._at : self._at + 1] == character
        self._at += found
        return found

    def _next(self) -> str:
        self._steps += 1
        if self._steps > _MOST_STEPS:
            raise ValueError
        self._at += 1
        return self._text[self._at - 1]


class _Deeper:
    """One level deeper in a name; ValueError where that is too deep."""

    def __init__(self, reader: _Reader) -> None:
        self._reader = reader

    def __enter__(self) -> None:
        self._reader.depth += 1
        if self._reader.depth > _DEEPEST:
            raise ValueError

    def __exit__(self, *_: object) -> None:
        self._reader.depth -= 1


def _letter(index: int) -> str:
    if index < 0:
        raise ValueError(index)
    return f"'{string.ascii_lowercase[index]}" if index < 26 else f"'_{index}"
