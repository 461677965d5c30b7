"""A compiler's trees as text: what `tracetop run -d` shows. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum

import msgspec

_LINE_CHARACTERS = 100
_PLACES = frozenset({"at", "end"})
"""Fields that say where a node stands in the text: noise to a reader."""


def dump(node: object) -> str:
    """Return a tree with a line for each node, its members indented below; one that is short stands on one line."""
    return "\n".join(_lines(node))


def _lines(node: object, label: str = "") -> Iterator[str]:
    head = f"{label}: " if label else ""
    short = _short(node)
    if len(short) + len(head) <= _LINE_CHARACTERS:
        yield head + short
        return
    children = _children(node)
    if not children:
        yield head + short
        return
    yield (head + ("" if isinstance(node, list | tuple | Mapping) else type(node).__name__)).rstrip()
    for name, child in children:
        yield from (f"    {line}" for line in _lines(child, name))


def _short(node: object) -> str:
    """Return a tree on one line."""
    if isinstance(node, Enum):
        return str(node.value)
    if isinstance(node, list | tuple):
        return f"[{', '.join(map(_short, node))}]"
    if isinstance(node, Mapping):
        return f"{{{', '.join(f'{_short(key)}: {_short(value)}' for key, value in node.items())}}}"
    if callable(node):  # what writes the C of a call
        return str(getattr(node, "__name__", node))
    if not isinstance(node, msgspec.Struct) and not is_dataclass(node):
        return repr(node)
    return f"{type(node).__name__}({', '.join(f'{name}={_short(child)}' for name, child in _children(node))})"


def _children(node: object) -> list[tuple[str, object]]:
    """Return the members of a node that say something, with their names; of a sequence its items."""
    if isinstance(node, list | tuple):
        return [("", item) for item in node]
    if isinstance(node, Mapping):
        return [(_short(key), value) for key, value in node.items()]
    if isinstance(node, msgspec.Struct):
        names = node.__struct_fields__
    elif is_dataclass(node):
        names = tuple(each.name for each in fields(node))
    else:
        return []
    members = [(name, getattr(node, name)) for name in names if name not in _PLACES]
    return [(name, child) for name, child in members if child not in (None, "", (), [], {}, 0, False)]
