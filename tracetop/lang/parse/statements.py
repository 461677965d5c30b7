"""Statements and clauses, from the grammar's rules to nodes."""

from dataclasses import replace
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


def _last(_building: Building, _meta: Meta, parts: list[syntax.Statement]) -> syntax.Statement:
    """Return a block's last statement, after which no semicolon stands: an expression may be the block's value."""
    return replace(parts[0], is_last=True) if isinstance(parts[0], syntax.Evaluate) else parts[0]


def _block_value(_building: Building, meta: Meta, parts: list[syntax.Statement]) -> syntax.BlockValue:
    return _value_of(meta.start_pos, tuple(parts))


def _value_of(at: int, body: tuple[syntax.Statement, ...]) -> syntax.BlockValue:
    """Return a block as a value: that of its last statement, be it an expression, an ``if`` or a block itself."""
    match body[-1] if body else None:
        case syntax.Evaluate(value=value, is_last=True):
            return syntax.BlockValue(at=at, body=body[:-1], value=value)
        case syntax.If() as last:
            return syntax.BlockValue(at=at, body=body[:-1], value=_choice(last))
        case syntax.Block() as last:
            return syntax.BlockValue(at=at, body=body[:-1], value=_value_of(last.at, last.body))
    return syntax.BlockValue(at=at, body=body, value=None)


def _choice(node: syntax.If) -> syntax.Ternary:
    then, otherwise = _value_of(node.at, node.then), _value_of(node.at, node.otherwise)
    return syntax.Ternary(at=node.at, condition=node.condition, then=then, otherwise=otherwise)


def _if_value(building: Building, meta: Meta, parts: list[Any]) -> syntax.Ternary:
    condition, then, otherwise = parts
    if isinstance(otherwise, syntax.Ternary):
        otherwise = (syntax.Evaluate(at=otherwise.at, value=otherwise, is_last=True),)
    return _choice(_conditional(building, meta, [condition, then, otherwise]))


def _macro(_building: Building, meta: Meta, parts: list[Any]) -> syntax.Macro:
    name, parameters, body = parts
    return syntax.Macro(
        at=meta.start_pos,
        name=str(name),
        parameters=tuple(map(str, parameters or ())),
        body=_value_of(meta.start_pos, body),
    )


RULES: dict[str, Rule] = {
    "start": lambda _building, _meta, parts: parts,
    "macro": _macro,
    "macro_parameters": row,
    "clause": made(syntax.Clause, "probes", "predicate", "body"),
    "probes": _probes,
    "predicate": lambda _building, _meta, parts: parts[0],
    "body": row,
    "block": row,
    "last": _last,
    "block_value": _block_value,
    "if_value": _if_value,
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
