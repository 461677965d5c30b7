"""C's own integer types by all the ways to spell them: ``unsigned``, ``long int unsigned``, ``signed char``.

Owns: that grammar and the sizes of the 64-bit data model of Linux. Refuses to own: typedefs. Pure.
"""

from collections import Counter

from tracetop.model.ctype import CHAR, VOID, CKind, CType

_SIZES = {
    ("char",): 1,
    ("short",): 2,
    ("int", "short"): 2,
    (): 4,
    ("int",): 4,
    ("long",): 8,
    ("int", "long"): 8,
    ("long", "long"): 8,
    ("int", "long", "long"): 8,
    ("__int128",): 16,
}
"""Bytes by the sorted words without ``signed`` and ``unsigned``."""
_NAMES = {1: "char", 2: "short", 4: "int", 8: "long", 16: "__int128"}


def builtin_type(name: str) -> CType | None:
    """Return the type that the words of C alone mean, or None where `name` is something else."""
    words = Counter(name.split())
    sign = words.pop("signed", 0) - words.pop("unsigned", 0)
    rest = tuple(sorted(words.elements()))
    if name in ("bool", "_Bool"):
        return CType(kind=CKind.BOOL, size=1, name="bool")
    if rest == ("void",) and not sign:
        return VOID
    if rest == ("char",) and not sign:
        return CHAR
    size = _SIZES.get(rest)
    if size is None or abs(sign) > 1 or not name:
        return None
    c_name = f"{'unsigned' if sign < 0 else 'signed' if size == 1 else ''} {_NAMES[size]}".strip()
    return CType(kind=CKind.INT, size=size, signed=sign >= 0, name=c_name)
