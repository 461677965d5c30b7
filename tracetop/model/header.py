"""The ``//! name: value`` comments at the head of a script, which carry what the language cannot say.

Owns: reading them, for both processes. Refuses to own: what the compiler makes of them (`lang.vocabulary.directives`)
and what a reader does with a title or a key. Pure.
"""

import re

LINE = re.compile(r"^[ \t]*//!(?P<text>.*)$", re.MULTILINE)
IMPORTED = "//! imported: "
"""The line before the text of an imported file, which stands after that of the script: then comes the file's name."""
_COMMENT = re.compile(r"/\*(?P<block>.*?)\*/|(?P<lines>(?://[^\n]*\n?[ \t]*)+)", re.DOTALL)
_OWN_NAME = re.compile(r"^[\w.-]+(?:\.bt\b|\t| +-| *:|  +)[\s:-]*")
"""What such a comment begins with: the name of the tool itself."""
PAIR = re.compile(r"\s*(?P<name>[^:]+?)\s*:\s*(?P<value>.*?)\s*$")


def read_header(text: str) -> dict[str, str]:
    """Return the ``//! name: value`` lines that stand before the first clause.

    Values of a repeated name are joined by ``, ``. A script that does not parse still has a header.
    """
    header: dict[str, str] = {}
    for line in text.splitlines():
        stripped = line.strip()
        if stripped and not stripped.startswith(("//", "#!")):
            break
        pair = PAIR.match(stripped[3:]) if stripped.startswith("//!") else None
        if pair and pair["name"] != "process":
            name, value = pair["name"], pair["value"]
            header[name] = f"{header[name]}, {value}" if name in header else value
    return header


def first_sentence(text: str) -> str:
    """Return what a script says of itself: the first sentence of its first comment, on one line; else nothing."""
    body = re.sub(r"\A#![^\n]*\n", "", text).lstrip()
    found = _COMMENT.match(body)
    if found is None:
        return ""
    lines = (found["block"] or found["lines"] or "").splitlines()
    bare = [line.strip().lstrip("/*!").strip(" ") for line in lines]
    said = next((line for line in bare if line.strip()), "")
    return _OWN_NAME.sub("", said).split(". ")[0].strip().rstrip(".")


def without_comments(text: str) -> str:
    """Return a script on one line, without what comes before its first clause."""
    body = re.sub(r"\A#![^\n]*\n", "", text).lstrip()
    while found := _COMMENT.match(body):
        body = body[found.end() :].lstrip()
    return " ".join(body.split())
