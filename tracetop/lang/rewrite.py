"""Changing a syntax tree: the same tree, with some of its nodes replaced."""

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar, cast

from tracetop.lang import syntax

T = TypeVar("T")


def rewrite(tree: T, change: Callable[[Any], Any]) -> T:
    """Return the tree with `change` applied to every node, the deepest first; `change` returns the node or another."""
    node: Any = tree
    if isinstance(node, tuple):
        node = tuple(rewrite(item, change) for item in node)
    elif is_dataclass(node):
        old = {field.name: getattr(node, field.name) for field in fields(node)}
        new = {name: rewrite(value, change) for name, value in old.items()}
        if any(new[name] is not value for name, value in old.items()):
            node = replace(cast("Any", node), **new)
        node = change(node) if isinstance(node, syntax.Node) else node
    return cast("T", node)
