"""Statements and clauses, from the grammar's rules to nodes."""

from typing import Any

from lark import Token
from lark.tree import Meta

from tracetop.lang.parse.expressions import Building, Rule, made, place, row
from tracetop.lang.tree import syntax


def _probes(_building: Building, _meta: Meta, parts: list[Token]) -> tuple[syntax.Probe, ...]:
    return tuple(syntax.Probe(at=place(part), text=str(part)) for part in parts)


def _conditional(_building: Building, meta: Meta, parts: list[Any]) -> syntax.If:
    condition, then, otherwise = parts
    if isinstance(otherwise, syntax.If):
        otherwise = (otherwise,)
    return syntax.If(at=meta.start_pos, condition=condition, then=then, otherwise=otherwise or ())


RULES: dict[str, Rule] = {
    "start": lambda _building, _meta, parts: parts,
    "clause": made(syntax.Clause, "probes", "predicate", "body"),
    "probes": _probes,
    "predicate": lambda _building, _meta, parts: parts[0],
    "body": row,
    "block": row,
    "braces": made(syntax.Block, "body"),
    "assign": made(syntax.Assign, "target", "op", "value"),
    "discard": made(syntax.Evaluate, "", "value"),
    "evaluate": made(syntax.Evaluate, "value"),
    "let": made(syntax.Let, "name", "type", "", "value"),
    "leave": made(syntax.Return, "value"),
    "break": made(syntax.Break),
    "continue": made(syntax.Continue),
    "conditional": _conditional,
    "while": made(syntax.While, "condition", "body"),
    "for": made(syntax.For, "name", "over", "body"),
    "range": made(syntax.Range, "low", "high"),
    "unroll": made(syntax.Unroll, "count", "body"),
}
