"""Programs and libraries: which file a script's name for one is, and what is in it.

Owns: the look-up (paths, PATH, the linker's cache, what a process maps), and a bounded memory of files read. Refuses to
own: the format of what is in them (`elf`, `usdt`). The privileged tracer process.
"""

import os
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from glob import glob
from pathlib import Path
from typing import NamedTuple

from tracetop.bpf.elf import Elf
from tracetop.bpf.libraries import find_library, matches_library
from tracetop.bpf.opening import opened, rooted
from tracetop.bpf.symbol_table import SymbolTable
from tracetop.bpf.usdt import usdt_probes
from tracetop.errors import KernelError
from tracetop.model.kernel import UsdtProbe, UserSymbol

_PROGRAM_DIRECTORIES = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
_MAX_KEPT = 32


class Binary(NamedTuple):
    """What was read of one file."""

    symbols: SymbolTable
    functions: Mapping[str, UserSymbol]
    probes: tuple[UsdtProbe, ...]
    elf: Elf
    """Headers only: its descriptor is closed."""


class Binaries:
    """Looks programs and libraries up, and keeps what it read of the last few."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[int, ...], Binary] = OrderedDict()

    def find(self, name: str, pid: int = 0) -> str | None:
        """Return the absolute path of a program or library, or None. A process's own root and libraries come first."""
        if "/" in name:
            path = rooted(str(Path(name).absolute()), pid)
            return path if _is_file(path) else None
        if pid:
            found = next((path for path in mapped_files(pid) if matches_library(name, Path(path).name)), None)
            if found:
                return rooted(found, pid)
        for directory in () if name.startswith("lib") else _PROGRAM_DIRECTORIES:
            path = rooted(f"{directory}/{name}", pid)
            if _is_file(path):
                return path
        return find_library(name)

    def matching(self, pattern: str, pid: int = 0) -> tuple[str, ...]:
        """Return the files of a wildcard; ``*``: what the process maps, its own program first (0: any process)."""
        if pattern != "*":
            return tuple(path for path in sorted(glob(pattern)) if _is_file(path))  # noqa: PTH207
        pids = [pid] if pid else sorted(int(entry) for entry in os.listdir("/proc") if entry.isdecimal())  # noqa: PTH208
        return tuple(dict.fromkeys(rooted(path, one) for one in pids for path in mapped_files(one)))

    def read(self, path: str) -> Binary:
        """Return what is in a file. KernelError where it cannot be read or is no ELF file."""
        try:
            with opened(path) as descriptor:
                return self.read_open(descriptor, path)
        except OSError as error:
            raise KernelError(
                f"{path} cannot be read",
                why=error.strerror or str(error),
                mend="name a program or library that is there",
            ) from error

    def read_open(self, descriptor: int, name: str) -> Binary:
        """Return what is in an open file, which errors call `name`."""
        status = os.fstat(descriptor)
        key = status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
        kept = self._kept.get(key)
        if kept is None:
            kept = _read(Elf.open(descriptor, name))
            self._kept[key] = kept
            if len(self._kept) > _MAX_KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return kept


def mapped_files(pid: int) -> tuple[str, ...]:
    """Return the files that a process runs code of, its own program first; none of a process that is gone."""
    found: list[str] = []
    with suppress(OSError):
        found.append(str(Path(f"/proc/{pid}/exe").readlink()))
    with suppress(OSError):
        found += _executable_maps(Path(f"/proc/{pid}/maps").read_bytes())
    return tuple(dict.fromkeys(path for path in found if not path.endswith(" (deleted)")))


def _executable_maps(text: bytes) -> Iterator[str]:
    for line in text.splitlines():
        fields = line.split(None, 5)
        if len(fields) == 6 and fields[5].startswith(b"/") and b"x" in fields[1]:
            # The kernel writes a newline in a path as \012.
            yield os.fsdecode(fields[5].replace(b"\\012", b"\n"))


def _is_file(path: str) -> bool:
    try:
        with opened(path) as descriptor:
            return os.path.isfile(descriptor)  # noqa: PTH113
    except OSError:
        return False


def _read(elf: Elf) -> Binary:
    symbols = elf.symbols
    functions = {}
    for name, address, size in symbols.names():
        offset = elf.file_offset(address, executable=True)
        if offset is not None:
            functions[name] = UserSymbol(name, offset, size)
    return Binary(symbols, functions, usdt_probes(elf), elf)
