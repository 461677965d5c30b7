"""Static probes (USDT) of a binary: the notes that sys/sdt.h leaves in it.

Owns: the section .note.stapsdt, and turning its addresses into places in the file. Refuses to own: what an argument's
text means (`lang.resolve`). The privileged tracer process.
"""

import re
import struct
from collections.abc import Iterator

from tracetop.bpf.symbols.elf import Elf
from tracetop.model.kernel import UsdtProbe

_NOTE = struct.Struct("<III")
_ADDRESSES = struct.Struct("<QQQ")
_TYPE = 3
_OWNER = b"stapsdt\0"
_ARGUMENT_SPLIT = re.compile(r"\s+(?=-?[1248]f?@)")


def usdt_probes(elf: Elf) -> tuple[UsdtProbe, ...]:
    """Return every place of every static probe of the binary. KernelError where the file is damaged."""
    found = (
        _probe(elf, note)
        for section in elf.sections
        if section.name == ".note.stapsdt"
        for note in _notes(elf.contents(section))
    )
    return tuple(dict.fromkeys(probe for probe in found if probe is not None))


def _notes(contents: bytes) -> Iterator[bytes]:
    """Yield the descriptions of the section's notes."""
    at = 0
    while at + _NOTE.size <= len(contents):
        name_size, size, kind = _NOTE.unpack_from(contents, at)
        owner_at = at + _NOTE.size
        at = owner_at + (name_size + 3) // 4 * 4
        if kind == _TYPE and contents[owner_at : owner_at + name_size] == _OWNER:
            yield contents[at : at + size]
        at += (size + 3) // 4 * 4


def _probe(elf: Elf, note: bytes) -> UsdtProbe | None:
    """Return the probe that a note describes, or None where the note or its place makes no sense."""
    if len(note) < _ADDRESSES.size:
        return None
    address, base, semaphore = _ADDRESSES.unpack_from(note)
    strings = note[_ADDRESSES.size :].split(b"\0")
    if len(strings) < 3 or not strings[1]:
        return None
    # Prelinking moves code and leaves notes as they were: the section .stapsdt.base tells how far.
    section = elf.section(".stapsdt.base")
    moved = section.address - base if section and base else 0
    offset = elf.file_offset(address + moved, executable=True)
    counter = elf.file_offset(semaphore + moved) if semaphore else 0
    if offset is None or counter is None:
        return None
    provider, name, arguments = (part.decode(errors="backslashreplace") for part in strings[:3])
    return UsdtProbe(
        provider=provider,
        name=name,
        offset=offset,
        semaphore=counter,
        arguments=tuple(part for part in _ARGUMENT_SPLIT.split(arguments.strip()) if part),
    )
