"""What a function of the language is to the compiler: how it is checked, and how it is explained."""

from collections.abc import Callable
from dataclasses import dataclass

from tracetop.lang.check.functions.call_arguments import Arguments
from tracetop.lang.check.scope import Scope
from tracetop.lang.tree import syntax, typed


@dataclass(frozen=True)
class ValueFunction:
    """A part of an expression."""

    check: Callable[[Arguments], typed.Expr]
    usage: str
    about: str


@dataclass(frozen=True)
class StatementFunction:
    """A statement of its own."""

    check: Callable[[Arguments], typed.Statement]
    usage: str
    about: str


@dataclass(frozen=True)
class Aggregation:
    """What stands right of ``@map =``."""

    check: Callable[[Scope, syntax.Map, typed.Slot, Arguments], typed.Aggregate]
    usage: str
    about: str


Function = ValueFunction | StatementFunction | Aggregation
