"""The functions of the language, a file for each family; a new family is one more file and one import here.

Owns: which names there are and how each may be used. An *aggregation* stands right of ``@map =``; a *statement
function* is a statement of its own; a *value function* is part of an expression.
"""

from tracetop.lang.check.functions.addresses_and_stacks import SYMBOL_FUNCTIONS
from tracetop.lang.check.functions.aggregations import AGGREGATIONS
from tracetop.lang.check.functions.call_arguments import Arguments, CheckExpr
from tracetop.lang.check.functions.function import Aggregation, Function, StatementFunction, ValueFunction
from tracetop.lang.check.functions.maps import MAP_STATEMENTS, MAP_VALUES
from tracetop.lang.check.functions.output import OUTPUT_FUNCTIONS
from tracetop.lang.check.functions.strings import STRING_FUNCTIONS

VALUE_FUNCTIONS: dict[str, ValueFunction] = {**STRING_FUNCTIONS, **SYMBOL_FUNCTIONS, **MAP_VALUES}
STATEMENT_FUNCTIONS: dict[str, StatementFunction] = {**OUTPUT_FUNCTIONS, **MAP_STATEMENTS}
FUNCTIONS: dict[str, Function] = {**AGGREGATIONS, **STATEMENT_FUNCTIONS, **VALUE_FUNCTIONS}
"""All of them by name."""

_ABSENT_WORDS = """
buf_pinned is_err is_ptr override percpu_kaddr pton skboutput socket_cookie strcap unwatch stack_len fail assert
"""
ABSENT = frozenset(_ABSENT_WORDS.split())
"""Functions of the language that this compiler does not have."""

__all__ = [
    "ABSENT",
    "AGGREGATIONS",
    "FUNCTIONS",
    "STATEMENT_FUNCTIONS",
    "VALUE_FUNCTIONS",
    "Aggregation",
    "Arguments",
    "CheckExpr",
    "Function",
    "StatementFunction",
    "ValueFunction",
]
