"""Headers that a script includes, where they are files of the user's: read as the user, put after the script's text.

Owns: which file an ``#include`` means. Those of the system are not read: the kernel's types come from its BTF.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tracetop.errors import UsageError
from tracetop.model.header import IMPORTED

_INCLUDE = re.compile(r"""^[ \t]*\#[ \t]*include[ \t]*(?P<open>["<])(?P<name>[^">\n]+)[">]""", re.MULTILINE)
_MOST_FILES = 64


@dataclass(frozen=True)
class Headers:
    """What the command line says of headers."""

    folders: tuple[str, ...] = ()
    """Looked through for each header that a script includes."""
    files: tuple[str, ...] = ()
    """Included before the script."""


NO_HEADERS = Headers()


def with_headers(text: str, folder: Path, headers: Headers, read: Callable[[str], str]) -> str:
    """Return a script with the headers after it that it includes, those first that others need.

    Looked for are those in quotes beside the file that includes them, and all in the headers' folders; others are left
    out. `folder` is the script's; `read` returns the text of a file. UsageError for one of `headers.files` that is
    nowhere, and what `read` raises.
    """
    if not headers.files and not _INCLUDE.search(text):
        return text
    search = _Search(tuple(map(Path, headers.folders)), read)
    for name in headers.files:
        path = search.find(name, Path())
        if path is None:
            looked = ", ".join([".", *headers.folders])
            raise UsageError(f"cannot include {name}", why=f"there is no such file in {looked}", hint="add -I FOLDER")
        search.take(path)
    search.follow(text, folder)
    parts = "".join(f"\n{IMPORTED}{name}\n{header}" for name, header in search.texts)
    own, mark, imports = text.partition(f"\n{IMPORTED}")
    return f"{own}{parts}{mark}{imports}"


@dataclass
class _Search:
    folders: tuple[Path, ...]
    read: Callable[[str], str]
    seen: set[Path] = field(default_factory=set)
    texts: list[tuple[str, str]] = field(default_factory=list)

    def follow(self, text: str, folder: Path) -> None:
        """Read what a text in a folder includes, and what that includes."""
        for match in _INCLUDE.finditer(text):
            path = self.find(match["name"], folder if match["open"] == '"' else None)
            if path:
                self.take(path)

    def find(self, name: str, beside: Path | None) -> Path | None:
        """Return the file that a name means, None where there is none."""
        folders = (*((beside,) if beside else ()), *self.folders)
        return next((path for path in (folder / name for folder in folders) if path.is_file()), None)

    def take(self, path: Path) -> None:
        """Read a header, once."""
        if path.resolve() in self.seen:
            return
        self.seen.add(path.resolve())
        if len(self.seen) > _MOST_FILES:
            raise UsageError(f"the script includes more than {_MOST_FILES} files", hint="put some of them into one")
        text = self.read(str(path))
        self.follow(text, path.parent)
        self.texts.append((str(path), text))
