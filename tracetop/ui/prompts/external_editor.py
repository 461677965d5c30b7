"""Editing a text in the user's own editor.

Owns: which editor, and the file that it gets: in a folder of its own that nobody else may enter, gone afterwards.
Refuses to own: the terminal; the caller gives it away and takes it back. Screen process, which is never root for
another user: `source.privileges` saw to that.
"""

import os
import shlex
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

from tracetop.errors import UsageError

_DEFAULTS = ("sensible-editor", "nano", "vim", "vi")


def editor() -> list[str]:
    """Return the command that edits a file. UsageError where there is none."""
    for name in ("VISUAL", "EDITOR"):
        if words := _words(os.environ.get(name, "")):
            return words
    found = next((path for name in _DEFAULTS if (path := shutil.which(name))), None)
    if found is None:
        raise UsageError("no editor found", why="neither VISUAL nor EDITOR is set", hint="set EDITOR, e.g. to nano")
    return [found]


def edit(text: str, command: list[str]) -> str:
    """Return the text as the user left it. UsageError where the editor cannot be started or failed."""
    folder = tempfile.mkdtemp(prefix="tracetop-", dir=_private_folder())
    try:
        path = Path(folder) / "script.bt"
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "w") as file:
            file.write(text)
        try:
            status = subprocess.call([*command, str(path)])
        except OSError as error:
            raise _failed(command, error.strerror or str(error)) from error
        if status != 0:
            raise _failed(command, f"exit status {status}")
        return path.read_text(errors="replace").removesuffix("\n")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _words(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError:
        return []


def _private_folder() -> str | None:
    """Return the user's runtime folder where it is one; None: the usual folder for temporary files."""
    folder = os.environ.get("XDG_RUNTIME_DIR", "")
    try:
        found = os.lstat(folder)
    except OSError:
        return None
    return folder if stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() else None


def _failed(command: list[str], why: str) -> UsageError:
    return UsageError(f"{command[0]} did not edit the script", why=why, hint="set EDITOR to an editor that works")
