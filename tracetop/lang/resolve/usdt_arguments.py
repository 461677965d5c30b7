"""Where the arguments of a static user-space probe (USDT) are: the assembler's words for it, taken apart.

Owns: the operands of x86-64 and arm64 as compilers write them into a probe's note, e.g. ``-4@%edi``, ``8@-16(%rbp)``,
``1@$5``, ``-4@[sp, 60]``. Refuses to own: the note itself (`bpf.usdt`) and the C that reads an argument.
"""

import re
from typing import Any

from tracetop.lang.tree.hook import UsdtArgument

_ARGUMENT = re.compile(r"(?P<size>-?[1248])@(?P<operand>[^@]+)")
_LEGACY = ("ax", "bx", "cx", "dx", "si", "di", "bp", "sp")


def parse_arguments(operands: tuple[str, ...], arch: str) -> tuple[UsdtArgument | None, ...]:
    """Return each argument, None for one in a place that a BPF program cannot read (a floating-point register)."""
    operand_of = {"x86_64": _x86_operand, "aarch64": _arm_operand}.get(arch)
    if operand_of is None:
        return (None,) * len(operands)
    found: list[UsdtArgument | None] = []
    for text in operands:
        match = _ARGUMENT.fullmatch(text.strip())
        size = int(match["size"]) if match else 0
        place = operand_of(match["operand"].strip()) if match else None
        found.append(UsdtArgument(size=abs(size), signed=size < 0, **place) if place is not None else None)
    return tuple(found)


def _x86_registers() -> dict[str, tuple[str, int]]:
    """Return (member of struct pt_regs, shift) by the assembler's name."""
    registers = {"rip": ("ip", 0)}
    for name in _LEGACY:
        low = name[0] if name[1] == "x" else name
        registers |= {f"r{name}": (name, 0), f"e{name}": (name, 0), name: (name, 0), f"{low}l": (name, 0)}
        if name[1] == "x":
            registers[f"{low}h"] = (name, 8)
    for number in range(8, 16):
        registers |= {f"r{number}{width}": (f"r{number}", 0) for width in ("", "d", "w", "b")}
    return registers


_X86 = _x86_registers()
_X86_MEMORY = re.compile(
    r"(?P<displacement>[-+]?(?:0x[0-9a-fA-F]+|\d+))?"
    r"\((?:%(?P<base>\w+))?(?:,\s*%(?P<index>\w+)(?:,\s*(?P<scale>[1248]))?)?\)"
)


def _x86_operand(text: str) -> dict[str, Any] | None:
    if text.startswith("$"):
        return _constant(text[1:])
    if text.startswith("%"):
        found = _X86.get(text[1:])
        return {"register": found[0], "shift": found[1]} if found else None
    match = _X86_MEMORY.fullmatch(text)
    if match is None or not (match["base"] or match["index"]):
        return None
    names = {part: _X86.get(match[part], ("", 0))[0] for part in ("base", "index") if match[part]}
    if not all(names.values()):
        return None
    return {
        "in_memory": True,
        "register": names.get("base", ""),
        "displacement": int(match["displacement"] or "0", 0),
        "index": names.get("index", ""),
        "scale": int(match["scale"] or 1),
    }


_ARM_REGISTER = re.compile(r"[xw](\d{1,2})|(sp)")
_ARM_MEMORY = re.compile(
    r"\[(?P<base>\w+)(?:,\s*(?:#?(?P<displacement>-?\d+)|(?P<index>\w+)(?:,\s*(?:lsl|sxtw|uxtw|sxtx)\s*#?(?P<shift>\d))?))?\]"
)


def _arm_operand(text: str) -> dict[str, Any] | None:
    register = _arm_register(text)
    if register:
        return {"register": register}
    match = _ARM_MEMORY.fullmatch(text)
    if match is None:
        return _constant(text.removeprefix("#"))
    base, index = _arm_register(match["base"]), _arm_register(match["index"] or "")
    if not base or (match["index"] and not index):
        return None
    place: dict[str, Any] = {"in_memory": True, "register": base, "displacement": int(match["displacement"] or 0)}
    return place | {"index": index, "scale": 1 << int(match["shift"] or 0)}


def _arm_register(name: str) -> str:
    match = _ARM_REGISTER.fullmatch(name)
    if match is None or (match[1] and int(match[1]) > 30):
        return ""
    return f"regs[{match[1]}]" if match[1] else "sp"


def _constant(text: str) -> dict[str, Any] | None:
    try:
        return {"constant": int(text, 0)}
    except ValueError:
        return None
