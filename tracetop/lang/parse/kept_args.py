"""``$a = args``: a variable that only ever stands for the event's arguments becomes ``args`` itself."""

from dataclasses import replace

from tracetop.lang.tree import syntax
from tracetop.lang.tree.walk import nodes, rewrite


def put_in_args(script: syntax.Script) -> syntax.Script:
    """Return the script with ``args`` in place of the variables that keep it; nothing has to be copied."""
    return replace(script, clauses=tuple(map(_clause, script.clauses)))


def _clause(clause: syntax.Clause) -> syntax.Clause:
    kept, others = set(), set()
    for node in nodes((clause.predicate, clause.body)):
        match node:
            case syntax.Assign(target=syntax.Variable(name=name), op="=", value=syntax.Name(name="args")):
                kept.add(name)
            case syntax.Let(name=name, type=None, value=syntax.Name(name="args")):
                kept.add(name)
            case syntax.Assign(target=syntax.Variable(name=name)) | syntax.Let(name=name) | syntax.For(name=name):
                others.add(name)
    kept -= others
    return rewrite(clause, lambda node: _changed(node, kept)) if kept else clause


def _changed(node: syntax.Node, kept: set[str]) -> syntax.Node:
    match node:
        case syntax.Let(at=at, name=name) if name in kept:
            return syntax.Block(at=at, body=())
        case syntax.Assign(at=at, target=syntax.Name(name="args"), value=syntax.Name(name="args")):
            return syntax.Block(at=at, body=())
        case syntax.Variable(at=at, name=name) if name in kept:
            return syntax.Name(at=at, name="args")
    return node
