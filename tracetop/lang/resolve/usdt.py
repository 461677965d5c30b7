"""Static probes of programs and libraries: usdt.

Owns: their grammar, which places of which binaries a name stands for, and where their arguments are: the operands of
x86-64 and arm64 as compilers write them into a probe's note, e.g. ``-4@%edi``, ``8@-16(%rbp)``, ``1@$5``, ``-4@[sp,
60]``. A probe that the compiler put in several places, by inlining, is as many hooks, since each has its arguments
elsewhere. Refuses to own: the note itself (`bpf.symbols`) and the C that reads an argument.
"""

import re
from fnmatch import fnmatchcase
from typing import Any

from tracetop.errors import KernelError, nearest
from tracetop.lang.resolve.request import MAX_PROBES, Asked, Expand, MissingProbeError
from tracetop.lang.resolve.user_functions import Binary, find_binaries
from tracetop.lang.tree.hook import Hook, UsdtArgument
from tracetop.model.kernel import UsdtProbe
from tracetop.model.kinds import ProbeKind


def usdt(asked: Asked) -> list[Hook]:
    """``usdt:BINARY:PROVIDER:NAME`` or ``usdt:BINARY:NAME``; with a process named, the binary may be left out."""
    binary, provider, name = _parts(asked)
    pattern = f"{provider or '*'}:{name}"
    hooks: list[Hook] = []
    known: set[str] = set()
    errors: list[MissingProbeError] = []
    for found in find_binaries(asked, binary):
        try:
            probes = asked.kernel.usdt_probes(found.path)
        except KernelError as error:
            errors.append(asked.unreadable(error))
            continue
        for probe in probes:
            full = f"{probe.provider}:{probe.name}"
            known.add(full)
            if fnmatchcase(full, pattern):
                hooks.append(_hook(asked, found, probe))
        if len(hooks) > MAX_PROBES:
            raise asked.flood(len(hooks))
    if hooks:
        return hooks
    if errors and not known:
        raise errors[0]
    raise _unknown(asked, f"{provider}:{name}" if provider else name, known)


def _parts(asked: Asked) -> tuple[str, str, str]:
    """Return (binary, provider or empty, name)."""
    parts = asked.parts
    if len(parts) in (2, 3) and not parts[0] and parts[-1] and asked.pid:  # usdt::PROVIDER:NAME
        return "*", parts[1] if len(parts) == 3 else "", parts[-1]
    if len(parts) == 3 and parts[0] and parts[2]:
        return parts[0], parts[1], parts[2]
    if len(parts) == 2 and all(parts):
        if asked.pid and "/" not in parts[0] and asked.kernel.binary(parts[0], asked.pid) is None:
            return "*", parts[0], parts[1]
        return parts[0], "", parts[1]
    if len(parts) == 1 and parts[0] and asked.pid:
        return "*", "", parts[0]
    raise asked.malformed("usdt:BINARY:PROVIDER:NAME or usdt:BINARY:NAME; usdt::PROVIDER:NAME with a process (-p)")


def _hook(asked: Asked, binary: Binary, probe: UsdtProbe) -> Hook:
    event = f"{probe.provider}:{probe.name}"
    return Hook(
        asked.kind,
        f"usdt:{binary.written}:{event}",
        event=event,
        target=binary.path,
        offset=probe.offset,
        semaphore=probe.semaphore,
        pid=asked.user_pid,
        arguments=parse_arguments(probe.arguments, asked.kernel.arch),
    )


def _unknown(asked: Asked, name: str, known: set[str]) -> MissingProbeError:
    full_names = {full if ":" in name else full.partition(":")[2]: full for full in sorted(known, reverse=True)}
    match = nearest(name, full_names)
    suggestion = f"did you mean {full_names[match]}?" if match else ""
    some = ", ".join(sorted(known)[:5]) + (", …" if len(known) > 5 else "")
    return asked.missing(
        "static probe",
        name,
        (),
        why="the binary has no static probe of that name" if known else "the binary has no static probes",
        hint=suggestion or (f"it has {some}" if known else "use uprobe on one of its functions"),
    )


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


EXPANSIONS: dict[ProbeKind, Expand] = {ProbeKind.USDT: usdt}
