"""Positional parameters whose values are known: ``$1`` in the tree becomes the number or string that was given.

Owns: what a parameter means as a value. Without values, as in a pane, the numbers stay in the tree and are read live
at each event. Refuses to own: parameters within a probe's text, which `resolve.probe_syntax` fills in.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tracetop.lang.source import Source
from tracetop.lang.tree import syntax
from tracetop.lang.tree.walk import rewrite
from tracetop.lang.vocabulary.literals import integer
from tracetop.model.abi.control import PARAMS

_MAX_NEGATIVE = 1 << 63


def substitute(source: Source, script: syntax.Script, params: tuple[str, ...] | None) -> syntax.Script:
    """Return the script with the values of its parameters in place; `params` is None where they are read live.

    ScriptError for a parameter that cannot be read live.
    """
    if params is None:
        return rewrite(script, _only_live(source))
    given = _Given(source, params)
    return rewrite(rewrite(script, given.strings), given.values)


@dataclass(frozen=True)
class _Given:
    """The values that were given."""

    source: Source
    params: tuple[str, ...]

    def strings(self, node: syntax.Node) -> syntax.Node:
        """Return what ``str($1)`` means: the text as it was given, from an offset on, at most so long."""
        match node:
            case syntax.Call(name="str", arguments=(syntax.Parameter(index=index), *rest)) if index:
                return self._text(node, index, 0, rest)
            case syntax.Call(
                name="str",
                arguments=(syntax.Binary(op="+", left=syntax.Parameter(index=index), right=by), *rest),
            ) if index and isinstance(by, syntax.Integer):
                return self._text(node, index, by.value, rest)
        return node

    def _text(self, call: syntax.Call, index: int, offset: int, rest: list[syntax.Expr]) -> syntax.Node:
        text = self._param(index).encode(errors="surrogateescape")
        if offset > max(len(text), 0 if index <= len(self.params) else offset):
            raise self.source.error(
                call.at, f"${index} has {len(text)} bytes", hint=f"write a number from 0 to {len(text)} after the +"
            )
        length = rest[0].value if len(rest) == 1 and isinstance(rest[0], syntax.Integer) else None
        if rest and length is None:
            raise self.source.error(
                call.at, f"the length of ${index} must be a number", hint=f"write str(${index}, 16)"
            )
        return syntax.String(at=call.at, value=text[offset:][:length])

    def values(self, node: syntax.Node) -> syntax.Node:
        """Return what a parameter means by itself: a number where it looks like one, else the text."""
        if not isinstance(node, syntax.Parameter):
            return node
        if not node.index:
            return syntax.Integer(at=node.at, value=len(self.params))
        text = self._param(node.index)
        negative = text.startswith("-")
        value = integer(text.removeprefix("-")) if text else 0
        if value is None or (negative and value > _MAX_NEGATIVE):
            return syntax.String(at=node.at, value=text.encode(errors="surrogateescape"))
        number = syntax.Integer(at=node.at, value=value)
        return syntax.Unary(at=node.at, op="-", operand=number) if negative else number

    def _param(self, index: int) -> str:
        """Return the text of a parameter; one that was not given is empty, which as a number is 0."""
        return self.params[index - 1] if index <= len(self.params) else ""


def _only_live(source: Source) -> Callable[[syntax.Node], syntax.Node]:
    def check(node: syntax.Node) -> syntax.Node:
        match node:
            case syntax.Parameter(at=at, index=index) if index > PARAMS:
                raise source.error(at, f"there is no parameter ${index}", hint=f"use $1 to ${PARAMS}")
            case syntax.Call(
                name="str",
                arguments=(syntax.Parameter() as first, *_) | (syntax.Binary(left=syntax.Parameter() as first), *_),
            ):
                raise source.error(
                    first.at,
                    f"${first.index or '#'} is a number here, not a string",
                    why="a pane's parameters can change while it runs, so they are numbers",
                    hint="write the string into the script, or give it a value: tracetop run FILE.bt VALUE",
                )
        return node

    return check
