"""The first pass: text to syntax tree, by lark's LALR parser (`grammar`).

Owns: running the parser over the tokens, and what depends on the tokens before: which words a script has made types.
The rules of the grammar become nodes in `expressions`, `statements` and `definitions`; what is said of text that is not
of the language is in `advice`. Refuses to own: names and types.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast

from lark import Token, Tree
from lark.exceptions import UnexpectedInput
from lark.tree import Meta
from lark.visitors import Transformer_NonRecursive

from tracetop.errors import ScriptError
from tracetop.lang.advice.parse_failure import Trace
from tracetop.lang.advice.syntax_errors import syntax_error
from tracetop.lang.parse import definitions, expressions, statements
from tracetop.lang.parse.expressions import MAX_UNFOLDED, Building, Rule
from tracetop.lang.parse.grammar import grammar
from tracetop.lang.parse.preprocess import preprocess
from tracetop.lang.source import Source
from tracetop.lang.tree import syntax
from tracetop.lang.tree.walk import rewrite

_RULES: dict[str, Rule] = {**expressions.RULES, **statements.RULES, **definitions.RULES}


def parse(source: Source, arch: str = "x86_64") -> syntax.Script:
    """Return the syntax tree; `arch` decides conditions such as ``#ifdef __aarch64__``.

    ScriptError, with its place, for text that is not of the language.
    """
    prepared = preprocess(source, arch)
    types: set[str] = set()
    building = Building(source, prepared.macros, _unfold)
    parts = [part for text in prepared.texts for part in _Build(building).transform(_tree(source, text, types=types))]
    clauses = tuple(part for part in parts if isinstance(part, syntax.Clause))
    if not clauses:
        raise source.error(
            len(source.text.rstrip()),
            "the script ends too early",
            hint='add a probe and what to do there, e.g. BEGIN { printf("hello\\n"); }',
        )
    return syntax.Script(
        clauses=clauses,
        macros=tuple(part for part in parts if isinstance(part, syntax.Macro)),
        settings=tuple(setting for part in parts if isinstance(part, list) for setting in part),
        definitions=tuple(node for part in parts if isinstance(part, tuple) for node in part),
        includes=prepared.includes,
    )


def _tree(source: Source, text: str, start: str = "start", types: set[str] | None = None) -> Tree[Token]:
    """Return lark's tree of a text of the script's own or of a macro. ScriptError where it has none.

    `types` are the words that were made types so far, to which it adds.
    """
    parser: Any = grammar().parse_interactive(text, start=start)
    trace = Trace()
    try:
        for token in _tokens(parser, set() if types is None else types):
            trace.append(token)
            parser.feed_token(token)
        return cast("Tree[Token]", parser.feed_eof(trace.last()))
    except UnexpectedInput as error:
        raise syntax_error(source, text, error, frozenset(parser.accepts()), trace) from None


def _tokens(parser: Any, types: set[str]) -> Iterator[Token]:
    """Yield the tokens; a word that the script's own ``typedef`` made a type is one where it may be."""
    defining = False
    depth = 0
    last_name = ""
    for token in parser.lexer_thread.lex(parser.parser_state):
        if token.type == "NAME" and token in types and "TYPE" in parser.choices():
            yield Token.new_borrow_pos("TYPE", token.value, token)
            continue
        depth += (token in ("{", "[", "(")) - (token in ("}", "]", ")"))
        if token.type == "TYPEDEF":
            defining = True
        elif defining and not depth and token.type == "NAME":
            last_name = str(token)
        elif defining and not depth and token == ";":
            types.add(last_name)
            defining = False
        yield token


class _Build(Transformer_NonRecursive[Token, Any]):
    """Applies the rule of every node of lark's tree, the deepest first."""

    def __init__(self, building: Building) -> None:
        super().__init__()
        self._building = building

    def __default__(self, data: Token, children: list[Any], meta: Meta) -> Any:
        return _RULES[str(data)](self._building, meta, children)


def _unfold(building: Building, name: str, at: int) -> syntax.Expr:
    """Return the expression that a macro stands for, every node of it at the place of its use."""
    text = building.macros[name]
    inner = replace(
        building,
        source=Source(building.source.name, text),
        unfolding=(*building.unfolding, name),
        unfolded=building.unfolded if building.unfolding else [],
    )
    inner.unfolded.append(name)
    if len(inner.unfolded) > MAX_UNFOLDED:
        raise building.source.error(at, f"the macro {inner.unfolding[0]} unfolds into too much", hint="write it out")
    try:
        made = cast("syntax.Expr", _Build(inner).transform(_tree(inner.source, text, "expression")))
    except ScriptError as error:
        raise building.source.error(
            at,
            f"{name} cannot be used as a value here",
            why=f"it is defined as {text[:60] or 'nothing'}: {error}",
            hint="define it as a value, or write out what it stands for",
        ) from None
    return rewrite(made, lambda node: replace(node, at=at))
