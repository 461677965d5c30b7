"""The functions of the kernel that a probe may be put on, by name.

Owns: where that list comes from. Refuses to own: parameters (`btf`). The privileged tracer process; reads megabytes,
so it is asked once, and only for wildcards and suggestions.
"""

import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from tracetop.bpf.symbols import read_kallsyms
from tracetop.bpf.tracefs import find_tracefs

_BLACKLIST = Path("/sys/kernel/debug/kprobes/blacklist")
_TEXT_SYMBOL = re.compile(r"^[0-9a-f]+ [tT] (\S+)", re.MULTILINE)
_HOLLOW = "__ftrace_invalid_address__"
"""The kernel's list has this in the place of a weak function that another one overrode."""


def probed_functions(described: Iterable[str]) -> tuple[str, ...]:
    """Return the names of the functions that the kernel lets a probe on, sorted.

    Where it does not show its own list, those that BTF describes (`described`) and that have an address.
    """
    names = _listed()
    if names is None:
        names = set(described) & set(_TEXT_SYMBOL.findall(read_kallsyms().decode(errors="replace")))
    return tuple(sorted(names - _blacklisted()))


def _listed() -> set[str] | None:
    """Return the kernel's list of functions with a place for a probe, or None where it has none or hides it."""
    with suppress(OSError):
        place = find_tracefs()
        if place:
            lines = (place / "available_filter_functions").read_text().splitlines()
            return {line.split(maxsplit=1)[0] for line in lines if not line.startswith(_HOLLOW)}
    return None


def _blacklisted() -> set[str]:
    """Return the functions that kprobes must not touch; empty where debugfs does not show them."""
    with suppress(OSError):
        return {line.split()[-1] for line in _BLACKLIST.read_text().splitlines()}
    return set()
