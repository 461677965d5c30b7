"""The functions of the kernel that a probe may be put on, by name.

Owns: where that list comes from. Refuses to own: parameters (`btf`). The privileged tracer process; reads megabytes,
so it is asked once, and only for probes on functions.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from tracetop.bpf.symbols.kallsyms import read_kallsyms
from tracetop.bpf.sys.sysfs import find_tracefs

_BLACKLIST = Path("/sys/kernel/debug/kprobes/blacklist")
_CODE = re.compile(rb"^[0-9a-f]+ [tTwW] (\S+)", re.MULTILINE)
_SHARED = re.compile(rb"^(?!0+ )([0-9a-f]+) [tTwW] .*\n(?:\1 [tTwW] .*\n)+", re.MULTILINE)
"""Symbols of one address, one after the other as the kernel sorts them; not of 0, which hidden ones have."""
_HOLLOW = b"__ftrace_invalid_address__"
"""The kernel's list has this in the place of a weak function that another one overrode."""


def probed_functions(described: Iterable[str]) -> tuple[str, ...]:
    """Return the names of the functions that the kernel lets a probe on, sorted.

    Where it does not show its own list, those that BTF describes (`described`) and that have an address.
    """
    return tuple(sorted(name.decode(errors="replace") for name in _probed(described) - _blacklisted()))


def with_aliases(names: set[bytes], kallsyms: bytes) -> set[bytes]:
    """Return the names and all others of the same code: the kernel's list has one, ``__x64_sys_getppid`` is another."""
    shared = ({line.split()[2] for line in match[0].splitlines()} for match in _SHARED.finditer(kallsyms))
    return names.union(*(group for group in shared if not group.isdisjoint(names)))


def _probed(described: Iterable[str]) -> set[bytes]:
    kallsyms = read_kallsyms()
    listed = set(_listed())
    return with_aliases(listed, kallsyms) if listed else set(map(str.encode, described)) & set(_CODE.findall(kallsyms))


def _listed() -> Iterator[bytes]:
    """Yield the kernel's list of functions that have a place for a probe; nothing where it has none or hides it."""
    place = find_tracefs()
    with suppress(OSError):
        lines = (place / "available_filter_functions").read_bytes().splitlines() if place else ()
        yield from (line.split(maxsplit=1)[0] for line in lines if not line.startswith(_HOLLOW))


def _blacklisted() -> set[bytes]:
    """Return the functions that kprobes must not touch; empty where debugfs does not show them."""
    with suppress(OSError):
        return {line.split()[-1] for line in _BLACKLIST.read_bytes().splitlines()}
    return set()
