"""Joins a program's function with the callbacks that it hands to the kernel's loop helpers.

Owns: what becomes of markers, the order of functions, and the little BTF that the verifier wants of a program with
several. Refuses to own: where the instructions come from (`compile`) and the system call (`loader`). Pure.

The result is the function, then each callback that it or another callback names, each once. A callback begins with
instructions of our own: BCC's functions have one parameter, a helper calls back with up to four, so the others are
written to the context, and the context becomes the one parameter.
"""

import struct
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from tracetop.bpf.kernel.btf.raw import Kind
from tracetop.bpf.sys.uapi import Opcode, Pseudo
from tracetop.model.abi.relocations import MARK_BYTES, MarkerKind, parse_marker

_INSTRUCTION = struct.Struct("=BBhi")


def _instruction(code: int, to: int, source: int, offset: int = 0) -> bytes:
    return _INSTRUCTION.pack(code, to | source << 4, offset, 0)


_ENTRIES = {
    MarkerKind.LOOP: _instruction(Opcode.STORE_64, 2, 1) + _instruction(Opcode.MOVE_64, 1, 2),
    MarkerKind.ELEMENT: _instruction(Opcode.STORE_64, 4, 2)
    + _instruction(Opcode.STORE_64, 4, 3, 8)
    + _instruction(Opcode.MOVE_64, 1, 4),
}
"""How a callback begins: r1 is the index and r2 the context; r1 is the map, r2 key, r3 value and r4 the context."""


class Reference(NamedTuple):
    """A marker, `at` instructions into its text."""

    at: int
    kind: MarkerKind
    number: int


class Linked(NamedTuple):
    """A program of several functions; each is (name, number of its first instruction), the main one first."""

    instructions: bytes
    functions: tuple[tuple[str, int], ...]


def link(main: str, callbacks: Sequence[str], map_fds: Sequence[int], body: Callable[[str], bytes]) -> Linked:
    """Return `main` joined with the callbacks that it reaches; `body` gives a function's instructions by its name."""
    room = {MarkerKind.LOOP: len(callbacks), MarkerKind.ELEMENT: len(callbacks), MarkerKind.MAP: len(map_fds)}
    bodies = {main: body(main)}
    pending = [main]
    for name in pending:
        for _, kind, index in _references(bodies[name], room):
            if kind in _ENTRIES and callbacks[index] not in bodies:
                bodies[callbacks[index]] = _ENTRIES[kind] + body(callbacks[index])
                pending.append(callbacks[index])
    starts, end = {}, 0
    for name, code in bodies.items():
        starts[name] = end
        end += len(code) // _INSTRUCTION.size
    joined = bytearray(b"".join(bodies.values()))
    for at, kind, index in _references(joined, room):
        if kind in _ENTRIES:
            _put(joined, at, Pseudo.FUNC, starts[callbacks[index]] - at - 1)
        else:
            _put(joined, at, Pseudo.MAP_FD, map_fds[index])
    return Linked(bytes(joined), tuple(starts.items()))


def _references(code: bytes | bytearray, room: Mapping[MarkerKind, int]) -> list[Reference]:
    """Return the markers of things that there are; a number of a script that looks like one is but a number."""
    if MARK_BYTES not in code:
        return []
    found = []
    instructions = enumerate(_INSTRUCTION.iter_unpack(code))
    for at, (operation, registers, _, lower) in instructions:
        if operation == Opcode.LOAD_64:
            _, (_, _, _, upper) = next(instructions)
            marked = parse_marker(upper, lower) if registers >> 4 == 0 else None
            if marked and marked[1] < room[marked[0]]:
                found.append(Reference(at, *marked))
    return found


def _put(code: bytearray, at: int, pseudo: int, value: int) -> None:
    """Make the constant at an instruction one that the kernel resolves."""
    _, registers, _, _ = _INSTRUCTION.unpack_from(code, at * _INSTRUCTION.size)
    _INSTRUCTION.pack_into(code, at * _INSTRUCTION.size, Opcode.LOAD_64, registers | pseudo << 4, 0, value)
    _INSTRUCTION.pack_into(code, (at + 1) * _INSTRUCTION.size, 0, 0, 0, 0)


_BTF_MAGIC, _BTF_VERSION = 0xEB9F, 1
_BTF_HEADER = struct.Struct("=HBBIIIII")
_BTF_TYPE = struct.Struct("=III")
_INT, _FUNC, _FUNC_PROTO = (kind << 24 for kind in (Kind.INT, Kind.FUNC, Kind.FUNC_PROTO))
_SIGNED_32 = 1 << 24 | 32
_STATIC, _GLOBAL = 0, 1
_FUNC_INFO = struct.Struct("=II")
FUNC_INFO_BYTES = _FUNC_INFO.size


def function_types(functions: tuple[tuple[str, int], ...]) -> tuple[bytes, bytes]:
    """Return the BTF that describes these functions, and the func_info that says where each begins.

    The verifier takes a function for a callback only where it is known as static; what its parameters are is left open.
    """
    strings = bytearray(b"\0int\0")
    types = _BTF_TYPE.pack(1, _INT, 4) + struct.pack("=I", _SIGNED_32) + _BTF_TYPE.pack(0, _FUNC_PROTO, 1)
    info = b""
    for number, (name, first_instruction) in enumerate(functions, 3):
        types += _BTF_TYPE.pack(len(strings), _FUNC | (_STATIC if first_instruction else _GLOBAL), 2)
        strings += name.encode() + b"\0"
        info += _FUNC_INFO.pack(first_instruction, number)
    header = _BTF_HEADER.pack(_BTF_MAGIC, _BTF_VERSION, 0, _BTF_HEADER.size, 0, len(types), len(types), len(strings))
    return header + types + bytes(strings), info
