"""Programs and libraries: which file a script's name for one is, and what is in it.

Owns: the look-up (paths, PATH, the linker's cache, what a process maps), and a bounded memory of files read. Refuses to
own: the format of what is in them (`elf`, `usdt`). The privileged tracer process.
"""

import os
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from glob import glob
from pathlib import Path

from tracetop.bpf.symbols.elf import Elf
from tracetop.bpf.symbols.ld_cache import find_library, matches_library
from tracetop.bpf.symbols.process_maps import parse_maps
from tracetop.bpf.symbols.symbol_table import SymbolTable
from tracetop.bpf.symbols.usdt_notes import usdt_probes
from tracetop.bpf.sys.lively_threads import lively_thread
from tracetop.bpf.sys.safe_open import opened, rooted
from tracetop.errors import KernelError
from tracetop.model.kernel import UsdtProbe, UserSymbol

_PROGRAM_DIRECTORIES = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
_MAX_KEPT = 64
_PROC = "/proc/"
_DELETED = " (deleted)"
"""What the kernel adds to the path of a file that has none any more."""


@dataclass(frozen=True)
class Binary:
    """What was read of one file."""

    elf: Elf
    """Headers only: its descriptor is closed."""
    symbols: SymbolTable
    probes: tuple[UsdtProbe, ...]

    @cached_property
    def functions(self) -> Mapping[str, UserSymbol]:
        """The functions by name, with their places in the file."""
        found = {}
        for name, address, size in self.symbols.names():
            offset = self.elf.file_offset(address, executable=True)
            if offset is not None:
                found[name] = UserSymbol(name, offset, size)
        return found


class Binaries:
    """Looks programs and libraries up, and keeps what it read of the last few."""

    def __init__(self, folder: str = "/") -> None:
        self._folder = folder
        """The folder that relative paths start from: where the asker stands."""
        self._kept: OrderedDict[tuple[int, ...], Binary] = OrderedDict()

    def find(self, name: str, pid: int = 0) -> str | None:
        """Return the absolute path of a program or library, or None. A process's own root and libraries come first.

        A relative path is one of the asker's, not of the process, and so is one below ``/proc``.
        """
        if "/" in name:
            path = self._seen_by(name, pid)
            return path if _is_file(path) else None
        if pid:
            found = (path for seen, path in _mapped(pid) if matches_library(name, Path(seen).name))
            if path := next(found, ""):
                return path
        for directory in () if name.startswith("lib") else _PROGRAM_DIRECTORIES:
            path = rooted(f"{directory}/{name}", pid)
            if _is_file(path):
                return path
        return find_library(name)

    def matching(self, pattern: str, pid: int = 0) -> tuple[str, ...]:
        """Return the files of a wildcard, relative where it is; ``*``: what the process maps (0: any process).

        Of one process the first is its own program.
        """
        if pattern != "*":
            return tuple(path for path in self._paths(pattern, pid) if _is_file(self._seen_by(path, 0)))
        pids = [pid] if pid else sorted(int(entry) for entry in os.listdir("/proc") if entry.isdecimal())  # noqa: PTH208
        return tuple(dict.fromkeys(path for one in pids for _, path in _mapped(one)))

    def _paths(self, pattern: str, pid: int) -> list[str]:
        if pattern.startswith("/") and not pattern.startswith(_PROC):
            pattern = rooted(pattern, pid)
        return sorted(glob(pattern, root_dir=self._folder))  # noqa: PTH207

    def _seen_by(self, path: str, pid: int) -> str:
        """Return the absolute path of a file: a process's own where it is absolute and not below ``/proc``."""
        if path.startswith("/") and not path.startswith(_PROC):
            return rooted(path, pid)
        return path if path.startswith("/") else os.path.normpath(f"{self._folder}/{path}")

    def variable(self, path: str, name: str) -> tuple[int, int] | None:
        """Return the address that a variable of a file was linked for and its bytes, or None. KernelError as `read`."""
        try:
            with opened(path) as descriptor:
                return Elf.open(descriptor, path).variable(name)
        except OSError as error:
            raise _unreadable(path, error) from error

    def read(self, path: str) -> Binary:
        """Return what is in a file. KernelError where it cannot be read or is not an ELF file."""
        try:
            with opened(path) as descriptor:
                return self.read_open(descriptor, path)
        except OSError as error:
            raise _unreadable(path, error) from error

    def read_open(self, descriptor: int, name: str) -> Binary:
        """Return what is in an open file, which errors call `name`."""
        status = os.fstat(descriptor)
        key = status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
        kept = self._kept.get(key)
        if kept is None:
            elf = Elf.open(descriptor, name)
            kept = Binary(elf, elf.symbols, usdt_probes(elf))
            self._kept[key] = kept
            if len(self._kept) > _MAX_KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return kept


def _mapped(pid: int) -> Iterator[tuple[str, str]]:
    """Yield the files that a process runs code of, its own program first: as it sees each, and how we open it.

    One that is deleted, or replaced by an update, has no path any more; the process's own link to it leads there.
    """
    pid = lively_thread(pid)
    seen: set[str] = set()
    program = f"/proc/{pid}/exe"
    with suppress(OSError):
        path = str(Path(program).readlink())
        seen.add(path)
        yield path, program if path.endswith(_DELETED) else rooted(path, pid)
    with suppress(OSError):
        for mapping in parse_maps(Path(f"/proc/{pid}/maps").read_bytes()):
            if mapping.is_file and mapping.path not in seen:
                seen.add(mapping.path)
                link = f"/proc/{pid}/map_files/{mapping.start:x}-{mapping.end:x}"
                deleted = mapping.path.endswith(_DELETED)
                yield mapping.path.removesuffix(_DELETED), link if deleted else rooted(mapping.path, pid)


def _is_file(path: str) -> bool:
    try:
        with opened(path) as descriptor:
            return os.path.isfile(descriptor)  # noqa: PTH113
    except OSError:
        return False


def _unreadable(path: str, error: OSError) -> KernelError:
    return KernelError(
        f"{path} cannot be read", why=error.strerror or str(error), hint="name a program or library that is there"
    )
