"""From the bytes that a program wrote to data, by the layout that the compiler gave them.

Owns: the layouts of `model.value`. Refuses to own: names (`machine_names`) and how data are printed. Each layout
becomes a closure once, so that an event costs only what its own values cost.
"""

import os
import socket
import struct
from collections.abc import Callable, Sequence

from tracetop.model.escape import escape
from tracetop.model.program import Conversion
from tracetop.model.value import Shape, ValuePart, ValueType
from tracetop.tracer.printing.machine_names import MachineNames
from tracetop.tracer.printing.values import Buffer, Datum, Named, Stack

Read = Callable[[bytes, int], Datum]
"""Decodes the value that begins at an offset."""
Clean = Callable[[bytes], str]
"""Turns bytes that came from the machine into text for one kind of sink."""

_AF_INET, _AF_INET6 = 2, 10
_CODES = {1: "b", 2: "h", 4: "i", 8: "q"}
_U32 = struct.Struct("=I")
_U64 = struct.Struct("=Q")
_STACK = struct.Struct("=iI")


StackAddresses = Callable[[str, int], tuple[int, ...]]
"""From a stack map's C name and an id to addresses, innermost first; empty for a stack that is lost."""


def spelt_text(data: bytes) -> str:
    """Return what the machine calls something as text that no terminal interprets, and that begins no line.

    A newline within a task's name would forge one, wherever the output goes: into a pipe too, which somebody reads.
    """
    return escape(data.decode(errors="surrogateescape"), keep="\t")


def raw_text(data: bytes) -> str:
    """Return text whose odd bytes come out again as they were."""
    return data.decode(errors="surrogateescape")


def json_text(data: bytes) -> str:
    r"""Return text that JSON can hold: a byte that is not UTF-8 is spelt ``\xff``."""
    return data.decode(errors="backslashreplace")


class Decoder:
    """Makes decoders of values."""

    def __init__(
        self, names: MachineNames, addresses: StackAddresses, clean: Clean = spelt_text, own: Clean = raw_text
    ) -> None:
        """Make text of what comes from the machine with `clean`, and of the script's own words with `own`."""
        self._names = names
        self._addresses = addresses
        self._clean = clean
        self._own = own
        self.wall_ns = names.wall_ns
        self.cut: set[Conversion] = set()
        """Conversions of formats that printed 32 bits of a number that has more."""

    def reader(self, type_: ValueType) -> Read:
        """Return what decodes values of this type."""
        read: Read
        match type_.shape:
            case Shape.INTEGER | Shape.BOOL | Shape.ENUM | Shape.POINTER:
                read = self._number(type_)
            case Shape.TUPLE:
                read = self._tuple(type_)
            case Shape.STRUCT:
                read = self._struct(type_)
            case Shape.ARRAY:
                read = self._array(type_)
            case Shape.KSTACK | Shape.USTACK:
                read = self._stack(type_)
            case Shape.STRING | Shape.BUFFER | Shape.STRFTIME:
                read = self._sized(type_)
            case _:
                read = self._known(type_.shape, type_.text)
        return read

    def part(self, part: ValuePart) -> Callable[[bytes], Datum]:
        """Return what decodes one member of a payload or key."""
        ((_, offset, read),) = self._members((part,))
        return lambda data: read(data, offset)

    def character(self, value: int) -> str:
        """Return the text of one byte of a string: as little to be trusted as the string."""
        return self._clean(bytes([value & 0xFF]))

    def number(self, type_: ValueType) -> Callable[[int], Datum]:
        """Return what turns a number that was read as a signed 64-bit one into a value of this type."""
        named = self._naming(type_)
        if type_.size not in (1, 2, 4, 8):
            return named or _same
        bits = 8 * type_.size
        top, mask = 1 << (bits - 1), (1 << bits) - 1
        signed = type_.signed and type_.shape is Shape.INTEGER

        def number(value: int) -> Datum:
            value &= mask
            if signed and value & top:
                value -= mask + 1
            return named(value) if named else value

        return number

    def _naming(self, type_: ValueType) -> Callable[[int], Datum] | None:
        """Return what makes a datum of a number, None where the number is one."""
        names = type_.names
        match type_.shape:
            case Shape.BOOL:
                return bool
            case Shape.ENUM:
                return lambda value: Named(value, names.get(value, str(value)))
            case Shape.POINTER:
                return lambda value: Named(value, f"{value:#x}")
            case _:
                return None

    def _members(self, parts: Sequence[ValuePart]) -> list[tuple[str, int, Read]]:
        return [
            (part.name, part.offset, self._bit_field(part) if part.bits else self.reader(part.type)) for part in parts
        ]

    def _number(self, type_: ValueType) -> Read:
        number, named = _number_reader(type_), self._naming(type_)
        return (lambda data, at: named(number(data, at))) if named else number

    def _tuple(self, type_: ValueType) -> Read:
        members = self._members(type_.parts)
        return lambda data, at: tuple([read(data, at + offset) for _, offset, read in members])

    def _struct(self, type_: ValueType) -> Read:
        members = self._members(type_.parts)
        return lambda data, at: {name: read(data, at + offset) for name, offset, read in members}

    def _bit_field(self, part: ValuePart) -> Read:
        unit = _number_reader(ValueType(size=part.type.size, signed=False))
        mask, top = (1 << part.bits) - 1, 1 << (part.bits - 1)
        signed = part.type.signed and part.type.shape is Shape.INTEGER
        named = self._naming(part.type) or _same

        def read(data: bytes, at: int) -> Datum:
            value = unit(data, at) >> part.bit_offset & mask
            return named(value - mask - 1 if signed and value & top else value)

        return read

    def _array(self, type_: ValueType) -> Read:
        assert type_.element is not None
        read, size, count = self.reader(type_.element), type_.element.size, type_.count
        return lambda data, at: [read(data, at + i * size) for i in range(count)]

    def _stack(self, type_: ValueType) -> Read:
        mode, depth, kernel = type_.text or "bpftrace", type_.depth or None, type_.shape is Shape.KSTACK

        def read(data: bytes, at: int) -> Datum:
            if kernel:
                (stack_id,), pid = struct.unpack_from("=i", data, at), 0
            else:
                stack_id, pid = _STACK.unpack_from(data, at)
            addresses = self._addresses(type_.map, stack_id)[:depth]
            lines = (
                self._names.kernel_frames(addresses, mode) if kernel else self._names.user_frames(pid, addresses, mode)
            )
            return Stack(tuple(self._clean(os.fsencode(line)) for line in lines), mode != "perf")

        return read

    def _sized(self, type_: ValueType) -> Read:
        names, size, form = self._names, type_.size, type_.text
        if type_.shape is Shape.STRING:
            cut = form.encode(errors="surrogateescape")
            return _string(size, cut, self._own if type_.own else self._clean)
        if type_.shape is Shape.BUFFER:
            return lambda data, at: Buffer(data[at + 4 : at + 4 + min(_u32(data, at), size - 4)])
        return lambda data, at: names.wall_clock(_u64(data, at), form)

    def _known(self, shape: Shape, form: str) -> Read:
        """Return what decodes to a name that the machine has for a number, or to a number's own notation."""
        names, clean = self._names, self._clean
        finders: dict[Shape, Callable[[bytes, int], str]] = {
            Shape.KSYM: lambda data, at: names.kernel_symbol(_u64(data, at)),
            Shape.USYM: lambda data, at: names.user_symbol(_u32(data, at + 8), _u64(data, at)),
            Shape.USERNAME: lambda data, at: names.user(_u32(data, at)),
            Shape.COMM: lambda data, at: names.process_name(_u32(data, at), data[at + 8 : at + 24]),
            Shape.SYSCALL: lambda data, at: names.syscall_name(_u32(data, at)),
            Shape.CGROUP_PATH: lambda data, at: names.cgroup_path(_u64(data, at), form),
            Shape.ERROR: lambda data, at: os.strerror(_u64(data, at) & 0x7FFFFFFF),
            Shape.INET: _inet,
            Shape.MAC: lambda data, at: ":".join(f"{byte:02X}" for byte in data[at : at + 6]),
        }
        find = finders.get(shape)
        return (lambda data, at: clean(os.fsencode(find(data, at)))) if find else lambda _data, _at: None


def _string(size: int, cut: bytes, clean: Clean) -> Read:
    """Return what decodes a string of at most `size` bytes; `cut` follows one that has no NUL."""

    def read(data: bytes, at: int) -> Datum:
        text = data[at : at + size].split(b"\0", 1)[0]
        return clean(text + cut if cut and len(text) == size else text)

    return read


def struct_code(type_: ValueType) -> str:
    """Return struct's code of a number as its own type has it, empty for one of an odd size."""
    code = _CODES.get(type_.size, "")
    return code if type_.signed and type_.shape in (Shape.INTEGER, Shape.ENUM) else code.upper()


def _number_reader(type_: ValueType) -> Callable[[bytes, int], int]:
    """Return what reads a plain number; 0 bytes are none, odd sizes are read as unsigned."""
    size, code = type_.size, struct_code(type_)
    if not code:
        return lambda data, at: int.from_bytes(data[at : at + size], "little")
    unpack = struct.Struct(f"={code}").unpack_from
    return lambda data, at: int(unpack(data, at)[0])


def _u32(data: bytes, at: int) -> int:
    return int(_U32.unpack_from(data, at)[0])


def _u64(data: bytes, at: int) -> int:
    return int(_U64.unpack_from(data, at)[0])


def _same(value: int) -> Datum:
    return value


def _inet(data: bytes, at: int) -> str:
    family = _u32(data, at)
    address = data[at + 4 : at + 20]
    if family == _AF_INET:
        return socket.inet_ntop(socket.AF_INET, address[:4])
    return socket.inet_ntop(socket.AF_INET6, address) if family == _AF_INET6 else ""
