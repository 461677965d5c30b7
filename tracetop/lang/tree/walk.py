"""Walking the typed tree: every statement of a body, every expression of a clause."""

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar, cast

from tracetop.lang.tree import syntax, typed

T = TypeVar("T")


def statements(body: tuple[typed.Statement, ...]) -> Iterator[typed.Statement]:
    """Yield every statement, those of both branches of an `If` and those of loops too."""
    for node in body:
        yield node
        if isinstance(node, typed.If):
            yield from statements(node.then)
            yield from statements(node.otherwise)
        elif isinstance(node, typed.Block | typed.Loop):
            yield from statements(node.body)


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


def nodes(root: object) -> Iterator[object]:
    """Yield `root` and every node of the typed tree below it."""
    if isinstance(root, tuple):
        for item in root:
            yield from nodes(item)
    elif is_dataclass(root) and type(root).__module__.startswith(typed.__name__):
        yield root
        for field in fields(root):
            yield from nodes(getattr(root, field.name))


def replaced(root: T, change: Callable[[Any], Any]) -> T:
    """Return the tree with `change` applied to every node, the deepest first; `change` returns the node or another."""
    node: Any = root
    if isinstance(node, tuple):
        node = tuple(replaced(item, change) for item in node)
    elif is_dataclass(node) and type(node).__module__.startswith(typed.__name__):
        old = {field.name: getattr(node, field.name) for field in fields(node)}
        new = {name: replaced(value, change) for name, value in old.items()}
        if any(new[name] is not value for name, value in old.items()):
            node = replace(cast("Any", node), **new)
        node = change(node)
    return cast("T", node)


def is_deleted(name: str, script: typed.Script) -> bool:
    """Say whether the script deletes entries of the map."""
    return any(
        isinstance(node, typed.Delete) and node.slot.map == name
        for clause in script.clauses
        for node in statements(clause.body)
    )


def is_measured(name: str, script: typed.Script) -> bool:
    """Say whether the script asks how many entries the map has."""
    return any(
        isinstance(node, typed.MapLength) and node.map == name
        for clause in script.clauses
        for node in expressions(clause)
    )


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
