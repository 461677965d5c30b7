"""What the rules that build the syntax tree share: where they are, and what the text before them has defined."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from lark import Token
from lark.tree import Meta

from tracetop.lang.parse.preprocess import Macro
from tracetop.lang.source import Source
from tracetop.lang.tree import syntax

MAX_UNFOLDED = 256
"""Macros within macros that one name may become; C's doubling ones would else fill the memory."""


@dataclass(frozen=True)
class Building:
    """One script, or one macro of it, whose tree is being built."""

    source: Source
    macros: dict[str, Macro]
    unfold: Callable[["Building", str, int], syntax.Expr]
    """Makes the expression that a macro stands for, at an offset."""
    constants: dict[str, int] = field(default_factory=dict)
    """Enumerators so far: C's, so of the whole script."""
    hoisted: list[syntax.Definition] = field(default_factory=list)
    """Definitions within the one that is being built: C knows them everywhere behind."""
    unfolding: tuple[str, ...] = ()
    """The macros that are being unfolded."""
    unfolded: list[str] = field(default_factory=list)
    """Those that were, for the one name that began it."""


Rule = Callable[[Building, Meta, list[Any]], Any]
"""Makes a node of one rule of the grammar: from its place and what its parts have become."""


def place(part: Token | syntax.Node) -> int:
    """Return the offset of a part."""
    return part.start_pos or 0 if isinstance(part, Token) else part.at
