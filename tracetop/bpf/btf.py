"""The running kernel's types, from its BTF: offsets of struct fields, arities of raw tracepoints.

Owns: the walk through BTF with libbpf. Refuses to own: what is done with offsets. The privileged tracer process.
"""

import ctypes
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Self

VMLINUX = Path("/sys/kernel/btf/vmlinux")
_KIND_PTR, _KIND_STRUCT, _KIND_UNION, _KIND_TYPEDEF, _KIND_FUNC_PROTO = 2, 4, 5, 8, 13


class _Type(ctypes.Structure):
    """struct btf_type; its members stand behind it."""

    _fields_ = (("name_off", ctypes.c_uint32), ("info", ctypes.c_uint32), ("size_or_type", ctypes.c_uint32))

    @property
    def kind(self) -> int:
        """BTF_KIND_*."""
        return int(self.info) >> 24 & 0x1F

    @property
    def count(self) -> int:
        """How many members or parameters stand behind it."""
        return int(self.info) & 0xFFFF

    @property
    def has_bitfields(self) -> bool:
        """Whether members' offsets hold a bit-field size in their upper 8 bits."""
        return bool(int(self.info) >> 31)


class _Member(ctypes.Structure):
    """struct btf_member."""

    _fields_ = (("name_off", ctypes.c_uint32), ("type", ctypes.c_uint32), ("offset", ctypes.c_uint32))


class _Found(NamedTuple):
    """A member, found: its place in the outermost struct, in bits."""

    type_id: int
    offset_bits: int
    bitfield_bits: int


class Btf:
    """The kernel's BTF, in memory for as long as this object lives."""

    def __init__(self, library: ctypes.CDLL, handle: int) -> None:
        self._library = library
        self._handle = ctypes.c_void_p(handle)
        weakref.finalize(self, library.btf__free, self._handle)

    @classmethod
    def load(cls) -> Self | None:
        """Return the running kernel's BTF, or None where kernel or libbpf has none."""
        if not VMLINUX.exists():
            return None
        try:
            library = ctypes.CDLL("libbpf.so.1", use_errno=True)
        except OSError:
            return None
        library.btf__load_vmlinux_btf.restype = ctypes.c_void_p
        library.btf__free.argtypes = [ctypes.c_void_p]
        library.btf__find_by_name_kind.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_uint32]
        library.btf__type_by_id.argtypes = [ctypes.c_void_p, ctypes.c_uint32]
        library.btf__type_by_id.restype = ctypes.c_void_p
        library.btf__name_by_offset.argtypes = [ctypes.c_void_p, ctypes.c_uint32]
        library.btf__name_by_offset.restype = ctypes.c_char_p
        library.btf__resolve_size.argtypes = [ctypes.c_void_p, ctypes.c_uint32]
        library.btf__resolve_size.restype = ctypes.c_int64
        handle = library.btf__load_vmlinux_btf()
        return cls(library, handle) if handle else None

    def field_offset(self, struct: str, field: str) -> tuple[int, int] | None:
        """Return (offset, size) in bytes of a field, also within anonymous members; None for a bit-field or no such."""
        struct_id = self._library.btf__find_by_name_kind(self._handle, struct.encode(), _KIND_STRUCT)
        found = self._find_member(struct_id, field) if struct_id > 0 else None
        if found is None or found.bitfield_bits or found.offset_bits % 8:
            return None
        return found.offset_bits // 8, int(self._library.btf__resolve_size(self._handle, found.type_id))

    def raw_tracepoint_arity(self, event: str) -> int | None:
        """Return how many arguments a raw tracepoint passes to its programs, or None where BTF does not know it.

        The kernel describes it by ``typedef void (*btf_trace_EVENT)(void *__data, ...)``.
        """
        typedef_id = self._library.btf__find_by_name_kind(self._handle, f"btf_trace_{event}".encode(), _KIND_TYPEDEF)
        if typedef_id <= 0:
            return None
        pointer = self._type(self._type(typedef_id).size_or_type)
        prototype = self._type(pointer.size_or_type)
        if pointer.kind != _KIND_PTR or prototype.kind != _KIND_FUNC_PROTO:
            return None
        return prototype.count - 1

    def _find_member(self, type_id: int, field: str, base_bits: int = 0) -> _Found | None:
        for name, member, bitfield_bits, offset_bits in self._members(type_id):
            if name == field:
                return _Found(member.type, base_bits + offset_bits, bitfield_bits)
            if not name and self._type(member.type).kind in (_KIND_STRUCT, _KIND_UNION):
                found = self._find_member(member.type, field, base_bits + offset_bits)
                if found is not None:
                    return found
        return None

    def _members(self, type_id: int) -> Iterator[tuple[str, _Member, int, int]]:
        """Yield name, member, bits of a bit-field (else 0) and offset in bits."""
        record = self._type(type_id)
        first = ctypes.addressof(record) + ctypes.sizeof(_Type)
        for index in range(record.count):
            member = _Member.from_address(first + index * ctypes.sizeof(_Member))
            offset = int(member.offset)
            bitfield_bits, offset_bits = (offset >> 24, offset & 0xFFFFFF) if record.has_bitfields else (0, offset)
            name: bytes = self._library.btf__name_by_offset(self._handle, member.name_off) or b""
            yield name.decode(), member, bitfield_bits, offset_bits

    def _type(self, type_id: int) -> _Type:
        return _Type.from_address(self._library.btf__type_by_id(self._handle, type_id))
