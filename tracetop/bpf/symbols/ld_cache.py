"""Which file a library's name stands for, as the dynamic linker would answer.

Owns: the linker's cache and its directories. Refuses to own: programs, and libraries of a process, see `binaries`.
"""

import platform
import re
import struct
from collections.abc import Iterator
from pathlib import Path

_CACHE = Path("/etc/ld.so.cache")
_MAGIC = b"glibc-ld.so.cache1.1"
_HEAD = struct.Struct("<20sII")
_HEAD_BYTES = 48
_ENTRY = struct.Struct("<iIIIQ")
_FLAGS = {"x86_64": 0x0303, "aarch64": 0x0A03}
"""What the cache calls a library of glibc for this machine's 64-bit programs."""
_TRIPLE = f"{platform.machine()}-linux-gnu"
_DIRECTORIES = tuple(
    Path(name)
    for name in (f"/lib/{_TRIPLE}", f"/usr/lib/{_TRIPLE}", "/lib64", "/usr/lib64", "/lib", "/usr/lib", "/usr/local/lib")
)


def matches_library(wanted: str, file: str) -> bool:
    """Say whether a file is the library that a script means by ``c``, ``libc``, ``libc.so`` or ``libc.so.6``."""
    stem = wanted if wanted.startswith("lib") else f"lib{wanted}"
    if ".so" in stem:
        return file == stem or file.startswith(f"{stem}.")
    return re.match(rf"{re.escape(stem)}(-[0-9.]+)?\.so(\.|$)", file) is not None


def find_library(wanted: str) -> str | None:
    """Return the path of a library of this machine, or None where the linker would find none."""
    for soname, path in _cached():
        if matches_library(wanted, soname) and Path(path).is_file():
            return path
    for directory in _DIRECTORIES:
        names = sorted(path.name for path in directory.glob("lib*.so*") if matches_library(wanted, path.name))
        if names:
            return str(directory / names[0])
    return None


def _cached() -> Iterator[tuple[str, str]]:
    """Yield name and path of what the linker's cache has for this architecture, where there is one that we know."""
    try:
        data = _CACHE.read_bytes()
    except OSError:
        return
    begin = data.find(_MAGIC)
    if begin < 0 or len(data) < begin + _HEAD_BYTES:
        return
    data = data[begin:]
    count = _HEAD.unpack_from(data)[1]
    entries = data[_HEAD_BYTES : _HEAD_BYTES + count * _ENTRY.size]
    for flags, soname, path, _version, _hwcap in _ENTRY.iter_unpack(entries[: len(entries) // 24 * 24]):
        if flags == _FLAGS.get(platform.machine()):
            yield _string(data, soname), _string(data, path)


def _string(data: bytes, start: int) -> str:
    return data[start : data.find(b"\0", start)].decode(errors="surrogateescape")
