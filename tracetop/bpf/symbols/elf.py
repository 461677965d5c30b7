"""Reads ELF files: what code they have, under which names, and where in the file it is.

Owns: the format (64 bits, little endian), and the checks that a damaged or hostile file needs: nothing is mapped, for
a file that shrinks under a mapping would end the process. Refuses to own: which file, see `binaries`. The tracer.
"""

import lzma
import os
import stat
import struct
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Self

import numpy as np

from tracetop.bpf.symbols.debug_files import debug_file
from tracetop.bpf.symbols.symbol_table import SymbolTable, symbol_rows, variable_row
from tracetop.errors import KernelError

_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_SEGMENT = np.dtype(
    {
        "names": ("type", "flags", "offset", "vaddr", "paddr", "filesz", "memsz", "align"),
        "formats": ("<u4", "<u4", *["<u8"] * 6),
    }
)
_SECTION = np.dtype(
    {
        "names": ("name", "type", "flags", "addr", "offset", "size", "link", "info", "align", "entsize"),
        "formats": ("<u4", "<u4", "<u8", "<u8", "<u8", "<u8", "<u4", "<u4", "<u8", "<u8"),
    }
)
_IDENT = b"\x7fELF\x02\x01"
_PT_LOAD, _PF_X = 1, 1
_SHT_NOBITS = 8
_MAX_SECTION_BYTES = 512 << 20
_MAX_DEBUGDATA_BYTES = 64 << 20
_MAX_LINK_BYTES = 4096


class Segment(NamedTuple):
    """A part of the file that is mapped: `size` bytes at `offset` go to `address`."""

    offset: int
    address: int
    size: int
    executable: bool


class Section(NamedTuple):
    """A section; `link` is the index of the section that goes with it."""

    name: str
    type: int
    address: int
    offset: int
    size: int
    link: int


@dataclass(frozen=True)
class Elf:
    """An ELF file's contents, read at once or from an open descriptor while this object lives."""

    name: str
    """What errors call it."""
    data: bytes | None = None
    descriptor: int = -1
    size: int = 0
    segments: tuple[Segment, ...] = ()
    sections: tuple[Section, ...] = ()
    is_pie: bool = True
    """Whether it is mapped where the kernel likes: a library or a position-independent program."""

    @classmethod
    def open(cls, descriptor: int, name: str) -> Self:
        """Read the headers of an open file, which the caller closes. KernelError where it is not an ELF file."""
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise _refused(name, "it is not a regular file")
        return cls._parse(cls(name, descriptor=descriptor, size=status.st_size))

    @classmethod
    def of(cls, data: bytes, name: str) -> Self:
        """Read the headers of an ELF file in memory. KernelError where it is not one."""
        return cls._parse(cls(name, data=data, size=len(data)))

    @classmethod
    def _parse(cls, raw: "Elf") -> Self:
        head = raw.read(0, _HEADER.size) if raw.size >= _HEADER.size else b""
        if not head.startswith(b"\x7fELF"):
            raise _refused(raw.name, "it is not an ELF file (a script?)")
        if not head.startswith(_IDENT):
            raise _refused(raw.name, "it is not of 64 bits and little endian")
        _, kind, *_, ph_at, sh_at, _flags, _size, _ph_size, ph_count, _sh_size, sh_count, names_at = _HEADER.unpack(
            head
        )
        segments = tuple(
            Segment(int(row["offset"]), int(row["vaddr"]), int(row["filesz"]), bool(int(row["flags"]) & _PF_X))
            for row in raw.table(ph_at, ph_count, _SEGMENT)
            if int(row["type"]) == _PT_LOAD
        )
        rows = raw.table(sh_at, sh_count, _SECTION) if sh_at else np.empty(0, _SECTION)
        names = b""
        if names_at < len(rows):
            names = raw.read(int(rows[names_at]["offset"]), int(rows[names_at]["size"]))
        sections = tuple(
            Section(
                _text(names, int(row["name"])),
                *(int(row[column]) for column in ("type", "addr", "offset", "size", "link")),
            )
            for row in rows
        )
        return cls(raw.name, raw.data, raw.descriptor, raw.size, segments, sections, is_pie=kind != 2)

    def read(self, offset: int, size: int) -> bytes:
        """Return `size` bytes of the file. KernelError where it has not so many."""
        if size > _MAX_SECTION_BYTES or offset + size > self.size:
            raise _refused(self.name, "it is damaged: a part of it lies after its end")
        data = self.data[offset : offset + size] if self.data is not None else os.pread(self.descriptor, size, offset)
        if len(data) != size:
            raise _refused(self.name, "it became shorter while it was read")
        return data

    def table(self, offset: int, count: int, dtype: np.dtype[np.void]) -> np.ndarray[tuple[int], np.dtype[np.void]]:
        """Return `count` records of the file."""
        return np.frombuffer(self.read(offset, count * dtype.itemsize), dtype)

    def section(self, name: str) -> Section | None:
        """Return the section of that name, or None."""
        return next((section for section in self.sections if section.name == name), None)

    def contents(self, section: Section) -> bytes:
        """Return a section's bytes; none of one that is only a place in memory."""
        return b"" if section.type == _SHT_NOBITS else self.read(section.offset, section.size)

    def file_offset(self, address: int, *, executable: bool = False) -> int | None:
        """Return where in the file the byte of that address is, or None where none is."""
        for segment in self.segments:
            if 0 <= address - segment.address < segment.size and (segment.executable or not executable):
                return address - segment.address + segment.offset
        return None

    def address(self, offset: int) -> int | None:
        """Return the address of the code at an offset into the file, or None where there is no code."""
        for segment in self.segments:
            if segment.executable and 0 <= offset - segment.offset < segment.size:
                return offset - segment.offset + segment.address
        return None

    @property
    def build_id(self) -> str:
        """The build id in hex, empty for none."""
        section = self.section(".note.gnu.build-id")
        note = self.contents(section) if section and section.size < 256 else b""
        return note[16:].hex() if note[12:16] == b"GNU\0" else ""

    @property
    def debug_link(self) -> bytes:
        """What the section says that names a separate debug file; empty for none."""
        return self._small(".gnu_debuglink")

    @property
    def shared_debug_file(self) -> tuple[str, bytes]:
        """The build id of the file that this debug file shares parts with, empty for none, and no link."""
        return self._small(".gnu_debugaltlink").partition(b"\0")[2].hex(), b""

    def _small(self, name: str) -> bytes:
        section = self.section(name)
        return self.contents(section) if section and section.size < _MAX_LINK_BYTES else b""

    @cached_property
    def symbols(self) -> SymbolTable:
        """The functions by address: of the file, else of what the distribution has beside it."""
        tables = [self._rows(name) for name in (".symtab", ".dynsym")]
        if not len(tables[0][0]):
            tables += [extra._rows(".symtab") for extra in (self._debug_data(), self._debug_file()) if extra]
        return SymbolTable.of(tables)

    def variable(self, name: str) -> tuple[int, int] | None:
        """Return the address that a variable was linked for and its bytes, or None for an unknown one."""
        for table in (self.section(".symtab"), self.section(".dynsym")):
            if table is not None and table.link < len(self.sections):
                found = variable_row(self.contents(table), self.contents(self.sections[table.link]), name)
                if found:
                    return found
        return None

    def _rows(self, name: str) -> tuple[np.ndarray[tuple[int], np.dtype[np.void]], bytes]:
        """Return the functions of a symbol table, and the strings that name them."""
        section = self.section(name)
        if section is None or section.link >= len(self.sections):
            return symbol_rows(b"", b""), b""
        versions = self.section(".gnu.version") if name == ".dynsym" else None
        rows = symbol_rows(self.contents(section), self.contents(versions) if versions else b"")
        return rows, self.contents(self.sections[section.link])

    def _debug_data(self) -> "Elf | None":
        """Return the small symbol table that Fedora compresses into stripped files, or None."""
        section = self.section(".gnu_debugdata")
        if section is None:
            return None
        try:
            data = lzma.LZMADecompressor(memlimit=256 << 20).decompress(self.contents(section), _MAX_DEBUGDATA_BYTES)
            return Elf.of(data, self.name)
        except (lzma.LZMAError, KernelError):
            return None

    def _debug_file(self) -> "Elf | None":
        """Return the separate file with the symbols of this one, as the distribution installs it, or None."""
        try:
            with debug_file(self.build_id, self.debug_link, self.name) as descriptor:
                if descriptor is None:
                    return None
                return Elf.of(os.pread(descriptor, _MAX_SECTION_BYTES, 0), self.name)
        except (OSError, KernelError):
            return None


def _text(strings: bytes, start: int) -> str:
    return strings[start : strings.find(b"\0", start)].decode(errors="surrogateescape") if start < len(strings) else ""


def _refused(name: str, why: str) -> KernelError:
    return KernelError(f"the symbols of {name} cannot be read", why=why, hint="name a program or a library")
