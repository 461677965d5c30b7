"""The files that a script imports, read as the user and put after its text: what is compiled is one text.

Owns: which files an ``import`` means, and that each is as safe to run as the script itself. Refuses to own: what the
parts of the text mean (`lang.source` takes them apart by their first lines, `model.header.IMPORTED`).
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tracetop.errors import UsageError
from tracetop.model.header import IMPORTED

_PIECE = re.compile(
    r"""//[^\n]* | /\*(?:[\s\S]*?\*/|[\s\S]*) | \bimport\s*"(?P<path>(?:\\.|[^"\\\n])*)" | "(?:\\.|[^"\\\n])*"?""",
    re.VERBOSE,
)
_BUILT_IN = "stdlib"
"""What bpftrace's own library is called: its functions are there without being imported."""
_MOST_FILES = 64


def with_imports(text: str, path: Path, read: Callable[[str], str]) -> str:
    """Return a script with the files that it imports after it, those first that others need.

    `path` is the script's file, or where it would lie; `read` returns the text of a file, or raises UsageError.
    """
    if "import" not in text or IMPORTED in text:
        return text
    imports = _Imports(path.parent, read, {path.resolve()})
    imports.follow(text, path.parent)
    parts = [f"{IMPORTED}{name}\n{imported}" for name, imported in imports.texts]
    return "\n".join([text, *parts]) if parts else text


@dataclass
class _Imports:
    """The files of one script."""

    root: Path
    read: Callable[[str], str]
    seen: set[Path]
    texts: list[tuple[str, str]] = field(default_factory=list)
    """Names, as seen from the script, and texts."""

    def follow(self, text: str, folder: Path) -> None:
        """Read what a text in a folder imports, and what that imports."""
        for match in _PIECE.finditer(text):
            if match["path"] is not None and Path(match["path"]).parts[:1] != (_BUILT_IN,):
                for path in self._files(match["path"], folder):
                    self._take(path)

    def _take(self, path: Path) -> None:
        if path.resolve() in self.seen:
            return
        self.seen.add(path.resolve())
        if len(self.seen) > _MOST_FILES:
            raise UsageError(f"the script imports more than {_MOST_FILES} files", hint="put some of them into one")
        text = self.read(str(path))
        self.follow(text, path.parent)
        name = path.relative_to(self.root) if path.is_relative_to(self.root) else path
        self.texts.append((str(name), text))

    def _files(self, named: str, folder: Path) -> Iterator[Path]:
        """Yield the files that a name means: one, or the scripts in a folder; from where it stands, or the script."""
        candidates = [folder / named, self.root / named]
        found = next((path for path in candidates if path.exists()), None)
        if found is None:
            raise UsageError(
                f"cannot import {named}",
                why=f"there is no {candidates[0]}",
                hint="name a file or a folder, as seen from the file that imports it",
            )
        if found.is_dir():
            yield from sorted(found.glob("*.bt"))
        elif found.suffix in (".bt", ".h"):
            yield found
        else:
            raise UsageError(f"cannot import {named}", why="it is not a script", hint="import a file NAME.bt")
