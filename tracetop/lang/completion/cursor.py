"""Where in a script the cursor is, while the script is being typed and does not parse: among probes, or among words.

Owns: that, and the text of the clause before the cursor. Refuses to own: what could stand there (`completer`). Pure.
"""

import re
from dataclasses import dataclass
from enum import Enum, auto

_PATH_KIND = re.compile(r"(?:uprobe|uretprobe|usdt|u|ur|U):[^\s,]*$")
"""A probe whose text has slashes."""
_OTHER = re.compile(r"\s*(?:struct|union|enum|config|import|fn|macro)\b")
"""What a block may belong to that is not a clause."""
_CLOSERS = {"//": "\n", "/*": "*/"}
_ESCAPED = re.compile(r"\\.|[^\"\\]", re.DOTALL)


class Place(Enum):
    """What the cursor is among."""

    PROBES = auto()
    WORDS = auto()
    """In a predicate or an action."""
    TEXT = auto()
    """In a string, a comment or a definition: nothing of the language stands there."""


@dataclass(frozen=True)
class Cursor:
    """A place in a script."""

    place: Place
    probes: str
    """The probes of the clause, as far as they are written before the cursor."""
    clause: str
    """The predicate and action of the clause up to the cursor; empty among PROBES."""


def find_cursor(text: str, at: int) -> Cursor:
    """Return where offset `at` is."""
    depth = i = 0
    head_at, body_at = 0, -1
    """Where the clause begins, and where its predicate or action does."""
    is_predicate = False
    while i < at:
        after = _skipped(text, i)
        if after is not None:
            if after > at or after < 0:
                return Cursor(Place.TEXT, "", "")
            i = after
            continue
        character = text[i]
        if character == "{":
            depth += 1
            body_at, is_predicate = (i + 1 if body_at < 0 else body_at), False
        elif character == "}":
            depth = max(0, depth - 1)
            if not depth:
                head_at, body_at = i + 1, -1
        elif character == "/" and not depth and is_predicate:
            is_predicate = not text[i + 1 : at].lstrip().startswith("{")
        elif character == "/" and not depth and body_at < 0 and not _PATH_KIND.search(text, head_at, i):
            body_at, is_predicate = i + 1, True
        i += 1
    if not depth and not is_predicate:
        return Cursor(Place.PROBES, text[head_at:at], "")
    head = text[head_at : body_at - 1]
    return Cursor(Place.TEXT if _OTHER.match(head) else Place.WORDS, head, text[body_at:at])


def _skipped(text: str, i: int) -> int | None:
    """Return where the comment or string that begins at `i` ends, -1 where it does not, None where none begins."""
    closer = _CLOSERS.get(text[i : i + 2])
    if closer:
        end = text.find(closer, i + 2)
        return -1 if end < 0 else end + len(closer)
    if text[i] != '"':
        return None
    i += 1
    while match := _ESCAPED.match(text, i):
        i = match.end()
    return i + 1 if i < len(text) else -1
