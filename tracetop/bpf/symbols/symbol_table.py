"""The functions of one binary, by address and by name; and names of C++ and Rust as their source has them.

Owns: the records of ELF symbol tables, the look-ups, and the C++ runtime's own function where it is installed. Refuses
to own: files. The privileged tracer process.
"""

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Self

import numpy as np

from tracetop.model.abi.rust_names import demangle_rust, without_hash

_SYMBOL = np.dtype(
    [("name", "<u4"), ("info", "u1"), ("other", "u1"), ("shndx", "<u2"), ("value", "<u8"), ("size", "<u8")]
)
_ROW = np.dtype([("address", "<u8"), ("size", "<u8"), ("name", "<u4"), ("hidden", "?")])
_OBJECT, _FUNCTION, _INDIRECT = 1, 2, 10
"""STT_OBJECT, STT_FUNC, STT_GNU_IFUNC."""
_HIDDEN = 0x8000
"""Of a version: not what a new program would be linked to."""
_MOST_SYMBOL_BYTES = 4096
"""Of a C++ name; a longer one, which nobody could read, is not worth what a hostile one may cost."""

Rows = np.ndarray[tuple[int], np.dtype[np.void]]


def variable_row(contents: bytes, strings: bytes, name: str) -> tuple[int, int] | None:
    """Return address and size of a variable that an ELF symbol table defines, None where it has none of that name."""
    symbols = np.frombuffer(contents[: len(contents) // _SYMBOL.itemsize * _SYMBOL.itemsize], _SYMBOL)
    wanted = name.encode(errors="surrogateescape") + b"\0"
    for symbol in symbols[((symbols["info"] & 0xF) == _OBJECT) & (symbols["shndx"] != 0)]:
        if strings.startswith(wanted, int(symbol["name"])):
            return int(symbol["value"]), int(symbol["size"])
    return None


def symbol_rows(contents: bytes, versions: bytes) -> Rows:
    """Return the functions that an ELF symbol table defines."""
    symbols = np.frombuffer(contents[: len(contents) // _SYMBOL.itemsize * _SYMBOL.itemsize], _SYMBOL)
    kinds = symbols["info"] & 0xF
    wanted = ((kinds == _FUNCTION) | (kinds == _INDIRECT)) & (symbols["shndx"] != 0) & (symbols["value"] != 0)
    rows = np.empty(int(wanted.sum()), _ROW)
    rows["address"], rows["size"] = symbols["value"][wanted], symbols["size"][wanted]
    rows["name"] = symbols["name"][wanted]
    rows["hidden"] = False
    if len(versions) == 2 * len(symbols):
        rows["hidden"] = (np.frombuffer(versions, "<u2")[wanted] & _HIDDEN) != 0
    return rows


@dataclass(frozen=True)
class SymbolTable:
    """Functions sorted by address."""

    rows: Rows
    """`name` counts from the start of `strings`."""
    strings: bytes
    farthest: np.ndarray[tuple[int], np.dtype[np.uint64]]
    """By row: the farthest end of it and all rows before it, so that a look-up knows when to stop going back."""

    @classmethod
    def of(cls, tables: list[tuple[Rows, bytes]]) -> Self:
        """Merge tables; of one function in two of them the first's name wins."""
        strings = b""
        parts = []
        for rows, names in tables:
            moved = rows[rows["name"] < len(names)].copy()
            moved["name"] += len(strings)
            parts.append(moved)
            strings += names + b"\0"
        merged = np.concatenate(parts) if parts else np.empty(0, _ROW)
        merged = merged[np.argsort(merged["address"], kind="stable")]
        ends = np.maximum.accumulate(merged["address"] + merged["size"]) if len(merged) else np.empty(0, np.uint64)
        return cls(merged, strings, ends)

    def find(self, address: int) -> tuple[str, int] | None:
        """Return (name, offset into it) of the function around an address, the innermost where several are."""
        index = int(np.searchsorted(self.rows["address"], np.uint64(address), side="right")) - 1
        found = None
        while index >= 0:
            row = self.rows[index]
            start = int(row["address"])
            if int(self.farthest[index]) <= address != start:
                break
            if found is not None and start < int(self.rows[found]["address"]):
                break
            # Hand-written assembler often gives no size: such a function is known at its first byte only.
            if address < start + int(row["size"]) or address == start:
                found = index
            index -= 1
        if found is None:
            return None
        return self._plainest(found), address - int(self.rows[found]["address"])

    def names(self) -> Iterator[tuple[str, int, int]]:
        """Yield (name, address, size) of every function; old versions of a name before the one in use."""
        for index in np.argsort(~self.rows["hidden"], kind="stable").tolist():
            name = self.name(index)
            if name:
                yield name, int(self.rows[index]["address"]), int(self.rows[index]["size"])

    def name(self, index: int) -> str:
        """Return the name of a row, without its version."""
        start = int(self.rows[index]["name"])
        text = self.strings[start : self.strings.index(b"\0", start)]
        return text.partition(b"@")[0].decode(errors="backslashreplace")

    def _plainest(self, index: int) -> str:
        """Return a row's name, or the plainest of several for the same address: ``write``, not ``__GI___write``."""
        start = self.rows[index]["address"]
        first = int(np.searchsorted(self.rows["address"], start, side="left"))
        last = int(np.searchsorted(self.rows["address"], start, side="right"))
        names = [self.name(same) for same in range(first, last)]
        return min(names, key=lambda name: (not name, name.startswith("_"), len(name), name))


@cache
def _runtime() -> tuple[ctypes.CDLL, ctypes.CDLL] | None:
    try:
        library, libc = ctypes.CDLL("libstdc++.so.6"), ctypes.CDLL(None)
    except OSError:
        return None
    library.__cxa_demangle.restype = ctypes.c_void_p
    library.__cxa_demangle.argtypes = [ctypes.c_char_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]
    libc.free.argtypes = [ctypes.c_void_p]
    return library, libc


def demangle(symbol: str) -> str:
    """Return ``ns::f(int)`` for ``_ZN2ns1fEi``; a symbol that is not of C++ or Rust, or cannot be read, as it is."""
    if symbol.startswith("_R") and len(symbol) <= _MOST_SYMBOL_BYTES:
        return demangle_rust(symbol) or symbol
    runtime = _runtime() if symbol.startswith("_Z") and len(symbol) <= _MOST_SYMBOL_BYTES else None
    if runtime is None:
        return symbol
    library, libc = runtime
    spoken = library.__cxa_demangle(symbol.encode(errors="surrogateescape"), None, None, None)
    if not spoken:
        return symbol
    try:
        return without_hash(ctypes.string_at(spoken).decode(errors="backslashreplace"))
    finally:
        libc.free(spoken)
