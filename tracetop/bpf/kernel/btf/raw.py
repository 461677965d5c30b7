"""BTF as it lies in memory: records by number, numbers by name. libbpf parses it, ctypes reads what it parsed.

Owns: the layout of the records (Documentation/bpf/btf.rst). Refuses to own: what they mean as C; see `types`.
The privileged tracer process. Nothing is copied and nothing indexed, so that a script that asks for one field
pays 10 ms for the parse and some microseconds for the question.
"""

import ctypes
import re
import struct
import weakref
from collections.abc import Iterator
from enum import IntEnum
from functools import cache
from pathlib import Path
from typing import NamedTuple, Self

_RECORD = struct.Struct("=III")
_HEADER = struct.Struct("=HBBIIIII")


class Kind(IntEnum):
    """BTF_KIND_*."""

    VOID = 0
    INT = 1
    PTR = 2
    ARRAY = 3
    STRUCT = 4
    UNION = 5
    ENUM = 6
    FWD = 7
    TYPEDEF = 8
    VOLATILE = 9
    CONST = 10
    RESTRICT = 11
    FUNC = 12
    FUNC_PROTO = 13
    VAR = 14
    DATASEC = 15
    FLOAT = 16
    DECL_TAG = 17
    TYPE_TAG = 18
    ENUM64 = 19


_WORDS = {
    Kind.INT: (1, 0),
    Kind.ARRAY: (3, 0),
    Kind.STRUCT: (0, 3),
    Kind.UNION: (0, 3),
    Kind.ENUM: (0, 2),
    Kind.FUNC_PROTO: (0, 2),
    Kind.VAR: (1, 0),
    Kind.DATASEC: (0, 3),
    Kind.DECL_TAG: (1, 0),
    Kind.ENUM64: (0, 3),
}
"""By kind: the 32-bit words after a record, and those of each of its members."""


class Record(NamedTuple):
    """struct btf_type."""

    name: str
    kind: Kind
    vlen: int
    """Members, enumerators or parameters that follow it."""
    flag: bool
    """kind_flag: bit-field sizes in members' offsets, a signed enum, a forward declaration of a union."""
    number: int
    """Size in bytes, or the type that it refers to."""
    address: int


class RawBtf:
    """The BTF of the kernel or, above that of the kernel, of one of its modules."""

    def __init__(self, library: ctypes.CDLL, handle: int, base: Self | None = None) -> None:
        self._library = library
        self._handle = ctypes.c_void_p(handle)
        self.base = base
        # Not at exit: the order there would free a base before what stands on it.
        weakref.finalize(self, library.btf__free, self._handle).atexit = False

    @classmethod
    def load(cls, path: Path, base: Self | None = None) -> Self | None:
        """Return the BTF of a file, or None where there is no such file, it is damaged, or there is no libbpf."""
        library = _libbpf()
        if library is None or not path.exists():
            return None
        handle = library.btf__parse_raw_split(bytes(path), base._handle if base else None)
        # An error is a small negative number before libbpf 1.0 and NULL since.
        return cls(library, handle, base) if handle and ctypes.c_long(handle).value > 0 else None

    @property
    def first(self) -> int:
        """The number of its first own record: those before it are the base's."""
        return self.base.end if self.base else 1

    @property
    def end(self) -> int:
        """One more than the number of its last record."""
        return int(self._library.btf__type_cnt(self._handle))

    def find(self, name: str, kind: Kind) -> int | None:
        """Return the number of the first record, the base's included, of that name and kind."""
        found = int(self._library.btf__find_by_name_kind(self._handle, name.encode(), kind))
        return found if found > 0 else None

    def record(self, number: int) -> Record:
        """Return a record."""
        address = self._address(number)
        name_offset, info, size_or_type = _RECORD.unpack(ctypes.string_at(address, _RECORD.size))
        kind = Kind(info >> 24 & 0x1F)
        return Record(self.name(name_offset), kind, info & 0xFFFF, bool(info >> 31), size_or_type, address)

    def members(self, record: Record) -> Iterator[tuple[int, ...]]:
        """Yield the words of each member, enumerator or parameter."""
        words = _WORDS[record.kind][1]
        data = ctypes.string_at(record.address + _RECORD.size, 4 * words * record.vlen)
        return struct.iter_unpack(f"={words}I", data)

    def words(self, record: Record) -> tuple[int, ...]:
        """Return the words after a record without members."""
        count = _WORDS[record.kind][0]
        return struct.unpack(f"={count}I", ctypes.string_at(record.address + _RECORD.size, 4 * count))

    def name(self, offset: int) -> str:
        """Return the string at an offset of the string section."""
        text: bytes = self._library.btf__name_by_offset(self._handle, offset) or b""
        return text.decode(errors="replace")

    def find_enumerator(self, name: str) -> int | None:
        """Return the number of an enum of its own that has an enumerator of that name.

        Looks for the name in the strings, then for the name's offset in the records: 3 ms, where visiting all
        records takes 50 times as long.
        """
        name_offset = self._string_offset(name)
        if name_offset is None:
            return None
        types, _ = self._sections()
        first = self._address(self.first)
        for match in re.finditer(re.escape(struct.pack("=I", name_offset)), types):
            number = self._number_at(first + match.start())
            record = self.record(number)
            enum = record.kind in (Kind.ENUM, Kind.ENUM64)
            if enum and any(member[0] == name_offset for member in self.members(record)):
                return number
        return None

    def names(self, *kinds: Kind) -> Iterator[str]:
        """Yield the names of its own records of these kinds; visits all records."""
        types, _ = self._sections()
        words = memoryview(types).cast("B").cast("I")
        extra = [_WORDS.get(Kind(kind), (0, 0)) for kind in range(len(Kind))]
        at = 0
        while at < len(words):
            kind = words[at + 1] >> 24 & 0x1F
            if kind in kinds:
                yield self.name(words[at])
            fixed, each = extra[kind]
            at += 3 + fixed + each * (words[at + 1] & 0xFFFF)

    def _address(self, number: int) -> int:
        address = self._library.btf__type_by_id(self._handle, number)
        if not address:
            raise ValueError(f"BTF has no type {number}")
        return int(address)

    def _number_at(self, address: int) -> int:
        """Return the number of its own record that an address is in: records lie in the order of their numbers."""
        low, high = self.first, self.end
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self._address(middle) <= address else (low, middle)
        return low

    def _sections(self) -> tuple["ctypes.Array[ctypes.c_char]", "ctypes.Array[ctypes.c_char]"]:
        """Return its own records and strings, in libbpf's memory."""
        size = ctypes.c_uint32()
        start = int(self._library.btf__raw_data(self._handle, ctypes.byref(size)))
        header = _HEADER.unpack(ctypes.string_at(start, _HEADER.size))
        header_size, types_at, types_size, strings_at, strings_size = header[3:]
        types = (ctypes.c_char * types_size).from_address(start + header_size + types_at)
        return types, (ctypes.c_char * strings_size).from_address(start + header_size + strings_at)

    def _string_offset(self, name: str) -> int | None:
        in_base = self.base._string_offset(name) if self.base else None
        if in_base is not None:
            return in_base
        match = re.search(rb"\0" + re.escape(name.encode()) + rb"\0", self._sections()[1])
        return match.start() + 1 + self._strings_before() if match else None

    def _strings_before(self) -> int:
        return len(self.base._sections()[1]) + self.base._strings_before() if self.base else 0


@cache
def _libbpf() -> ctypes.CDLL | None:
    try:
        library = ctypes.CDLL("libbpf.so.1", use_errno=True)
    except OSError:
        return None
    library.btf__parse_raw_split.restype = ctypes.c_void_p
    library.btf__parse_raw_split.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
    library.btf__free.argtypes = [ctypes.c_void_p]
    library.btf__type_cnt.argtypes = [ctypes.c_void_p]
    library.btf__find_by_name_kind.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_uint32]
    library.btf__type_by_id.argtypes = [ctypes.c_void_p, ctypes.c_uint32]
    library.btf__type_by_id.restype = ctypes.c_void_p
    library.btf__name_by_offset.argtypes = [ctypes.c_void_p, ctypes.c_uint32]
    library.btf__name_by_offset.restype = ctypes.c_char_p
    library.btf__raw_data.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
    library.btf__raw_data.restype = ctypes.c_void_p
    return library
