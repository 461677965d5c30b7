"""Names for kernel addresses, from /proc/kallsyms.

Owns: one sorted copy of the kernel's text symbols, and when to read it anew. Refuses to own: how frames are shown.
libbcc's own copy takes as long to
read (0.1 s), twice the memory (13 MB for 120,000 symbols), and stays for ever. The privileged tracer process.
"""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np

_TEXT_SYMBOL = re.compile(rb"^([0-9a-f]+) [tTwW] ", re.MULTILINE)
_FARTHEST = 1 << 20
"""No function is this long: an address so far after a symbol is not in it."""
_MAX_RELOADS = 8
"""Reads of the list for addresses that it did not have, so that odd addresses do not cost 0.1 s each for ever."""


def read_kallsyms() -> bytes:
    """Return the kernel's own list of symbols."""
    return Path("/proc/kallsyms").read_bytes()


def symbol_address(name: str) -> int | None:
    """Return the address of a kernel symbol, data too; None where there is none, or where addresses are hidden."""
    found = re.search(rb"^([0-9a-f]+) \S " + re.escape(name.encode()) + rb"(?:\t.*)?$", read_kallsyms(), re.MULTILINE)
    return int(found[1], 16) or None if found else None


def has_symbol(name: str) -> bool:
    """Say whether the kernel has a symbol of that name, where addresses are hidden too."""
    return re.search(rb"^[0-9a-f]+ \S " + re.escape(name.encode()) + rb"$", read_kallsyms(), re.MULTILINE) is not None


class KernelSymbols:
    """Looks names up; reads the list at the first look-up, and again when programs or modules came meanwhile."""

    def __init__(self, read: Callable[[], bytes] = read_kallsyms) -> None:
        self._read = read
        self._text = b""
        self._addresses = np.empty(0, np.uint64)
        self._starts = np.empty(0, np.uint32)
        self._loads = 0

    @property
    def hidden(self) -> bool:
        """Whether the kernel shows every address as zero: kernel.kptr_restrict is 2, or 1 and we lack CAP_SYSLOG."""
        self._ensure_loaded()
        return not len(self._addresses)

    def name(self, address: int) -> tuple[str, int]:
        """Return (symbol, offset into it), a module's symbol as ``name [module]``; unknown: (``0x…``, 0)."""
        self._ensure_loaded()
        found = self._find(address)
        if found is None and self._loads <= _MAX_RELOADS and not self.hidden:
            self._load()
            found = self._find(address)
        return found or (f"0x{address:x}", 0)

    def _find(self, address: int) -> tuple[str, int] | None:
        index = int(np.searchsorted(self._addresses, np.uint64(address), side="right")) - 1
        if index < 0 or address - int(self._addresses[index]) > _FARTHEST:
            return None
        # The first of several names of one address, so that it does not depend on the list's length.
        start = int(self._addresses[index])
        index = int(np.searchsorted(self._addresses, np.uint64(start), side="left"))
        where = int(self._starts[index])
        line = self._text[where : self._text.index(b"\n", where)].decode(errors="replace")
        return line.replace("\t", " "), address - start

    def _ensure_loaded(self) -> None:
        if not self._loads:
            self._load()

    def _load(self) -> None:
        self._loads += 1
        text = self._read()
        pairs = np.fromiter(
            ((int(match[1], 16), match.end()) for match in _TEXT_SYMBOL.finditer(text)),
            dtype=np.dtype([("address", np.uint64), ("start", np.uint32)]),
        )
        pairs = pairs[pairs["address"] != 0]
        pairs = pairs[np.argsort(pairs["address"], kind="stable")]
        self._text = text if text.endswith(b"\n") else text + b"\n"
        self._addresses = np.ascontiguousarray(pairs["address"])
        self._starts = np.ascontiguousarray(pairs["start"])
