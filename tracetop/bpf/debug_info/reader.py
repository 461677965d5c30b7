"""``python -m tracetop.bpf.debug_info.reader LABEL FD [FD]``: reads one program's debug information, and answers.

Started by `client`, not by a person. LABEL is what types have of the file in their names; the descriptors are the file
with the information, and one that it shares parts with. What they hold may be anybody's, so this process gives up all
rights before it reads them, and its memory and time are bounded. Queries come on fd 0 and answers leave on fd 1, a
length and as many bytes of msgpack each.
"""

import ctypes
import os
import resource
import select
import struct
import sys
from contextlib import suppress

import msgspec
from elftools.common.exceptions import DWARFError, ELFError
from elftools.elf.elffile import ELFFile

from tracetop.bpf.debug_info.functions import Functions
from tracetop.bpf.debug_info.lines import addresses_of
from tracetop.bpf.debug_info.types import Types
from tracetop.model.wire.debug_info import (
    AddressesOf,
    Answer,
    EnumNamed,
    FunctionsAt,
    Query,
    StructNamed,
    TypeNamed,
    TypeNames,
)

HEAD = struct.Struct("<I")
_NOBODY = 65534
_MEMORY_BYTES = 2 << 30
_CPU_S = 120
_IDLE_S = 20.0
_CAPABILITY_VERSION = 0x20080522


class Reader:
    """Answers queries about one file."""

    def __init__(self, label: str, descriptors: list[int]) -> None:
        streams = [open(descriptor, "rb", closefd=False) for descriptor in descriptors]  # noqa: SIM115
        self._dwarf = ELFFile(streams[0]).get_dwarf_info(follow_links=False)
        for shared in streams[1:]:
            self._dwarf.supplementary_dwarfinfo = ELFFile(shared).get_dwarf_info(follow_links=False)
        self._types = Types(self._dwarf, label)
        self._functions = Functions(self._dwarf, self._types)

    def answer(self, query: Query) -> Answer:
        """Return the answer."""
        match query:
            case FunctionsAt(addresses):
                return Answer(functions=tuple(map(self._functions.at, addresses)))
            case TypeNamed(name):
                return Answer(type=self._types.named(name))
            case StructNamed(name):
                return Answer(struct=self._types.struct(name))
            case EnumNamed(name):
                return Answer(enum=self._types.enum(name))
            case AddressesOf(file, line):
                return Answer(addresses=tuple(addresses_of(self._dwarf, file, line)))
            case TypeNames(tag):
                return Answer(names=tuple(sorted(self._types.names(tag))))


def main() -> int:
    """Answer until nobody asks any more; return the exit code."""
    _give_up_rights()
    reader: Reader | None = None
    while (data := _query()) is not None:
        try:
            reader = reader or Reader(sys.argv[1], [int(word) for word in sys.argv[2:]])
            answer = reader.answer(msgspec.msgpack.decode(data, type=Query))
        except (
            ELFError,
            DWARFError,
            ValueError,
            KeyError,
            IndexError,
            TypeError,
            AttributeError,
            MemoryError,
        ) as error:
            answer = Answer(failure=f"{type(error).__name__}: {error}")  # a damaged file shows itself in many ways
        body = msgspec.msgpack.encode(answer)
        _write(HEAD.pack(len(body)) + body)
    return 0


def _query() -> bytes | None:
    if not select.select([0], [], [], _IDLE_S)[0]:
        return None
    head = _read(HEAD.size)
    return _read(HEAD.unpack(head)[0]) if head else None


def _read(size: int) -> bytes:
    data = b""
    while len(data) < size and (part := os.read(0, size - len(data))):
        data += part
    return data


def _write(data: bytes) -> None:
    while data:
        data = data[os.write(1, data) :]


def _give_up_rights() -> None:
    """Become nobody, who may do nothing and use no more than so much."""
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_S, _CPU_S))
    with suppress(PermissionError):  # where it is not root
        os.setgroups([])
        os.setresgid(_NOBODY, _NOBODY, _NOBODY)
        os.setresuid(_NOBODY, _NOBODY, _NOBODY)
    head, none = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0), (ctypes.c_uint32 * 6)()
    if ctypes.CDLL(None).capset(head, none) < 0:
        raise OSError("the capabilities cannot be given up")


if __name__ == "__main__":
    sys.exit(main())
