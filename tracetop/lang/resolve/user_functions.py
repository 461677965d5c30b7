"""Probes on functions of programs and libraries: uprobe, uretprobe.

Owns: their grammar, and which functions a name, a wildcard or a C++ name stands for. Refuses to own: reading binaries.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

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
    """``uprobe:BINARY:FUNCTION`` or ``…+OFFSET``, ``…:ADDRESS``, ``…:cpp:"NAME"``, ``BINARY@FILE:LINE``; ``uretprobe``.

    With a process named, the binary may be left out: it is the process's own program.
    """
    parts = asked.parts
    if asked.pid and (len(parts) == 1 or (len(parts) == 2 and parts[0] == _CPP)):
        parts = (asked.kernel.binaries("*", asked.pid)[:1] or ("",)) + parts
    if not 2 <= len(parts) <= 3 or not all(parts) or (len(parts) == 3 and parts[1] != _CPP):
        raise asked.malformed(
            f"{asked.kind}:BINARY:FUNCTION, e.g. {asked.kind}:libc:malloc or {asked.kind}:./prog:main"
        )
    file = parts[0].rpartition("@")[2] if "@" in parts[0] and parts[1].isdecimal() else ""
    if file and asked.kernel.binary(parts[0], asked.pid) is None:
        return _on_line(asked, parts[0].removesuffix(f"@{file}"), file, int(parts[1]))
    errors: list[MissingProbeError] = []
    hooks: list[Hook] = []
    for binary in find_binaries(asked, parts[0]):
        try:
            hooks += _functions(asked, binary, parts[-1], cpp=len(parts) == 3)
        except MissingProbeError as error:
            errors.append(error)
        if len(hooks) > MAX_PROBES:
            raise asked.flood(len(hooks))
    if not hooks:
        raise errors[0]
    return hooks


def _on_line(asked: Asked, name: str, file: str, line: int) -> list[Hook]:
    """``uprobe:BINARY@FILE:LINE``: where the code of a line of source begins, in each function that has some."""
    if asked.kind is not ProbeKind.UPROBE:
        raise asked.error(f"{asked.kind} takes a function's name, no line", hint="name the function, or use uprobe")
    hooks = []
    for binary in find_binaries(asked, name):
        try:
            offsets = asked.kernel.sources.line_offsets(binary.path, file, line)
        except KernelError as error:
            raise asked.unreadable(error) from error
        hooks += [_in_file(asked, binary, offset, offset) for offset in offsets]
    if not hooks:
        raise asked.missing(
            "line",
            f"{file}:{line}",
            (),
            where=f" in {name}",
            why="the binary has no debug information, or no code of its own for that line",
            hint="name a line with a statement, and build with -g",
        )
    return hooks


class Binary(NamedTuple):
    """A program or library of a probe."""

    written: str
    """As the script has it where that is a path, its place else: what ``probe`` and messages call it."""
    path: str
    """Absolute."""


def find_binaries(asked: Asked, name: str) -> list[Binary]:
    """Return what a name or a wildcard stands for, at least one. ScriptError where there is none."""
    names = asked.kernel.binaries(name, asked.pid) if is_wildcard(name) else (name,)
    paths = ((written, asked.kernel.binary(written, asked.pid)) for written in names)
    found = [Binary(written if "/" in written else path, path) for written, path in paths if path]
    if found:
        return found
    raise asked.missing(
        "program or library",
        name,
        (),
        why="it is not a file, not a program in PATH, and not a library that the dynamic linker knows",
        hint="write its path, e.g. /usr/bin/bash or ./prog, or a library's name: libc",
    )


def _functions(asked: Asked, binary: Binary, name: str, *, cpp: bool) -> list[Hook]:
    """Return the hooks of one binary."""
    address = amount(name)
    if address is not None:
        return [_at_address(asked, binary, address)]
    function, plus, number = name.partition("+") if not cpp else (name, "", "")
    offset = amount(number) if plus else 0
    if plus and asked.kind is not ProbeKind.UPROBE:
        raise asked.error(f"{asked.kind} takes no offset", hint=f"write {asked.kind}:{binary.written}:{function}")
    if not function or offset is None or (offset and is_wildcard(function)):
        raise asked.malformed("uprobe:BINARY:FUNCTION+OFFSET")
    try:
        symbols = asked.kernel.user_symbols(binary.path)
    except KernelError as error:
        raise asked.unreadable(error) from error
    found = _named(asked, symbols, function, cpp=cpp)
    if not found:
        raise _unknown(asked, binary.written, function, symbols)
    if offset and 0 < found[0].size <= offset:
        raise asked.error(
            f"{function} of {binary.written} has no offset {offset}",
            why=f"it is {found[0].size} bytes long",
            hint=f"see objdump -d {binary.written} for the instructions of {function}",
        )
    written = f"{binary.written}:{_CPP}" if cpp else binary.written
    return [_hook(asked, binary._replace(written=written), symbol, offset) for symbol in found]


def _hook(asked: Asked, binary: Binary, symbol: UserSymbol, offset: int) -> Hook:
    event = f"{symbol.name}+{offset}" if offset else symbol.name
    return Hook(
        asked.kind,
        f"{asked.kind}:{binary.written}:{event}",
        event=event,
        target=binary.path,
        offset=symbol.offset + offset,
        pid=asked.user_pid,
    )


def _at_address(asked: Asked, binary: Binary, address: int) -> Hook:
    """Return the hook at an address as nm and objdump show it."""
    if asked.kind is not ProbeKind.UPROBE:
        raise asked.error(f"{asked.kind} takes a function's name, no address", hint="name the function, or use uprobe")
    try:
        offset = asked.kernel.file_offset(binary.path, address)
    except KernelError as error:
        raise asked.unreadable(error) from error
    if offset is None:
        raise asked.error(
            f"{binary.written} has no code at 0x{address:x}",
            hint=f"see nm {binary.written} or objdump -d {binary.written} for its addresses",
        )
    return _in_file(asked, binary, address, offset)


def _in_file(asked: Asked, binary: Binary, address: int, offset: int) -> Hook:
    name = f"{asked.kind}:{binary.written}:{address}"
    return Hook(asked.kind, name, event=f"0x{address:x}", target=binary.path, offset=offset, pid=asked.user_pid)


def _named(asked: Asked, symbols: Mapping[str, UserSymbol], name: str, *, cpp: bool) -> list[UserSymbol]:
    """Return the symbols of that name: as the linker has it, as the source has it, or all that a wildcard matches."""
    if name in symbols:
        return [symbols[name]]
    if cpp or "::" in name or "(" in name or "<" in name:
        return _spoken(asked, symbols, name)
    if is_wildcard(name):
        return [symbols[symbol] for symbol in asked.matching(name, symbols, "function")]
    return []


def _spoken(asked: Asked, symbols: Mapping[str, UserSymbol], name: str) -> list[UserSymbol]:
    """Return the functions whose names of C++ or Rust are that one, with or without parameters, or match it."""
    spoken = [(asked.kernel.demangle(symbol), symbols[symbol]) for symbol in symbols]
    if is_wildcard(name) and "(" not in name:
        wanted = set(asked.matching(f"{name}*", {full for full, _ in spoken}, "function"))
        found = [(full, symbol) for full, symbol in spoken if full in wanted]
    else:
        found = [(full, symbol) for full, symbol in spoken if name in _names(full)]
    # A constructor is there twice, for a whole object and for a part of one, mostly as two names of the same code.
    places: dict[tuple[str, int], UserSymbol] = {}
    for full, symbol in found:
        places.setdefault((full, symbol.offset), symbol)
    return list(places.values())


def _names(full: str) -> set[str]:
    """Return what a script may call a function: ``int f<int>(int)``, ``int f<int>``, ``f<int>``, ``f``."""
    plain = full.removesuffix(" const")
    if plain.endswith(")"):
        depth, start = 0, len(plain)
        while start and (depth or start == len(plain)):
            start -= 1
            depth += {")": 1, "(": -1}.get(plain[start], 0)
        plain = plain[:start]
    depth, start = 0, 0
    for i, character in enumerate(plain):
        depth += 1 if character in "<(" else -1 if character in ">)" else 0
        if character == " " and depth == 0 and not plain[:i].endswith("operator"):
            start = i + 1
    bare = plain[start:]
    found = {full, plain, bare}
    if bare.endswith(">") and "<" in bare:
        found.add(bare.partition("<")[0].removesuffix("::"))
    if bare.startswith("<") and " as " not in bare:  # <crate::Pool<u8>>::add of Rust: crate::Pool::add
        owner, _, method = bare[1:].rpartition(">::")
        found |= {f"{owner}::{method}", f"{owner.partition('<')[0]}::{method}"}
    return found


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
