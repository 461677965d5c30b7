"""Where a function of a program finds its parameters when it is called: by its debug information, else by the C ABI.

Owns: the System V convention of x86-64, and that of arm64 for what goes into integer registers. Pure.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tracetop.lang.tree.hook import UsdtArgument
from tracetop.lang.vocabulary.builtins import ARGUMENTS, POINTERS, RETURN_ADDRESS_BYTES
from tracetop.model.ctype import BY_CONVENTION, CKind, CStruct, CType, DebugFunction

_REGISTERS = {
    "x86_64": ("ax", "dx", "cx", "bx", "si", "di", "bp", "sp", *(f"r{number}" for number in range(8, 16))),
    "aarch64": (*(f"regs[{number}]" for number in range(31)), "sp"),
}
"""Members of struct pt_regs by the numbers that DWARF has for registers."""
_WORD = 8
_IN_REGISTERS = 16
"""The most bytes of a struct that is passed in registers."""
_FLOAT_REGISTERS = 8
FindStruct = Callable[[str], CStruct | None]


@dataclass
class _Call:
    """How far a call's registers and stack are used up."""

    integers: list[str]
    floats: int = _FLOAT_REGISTERS
    stack: int = 0


def parameter_places(function: DebugFunction, arch: str, find: FindStruct) -> tuple[UsdtArgument | None, ...]:
    """Return where each parameter is at the function's first instruction, None for one that no program can read."""
    if arch not in _REGISTERS:
        return (None,) * len(function.registers)
    call = _Call(list(ARGUMENTS[arch]), stack=RETURN_ADDRESS_BYTES[arch])
    if function.result_by_address and arch == "x86_64":
        call.integers.pop(0)
    places = []
    for parameter, number in zip(function.function.parameters, function.registers, strict=True):
        place = _place(parameter.type, call, arch, find)
        if number != BY_CONVENTION:
            place = _in_register(parameter.type, number, arch)
        places.append(place)
    return tuple(places)


def _in_register(type_: CType, number: int, arch: str) -> UsdtArgument | None:
    registers = _REGISTERS[arch]
    if not 0 <= number < len(registers) or type_.size not in (1, 2, 4, 8) or not _is_plain(type_):
        return None
    return UsdtArgument(size=type_.size, signed=type_.signed, register=registers[number])


def _place(type_: CType, call: _Call, arch: str, find: FindStruct) -> UsdtArgument | None:
    """Return the place of the next parameter, and use it up."""
    if _is_plain(type_) and type_.size <= _WORD:
        if call.integers:
            return UsdtArgument(size=type_.size, signed=type_.signed, register=call.integers.pop(0))
        return _on_stack(type_, call, arch)
    if arch != "x86_64":
        call.integers.clear()  # the rules for all else differ, so nothing is known of what follows
        call.stack = -1
        return None
    if type_.kind is CKind.FLOAT and type_.size <= _WORD:
        call.floats -= 1
        return None if call.floats >= 0 else _on_stack(type_, call, arch)
    if type_.kind in (CKind.STRUCT, CKind.UNION) and type_.size <= _IN_REGISTERS:
        floats, integers = _classes(type_, find)
        if integers <= len(call.integers) and floats <= call.floats:
            del call.integers[:integers]
            call.floats -= floats
            return None
    elif _is_plain(type_) and len(call.integers) >= 2:  # an integer of 16 bytes
        del call.integers[:2]
        return None
    return _on_stack(type_, call, arch)


def _on_stack(type_: CType, call: _Call, arch: str) -> UsdtArgument | None:
    if call.stack < 0:
        return None
    at = call.stack
    call.stack += -(-max(type_.size, 1) // _WORD) * _WORD
    pointer = POINTERS[arch][1]
    return UsdtArgument(size=type_.size, signed=type_.signed, register=pointer, in_memory=True, displacement=at)


def _is_plain(type_: CType) -> bool:
    return type_.kind in (CKind.INT, CKind.BOOL, CKind.CHAR, CKind.ENUM, CKind.POINTER)


def _classes(type_: CType, find: FindStruct) -> tuple[int, int]:
    """Return how many registers for floating point and for integers a small struct takes."""
    words: dict[int, bool] = {}
    _mark(type_, 0, words, find)
    floats = sum(words.values())
    return floats, len(words) - floats


def _mark(type_: CType, offset: int, words: dict[int, bool], find: FindStruct) -> None:
    """Note of each word whether nothing but floating point is in it."""
    struct = find(type_.name) if type_.kind in (CKind.STRUCT, CKind.UNION) else None
    if struct is not None:
        for member in struct.fields:
            _mark(member.type, offset + member.offset, words, find)
    elif type_.kind is CKind.ARRAY and type_.element is not None:
        for i in range(type_.count):
            _mark(type_.element, offset + i * type_.element.size, words, find)
    else:
        for word in range(offset // _WORD, -(-(offset + type_.size) // _WORD)):
            words[word] = words.get(word, True) and type_.kind is CKind.FLOAT
