"""Walking the trees of a script, as written and typed: each node of one, or one with other nodes."""

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from functools import lru_cache
from operator import is_
from typing import Any, TypeVar, cast

from tracetop.lang.tree import typed
from tracetop.lang.tree.node import Frozen

T = TypeVar("T")


def conjuncts(predicate: typed.Expr | None) -> Iterator[typed.Expr]:
    """Yield the parts of ``a && b && …``: nothing for no predicate."""
    if isinstance(predicate, typed.Logical) and predicate.op == "&&":
        yield from conjuncts(predicate.left)
        yield from conjuncts(predicate.right)
    elif predicate is not None:
        yield predicate


def expressions(clause: typed.Clause) -> Iterator[object]:
    """Yield every node of the clause's predicate and body, statements and slots among them."""
    yield from nodes((clause.predicate, clause.body))


def nodes(root: Any) -> Iterator[object]:
    """Yield `root` and every node of the tree below it."""
    if isinstance(root, tuple):
        for item in root:
            yield from nodes(item)
        return
    kind: Any = type(root)
    members = _members(kind)
    if members is not None:
        yield root
        for name in members:
            yield from nodes(getattr(root, name))


def rewrite(root: T, change: Callable[[Any], Any]) -> T:
    """Return the tree with `change` applied to every node, the deepest first; `change` returns the node or another."""
    node: Any = root
    if isinstance(node, tuple):
        items = tuple(rewrite(item, change) for item in node)
        return root if all(map(is_, items, node)) else cast("T", items)
    kind: Any = type(node)
    members = _members(kind)
    if members is None:
        return root
    new = {name: rewrite(getattr(node, name), change) for name in members}
    if any(value is not getattr(node, name) for name, value in new.items()):
        node = replace(node, **new)
    return cast("T", change(node))


@lru_cache(maxsize=512)
def _members(type_: type[Any]) -> tuple[str, ...] | None:
    """Return the names of a node's members, None for what is not a node of a tree: a type, a hook, a number."""
    is_node = issubclass(type_, Frozen)
    return tuple(field.name for field in fields(type_)) if is_node else None
