"""The separate file with the symbols and debug information of a stripped one: where distributions and gdb look for it.

Owns: the look-up by build id and by the file's own link (``.gnu_debuglink``), whose checksum must be right. Refuses to
own: what is in it. The privileged tracer process.
"""

import os
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tracetop.bpf.sys.safe_open import opened

_ROOT = "/usr/lib/debug"
_MOST_BYTES = 2 << 30
_CHUNK_BYTES = 1 << 20


@contextmanager
def debug_file(build_id: str, link: bytes, path: str) -> Iterator[int | None]:
    """Give the descriptor of the separate file of the program at `path`, None where there is none."""
    for place, checksum in _places(build_id, link, path):
        with suppress(OSError), opened(place) as descriptor:
            if _is_wanted(descriptor, checksum):
                yield descriptor
                return
    yield None


def linked_name(link: bytes) -> tuple[str, int] | None:
    """Return name and checksum that a section ``.gnu_debuglink`` has, or None for one that makes no sense."""
    name, end, rest = link.partition(b"\0")
    if not name or not end or len(rest) < 4 or b"/" in name:
        return None
    return os.fsdecode(name), int.from_bytes(link[-4:], "little")


def _places(build_id: str, link: bytes, path: str) -> Iterator[tuple[str, int | None]]:
    if build_id:
        yield f"{_ROOT}/.build-id/{build_id[:2]}/{build_id[2:]}.debug", None
    linked = linked_name(link)
    if linked is None:
        return
    name, checksum = linked
    folder = str(Path(path).parent)
    for place in (folder, f"{folder}/.debug", f"{_ROOT}{folder}"):
        yield f"{place}/{name}", checksum


def _is_wanted(descriptor: int, checksum: int | None) -> bool:
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) or status.st_size > _MOST_BYTES:
        return False
    if checksum is None:
        return True
    found, at = 0, 0
    while data := os.pread(descriptor, _CHUNK_BYTES, at):
        found = zlib.crc32(data, found)
        at += len(data)
    return found == checksum
