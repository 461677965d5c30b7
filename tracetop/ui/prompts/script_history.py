"""Scripts that were run, from one start of the dashboard to the next.

Owns: the file, and what is refused of it. Refuses to own: which entry is shown. Screen process, as the user.
"""

import os
import stat
import tempfile
from contextlib import suppress
from functools import cached_property
from pathlib import Path

import msgspec

MOST_ENTRIES = 500
_MOST_BYTES = 1 << 20


def state_file() -> Path:
    """Return where the history is: in the user's state directory."""
    state = os.environ.get("XDG_STATE_HOME", "")
    base = Path(state) if state.startswith("/") else Path.home() / ".local" / "state"
    return base / "tracetop" / "history"


class History:
    """The scripts of this user, the oldest first. What cannot be read or written is as if it were not there."""

    def __init__(self, path: Path | None) -> None:
        """Take the file's place; None keeps everything in memory only."""
        self._path = path

    @cached_property
    def entries(self) -> list[str]:
        """All entries, read when they are first wanted."""
        return self._read()

    def keep(self, script: str) -> None:
        """Remember a script for this start only: it was left without being run."""
        if script.strip():
            with suppress(ValueError):
                self.entries.remove(script)
            self.entries.append(script)

    def add(self, script: str) -> None:
        """Remember a script for good; those that another dashboard added meanwhile stay."""
        self.keep(script)
        saved = [entry for entry in self._read() if entry != script]
        with suppress(OSError):
            self._write([*saved, script][-MOST_ENTRIES:])

    def _read(self) -> list[str]:
        """Return what the file holds; nothing where it is a symbolic link, another user's, or not ours in form."""
        if self._path is None:
            return []
        try:
            with os.fdopen(
                os.open(self._path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb"
            ) as file:
                found = os.fstat(file.fileno())
                if not stat.S_ISREG(found.st_mode) or found.st_uid != os.geteuid():
                    return []
                data = file.read(_MOST_BYTES)
            return msgspec.json.decode(data, type=list[str])[-MOST_ENTRIES:]
        except (OSError, msgspec.MsgspecError):
            return []

    def _write(self, entries: list[str]) -> None:
        """Replace the file by one step. OSError where the folder is not the user's own."""
        if self._path is None:
            return
        folder = self._path.parent
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or self._path.is_symlink():
            raise PermissionError(str(folder))
        data = msgspec.json.encode(entries)
        while len(data) > _MOST_BYTES:
            entries = entries[max(1, len(entries) // 2) :]
            data = msgspec.json.encode(entries)
        descriptor, temporary = tempfile.mkstemp(prefix=".history-", dir=folder)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
            Path(temporary).replace(self._path)
        except OSError:
            Path(temporary).unlink()
            raise
