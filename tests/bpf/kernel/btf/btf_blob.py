"""Writes BTF as a compiler does: records by number from 1, strings after them (Documentation/bpf/btf.rst)."""

import struct
from collections.abc import Iterable
from pathlib import Path

from tracetop.bpf.kernel.btf.raw import Kind

Member = tuple[str, int, int]
"""Name, number of its type, offset in bits; of a bit-field of a flagged struct also ``width << 24``."""


class Blob:
    """BTF in the making; each method that adds a record returns its number."""

    def __init__(self, base: "Blob | None" = None) -> None:
        self._base = base
        self._first = base.end if base else 1
        self._strings_at = base.strings_end if base else 0
        self._records: list[bytes] = []
        self._strings = b"" if base else b"\0"

    @property
    def end(self) -> int:
        return self._first + len(self._records)

    @property
    def strings_end(self) -> int:
        return self._strings_at + len(self._strings)

    def int_(self, name: str, size: int, *, encoding: int = 0, bits: int = 0, shift: int = 0) -> int:
        return self._add(name, Kind.INT, size, words=[encoding << 24 | shift << 16 | (bits or 8 * size)])

    def ref(self, kind: Kind, number: int, name: str = "") -> int:
        """Add a pointer, typedef, qualifier, type tag or function."""
        return self._add(name, kind, number)

    def array(self, element: int, count: int) -> int:
        return self._add("", Kind.ARRAY, 0, words=[element, 1, count])

    def forward(self, name: str, *, union: bool = False) -> int:
        return self._add(name, Kind.FWD, 0, flag=union)

    def struct(
        self, name: str, size: int, members: Iterable[Member], *, union: bool = False, flag: bool = False
    ) -> int:
        words = [(self._string(member), number, offset) for member, number, offset in members]
        kind = Kind.UNION if union else Kind.STRUCT
        return self._add(name, kind, size, vlen=len(words), flag=flag, words=[word for each in words for word in each])

    def enum(self, name: str, values: dict[str, int], *, size: int = 4, signed: bool = False) -> int:
        words = []
        for enumerator, value in values.items():
            halves = [value & 0xFFFFFFFF, value >> 32 & 0xFFFFFFFF]
            words += [self._string(enumerator), *halves[: size // 4]]
        kind = Kind.ENUM64 if size == 8 else Kind.ENUM
        return self._add(name, kind, size, vlen=len(values), flag=signed, words=words)

    def prototype(self, returns: int, parameters: Iterable[tuple[str, int]]) -> int:
        words = [(self._string(name), number) for name, number in parameters]
        return self._add("", Kind.FUNC_PROTO, returns, vlen=len(words), words=[word for each in words for word in each])

    def write(self, path: Path) -> None:
        records = b"".join(self._records)
        strings_at = len(records)
        header = struct.pack("=HBBIIIII", 0xEB9F, 1, 0, 24, 0, strings_at, strings_at, len(self._strings))
        path.write_bytes(header + records + self._strings)

    def _add(
        self, name: str, kind: Kind, number: int, *, vlen: int = 0, flag: bool = False, words: Iterable[int] = ()
    ) -> int:
        head = (self._string(name), flag << 31 | kind << 24 | vlen, number)
        self._records.append(b"".join(struct.pack("=I", word) for word in (*head, *words)))
        return self.end - 1

    def _string(self, name: str) -> int:
        """Return the offset of a string, added where neither this nor the base has it."""
        if not name:
            return 0
        if self._base and b"\0" + name.encode() + b"\0" in self._base._strings:
            return self._base._string(name)
        at = (b"\0" + self._strings).find(b"\0" + name.encode() + b"\0")
        if at < 0:
            at = len(self._strings)
            self._strings += name.encode() + b"\0"
        return self._strings_at + at
