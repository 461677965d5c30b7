"""Probes on functions of programs and libraries: uprobe, uretprobe.

Owns: their grammar, and which functions a name, a wildcard or a C++ name stands for. Refuses to own: reading binaries.
"""

from collections.abc import Iterable, Mapping

from tracetop.errors import KernelError
from tracetop.lang.resolve.kernel_functions import near
from tracetop.lang.resolve.probe_syntax import is_wildcard
from tracetop.lang.resolve.request import MAX_PROBES, Asked, Expand, MissingProbeError
from tracetop.lang.tree.hook import Hook
from tracetop.lang.vocabulary.literals import amount
from tracetop.model.kernel import UserSymbol
from tracetop.model.kinds import ProbeKind

_CPP = "cpp"


def user_function(asked: Asked) -> list[Hook]:
    """``uprobe:BINARY:FUNCTION``, ``…+OFFSET``, ``uprobe:BINARY:ADDRESS``, ``uprobe:BINARY:cpp:"NAME"``; ``uretprobe``.

    With a process named, the binary may be left out: it is the process's own program.
    """
    parts = asked.parts
    if asked.pid and (len(parts) == 1 or (len(parts) == 2 and parts[0] == _CPP)):
        parts = (asked.kernel.binaries("*", asked.pid)[:1] or ("",)) + parts
    if not 2 <= len(parts) <= 3 or not all(parts) or (len(parts) == 3 and parts[1] != _CPP):
        raise asked.malformed(
            f"{asked.kind}:BINARY:FUNCTION, e.g. {asked.kind}:libc:malloc or {asked.kind}:./prog:main"
        )
    paths = find_binaries(asked, parts[0])
    errors: list[MissingProbeError] = []
    hooks: list[Hook] = []
    for path in paths:
        try:
            hooks += _functions(asked, path, parts[-1], cpp=len(parts) == 3)
        except MissingProbeError as error:
            errors.append(error)
        if len(hooks) > MAX_PROBES:
            raise asked.flood(len(hooks))
    if not hooks:
        raise errors[0]
    return hooks


def find_binaries(asked: Asked, name: str) -> tuple[str, ...]:
    """Return the absolute paths that a name or a wildcard stands for, at least one. ScriptError where there is none."""
    if is_wildcard(name):
        found = asked.kernel.binaries(name, asked.pid)
    else:
        path = asked.kernel.binary(name, asked.pid)
        found = (path,) if path else ()
    if found:
        return found
    raise asked.missing(
        "program or library",
        name,
        (),
        why="it is not a file, not a program in PATH, and not a library that the dynamic linker knows",
        hint="write its path, e.g. /usr/bin/bash or ./prog, or a library's name: libc",
    )


def _functions(asked: Asked, path: str, name: str, *, cpp: bool) -> list[Hook]:
    """Return the hooks of one binary."""
    address = amount(name)
    if address is not None:
        return [_at_address(asked, path, address)]
    function, plus, number = name.partition("+") if not cpp else (name, "", "")
    offset = amount(number) if plus else 0
    if plus and asked.kind is not ProbeKind.UPROBE:
        raise asked.error(f"{asked.kind} takes no offset", hint=f"write {asked.kind}:{path}:{function}")
    if not function or offset is None or (offset and is_wildcard(function)):
        raise asked.malformed("uprobe:BINARY:FUNCTION+OFFSET")
    try:
        symbols = asked.kernel.user_symbols(path)
    except KernelError as error:
        raise asked.unreadable(error) from error
    found = _named(asked, symbols, function, cpp=cpp)
    if not found:
        raise _unknown(asked, path, function, symbols)
    if offset and 0 < found[0].size <= offset:
        raise asked.error(
            f"{function} of {path} has no offset {offset}",
            why=f"it is {found[0].size} bytes long",
            hint=f"see objdump -d {path} for the instructions of {function}",
        )
    return [_hook(asked, path, symbol, offset) for symbol in found]


def _hook(asked: Asked, path: str, symbol: UserSymbol, offset: int) -> Hook:
    event = f"{symbol.name}+{offset}" if offset else symbol.name
    return Hook(
        asked.kind,
        f"{asked.kind}:{path}:{event}",
        event=event,
        target=path,
        offset=symbol.offset + offset,
        pid=asked.user_pid,
    )


def _at_address(asked: Asked, path: str, address: int) -> Hook:
    """Return the hook at an address as nm and objdump show it."""
    if asked.kind is not ProbeKind.UPROBE:
        raise asked.error(f"{asked.kind} takes a function's name, no address", hint="name the function, or use uprobe")
    try:
        offset = asked.kernel.file_offset(path, address)
    except KernelError as error:
        raise asked.unreadable(error) from error
    if offset is None:
        raise asked.error(
            f"{path} has no code at 0x{address:x}", hint=f"see nm {path} or objdump -d {path} for its addresses"
        )
    name = f"{asked.kind}:{path}:{address}"
    return Hook(asked.kind, name, event=f"0x{address:x}", target=path, offset=offset, pid=asked.user_pid)


def _named(asked: Asked, symbols: Mapping[str, UserSymbol], name: str, *, cpp: bool) -> list[UserSymbol]:
    """Return the symbols of that name: as the linker has it, as C++ has it, or all that a wildcard matches."""
    if not cpp and name in symbols:
        return [symbols[name]]
    if cpp or "::" in name or "(" in name:
        spoken = {asked.kernel.demangle(symbol): symbols[symbol] for symbol in symbols if symbol.startswith("_Z")}
        if not is_wildcard(name) or "(" in name:
            return [symbol for full, symbol in spoken.items() if name in (full, full.partition("(")[0])]
        return [spoken[full] for full in asked.matching(name + "*", spoken, "C++ function")]
    if is_wildcard(name):
        return [symbols[symbol] for symbol in asked.matching(name, symbols, "function")]
    return []


def _unknown(asked: Asked, path: str, name: str, symbols: Iterable[str]) -> MissingProbeError:
    known = list(symbols)
    return asked.missing(
        "function",
        name,
        near(name, known),
        where=f" in {path}",
        why="the binary has no function of that name; it may be inlined, or static in a binary without symbols"
        if known
        else "the binary has no symbols",
        hint=f"see `tracetop list '{asked.kind}:{path}:*'`",
    )


EXPANSIONS: dict[ProbeKind, Expand] = {ProbeKind.UPROBE: user_function, ProbeKind.URETPROBE: user_function}
