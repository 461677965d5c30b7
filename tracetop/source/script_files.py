"""Files read as the user who asks: scripts, and what scripts show with ``cat``. What he may not read, neither may be.

Owns: the folders for scripts, and when a file has to be trusted (`file_trust`). Refuses to own: what is opened (`cli`)
or offered (`ui`). Screen process, which has given up root.
"""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from types import MappingProxyType

import msgspec

from tracetop.errors import UsageError
from tracetop.library import pane_script
from tracetop.model.escape import escape
from tracetop.source.file_trust import check_trust
from tracetop.source.script_headers import NO_HEADERS, Headers, with_headers
from tracetop.source.script_imports import with_imports

_MOST_BYTES = 1 << 20
SYSTEM_FOLDER = Path("/etc/tracetop")
_KINDS = MappingProxyType(
    {
        stat.S_IFIFO: "a pipe, which may never say anything",
        stat.S_IFDIR: "a folder",
        stat.S_IFCHR: "a device",
        stat.S_IFBLK: "a device",
    }
)
"""What is no file with a script, by the kind in its mode."""
_OWN_PIPES = ("/dev/stdin", "/dev/fd/", "/proc/self/fd/")
"""Pipes that the caller's shell has opened, as in ``tracetop run <(...)``: somebody writes to them."""


class Offer(msgspec.Struct, frozen=True):
    """A script in one of the folders for them."""

    name: str
    """The file's stem."""
    title: str
    path: str
    text: str
    refusal: str = ""
    """Why it cannot be opened, empty where it can."""
    about: str = ""


def script_text(path: str, *, as_root: bool, headers: Headers = NO_HEADERS) -> str:
    """Return the text of a script in a file. UsageError where it cannot be read or trusted, or is not text.

    What it imports and includes is put after it. `as_root`: nobody was asked for a password on the way to root, so a
    script, and what it imports, must be root's or the caller's own.
    """
    return _whole(_text(path, as_root=as_root), Path(path), as_root=as_root, headers=headers)


def typed_text(text: str, *, as_root: bool, headers: Headers = NO_HEADERS) -> str:
    """Return the text of a script that was typed where the user stands, with what it imports and includes."""
    return _whole(text, Path("-e"), as_root=as_root, headers=headers)


def _whole(text: str, path: Path, *, as_root: bool, headers: Headers) -> str:
    def read(other: str) -> str:
        return _text(other, as_root=as_root)

    return with_headers(with_imports(text, path, read), path.parent, headers, read)


def _text(path: str, *, as_root: bool) -> str:
    try:
        # a pipe or a device may never have anything to read, and opening it may be waiting for that
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
        with open(descriptor, "rb") as file:  # noqa: PTH123 - a descriptor
            found = os.fstat(descriptor)
            _check_kind(path, found.st_mode)
            if as_root:
                check_trust(path, found)
            os.set_blocking(descriptor, True)
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise UsageError(
            f"cannot read {path}", why=error.strerror or "", hint="name a script that you may read, or a pane"
        ) from error
    if len(data) > _MOST_BYTES:
        raise UsageError(
            f"{path} is not a script", why="it is larger than 1 MiB", hint="name a file in bpftrace's language"
        )
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not a script", why="it is not UTF-8 text", hint="name a text file") from error


def _check_kind(path: str, mode: int) -> None:
    is_own_pipe = stat.S_ISFIFO(mode) and path.startswith(_OWN_PIPES)
    if not stat.S_ISREG(mode) and not is_own_pipe:
        kind = _KINDS.get(stat.S_IFMT(mode), "no regular file")
        raise UsageError(f"{path} is not a script", why=f"it is {kind}", hint="name a file in bpftrace's language")


def shown_file(path: str, most: int) -> tuple[bytes, str]:
    """Return what ``cat`` shows of a file, `most` bytes of it, or nothing and the line that says why not.

    Regular files only: a script's data may name a pipe, and hang us.
    """
    try:
        descriptor = os.open(os.fsencode(path), os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY)
        with open(descriptor, "rb") as file:  # noqa: PTH123 - a descriptor
            if stat.S_ISREG(os.fstat(descriptor).st_mode):
                return file.read(most), ""
        why = "it is not a regular file"
    except OSError as error:
        why = error.strerror or str(error)
    return b"", f"ERROR: cat cannot read {escape(path)}: {why}\n"


def script_folders() -> tuple[Path, ...]:
    """Return where scripts are looked for: the user's folders, then the system's."""
    config = Path(os.environ.get("XDG_CONFIG_HOME", ""))
    own = (config if config.is_absolute() else Path.home() / ".config") / "tracetop"
    return own, own / "scripts", SYSTEM_FOLDER


def offered_scripts(*, as_root: bool) -> Iterator[Offer]:
    """Yield the scripts in the folders, by name; of two with one name the first found: a user's own.

    A file that cannot be read or trusted is offered with the reason why it cannot be opened.
    """
    found: dict[str, Path] = {}
    for folder in script_folders():
        try:
            for path in sorted(folder.glob("*.bt")):
                found.setdefault(path.stem, path)
        except OSError:  # a folder that this user may not read has nothing for him
            continue
    for name in sorted(found):
        yield _offer(name, str(found[name]), as_root=as_root)


def _offer(name: str, path: str, *, as_root: bool) -> Offer:
    try:
        text = script_text(path, as_root=as_root)
    except UsageError as error:
        return Offer(name, name, path, "", error.diagnostic.why or error.diagnostic.what)
    if not text.strip():
        return Offer(name, name, path, "", "it is empty")
    script = pane_script(name, text, bundled=False)
    return Offer(name, script.variant.title, path, text, about=script.about)
