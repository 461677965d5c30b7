"""Statements and clauses, from the grammar's rules to nodes."""

from typing import Any

from lark import Token
from lark.tree import Meta

from tracetop.lang.parse.expressions import Building, Rule, made, place
from tracetop.lang.tree import syntax


def _clause(_building: Building, meta: Meta, parts: list[Any]) -> syntax.Clause:
    probes, *predicate, body = parts
    return syntax.Clause(at=meta.start_pos, probes=probes, predicate=predicate[0] if predicate else None, body=body)


def _probes(_building: Building, _meta: Meta, parts: list[Token]) -> tuple[syntax.Probe, ...]:
    return tuple(syntax.Probe(at=place(part), text=str(part)) for part in parts)


def _block(_building: Building, meta: Meta, parts: list[Any]) -> syntax.Block:
    return syntax.Block(at=meta.start_pos, body=tuple(parts))


def _let(_building: Building, meta: Meta, parts: list[Any]) -> syntax.Let:
    name, type_, *rest = parts
    return syntax.Let(at=meta.start_pos, name=str(name), type=type_, value=rest[-1])


def _conditional(_building: Building, meta: Meta, parts: list[Any]) -> syntax.If:
    condition, then, otherwise = parts
    if isinstance(otherwise, syntax.If):
        return syntax.If(at=meta.start_pos, condition=condition, then=then.body, otherwise=(otherwise,))
    return syntax.If(
        at=meta.start_pos, condition=condition, then=then.body, otherwise=otherwise.body if otherwise else ()
    )


def _while(_building: Building, meta: Meta, parts: list[Any]) -> syntax.While:
    return syntax.While(at=meta.start_pos, condition=parts[0], body=parts[1].body)


def _for(_building: Building, meta: Meta, parts: list[Any]) -> syntax.For:
    name, over, block = parts
    return syntax.For(at=meta.start_pos, name=str(name), over=over, body=block.body)


def _unroll(_building: Building, meta: Meta, parts: list[Any]) -> syntax.Unroll:
    return syntax.Unroll(at=meta.start_pos, count=parts[0], body=parts[1].body)


RULES: dict[str, Rule] = {
    "start": lambda _building, _meta, parts: parts,
    "clause": _clause,
    "probes": _probes,
    "predicate": lambda _building, _meta, parts: parts[0],
    "body": lambda _building, _meta, parts: tuple(parts),
    "block": _block,
    "assign": made(syntax.Assign, "target", "op", "value"),
    "discard": lambda _building, meta, parts: syntax.Evaluate(at=meta.start_pos, value=parts[-1]),
    "evaluate": made(syntax.Evaluate, "value"),
    "let": _let,
    "leave": made(syntax.Return, "value"),
    "break": made(syntax.Break),
    "continue": made(syntax.Continue),
    "conditional": _conditional,
    "while": _while,
    "for": _for,
    "range": made(syntax.Range, "low", "high"),
    "unroll": _unroll,
}
