"""Reading the scripts that a user names, as that user: what he may not read, a script of his may not be.

Owns: refusing files that somebody else could have written where the tracer runs them as root.
"""

import os
import stat
from pathlib import Path

from tracetop.errors import UsageError
from tracetop.model.message import PaneRequest

_MOST_BYTES = 1 << 20


def pane_requests(panes: tuple[str, ...], programs: tuple[str, ...], *, as_root: bool) -> tuple[PaneRequest, ...]:
    """Return what to open, file texts included, each under a name of its own.

    `as_root`: nobody was asked for a password on the way to root, so a script must be root's or the caller's own.
    UsageError for a file that cannot be read or trusted.
    """
    requests = [_file(pane, as_root=as_root) if pane.endswith(".bt") else PaneRequest(pane) for pane in panes]
    requests += [_request("script", text, "the program given with -e") for text in programs]
    bundled = {request.name for request in requests if not request.script}
    named: dict[str, PaneRequest] = {}
    for request in requests:
        name = request.name
        if request.script:  # a bundled pane keeps its name, and named twice it is one pane
            names = (name, *(f"{name}-{i}" for i in range(2, len(requests) + 2)))
            name = next(name for name in names if name not in named and name not in bundled)
        named[name] = PaneRequest(name, request.script)
    return tuple(named.values())


def _file(path: str, *, as_root: bool) -> PaneRequest:
    return _request(Path(path).stem, script_text(path, as_root=as_root), path)


def script_text(path: str, *, as_root: bool) -> str:
    """Return the text of a file. UsageError where it cannot be read or trusted, or is no text."""
    try:
        with Path(path).open("rb") as file:
            if as_root:
                _check_trust(path, os.fstat(file.fileno()))
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise UsageError(
            f"cannot read {path}", why=error.strerror or "", mend="name a script that you may read, or a pane"
        ) from error
    if len(data) > _MOST_BYTES:
        raise UsageError(
            f"{path} is no script", why="it is larger than 1 MiB", mend="name a file in bpftrace's language"
        )
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is no script", why="it is not UTF-8 text", mend="name a text file") from error


def _request(name: str, text: str, where: str) -> PaneRequest:
    if not text.strip():  # an empty request would mean a bundled pane
        raise UsageError(f"{where} is no script", why="it is empty", mend="write a probe and an action")
    return PaneRequest(name, text)


def _check_trust(path: str, status: os.stat_result) -> None:
    """Refuse a file, or a folder on the way to it, that another user could change."""
    parents = [(str(folder), folder.stat()) for folder in Path(path).absolute().parents]
    for name, found in [(path, status), *parents]:
        others = found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
        sticky = stat.S_ISDIR(found.st_mode) and found.st_mode & stat.S_ISVTX
        if (others and not sticky) or found.st_uid not in (0, os.getuid()):
            raise UsageError(
                f"will not run {path} as root",
                why=f"another user can change {name}",
                mend="copy the script to a folder of your own, or take the others' right to write away",
            )
