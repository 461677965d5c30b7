"""Opens files that a user or another process names, without being led astray.

Owns: paths below the root of a process in a container, whose owner may have planted links that lead out of it; and
what is not a regular file, where opening could wait for ever. Refuses to own: what is read. The privileged tracer
process.
"""

import ctypes
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tracetop.bpf.sys.lively_threads import lively_thread
from tracetop.bpf.sys.syscalls import structure, system_call
from tracetop.bpf.sys.uapi import NR_OPENAT2, RESOLVE_IN_ROOT, RESOLVE_NO_MAGICLINKS, RESOLVE_NO_SYMLINKS

_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY
_IN_ROOT = re.compile(r"(/proc/[1-9]\d*/root)/(.+)", re.DOTALL)
_OpenHow = structure("u64 flags, mode, resolve")
"""struct open_how."""


@contextmanager
def opened(path: str, *, follow: bool = True) -> Iterator[int]:
    """Open a file for reading; a path below ``/proc/PID/root`` never leaves that root. OSError as from open(2).

    Unless told to `follow` links, one that is the file itself, or of such a path any part of it, is refused.
    """
    below = _IN_ROOT.fullmatch(path)
    if below:
        descriptor = _open_below(below[1], below[2], 0 if follow else RESOLVE_NO_SYMLINKS)
    else:
        descriptor = os.open(path, _FLAGS | (0 if follow else os.O_NOFOLLOW))
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def rooted(path: str, pid: int) -> str:
    """Return the path that `opened` takes for a file as a process sees it: below its root where that is not ours."""
    pid = lively_thread(pid) if pid > 0 else 0
    try:
        shared = _link(f"/proc/{pid}/ns/mnt") == _link("/proc/self/ns/mnt")
        if pid <= 0 or (shared and _link(f"/proc/{pid}/root") == "/"):
            return path
    except OSError:
        return path
    return f"/proc/{pid}/root{path}"


def _link(path: str) -> str:
    return str(Path(path).readlink())


def _open_below(root: str, path: str, resolve: int) -> int:
    directory = os.open(root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        how = _OpenHow(flags=_FLAGS, resolve=RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | resolve)
        size = ctypes.c_size_t(ctypes.sizeof(how))
        return system_call(NR_OPENAT2, directory, os.fsencode(path), ctypes.byref(how), size)
    finally:
        os.close(directory)
