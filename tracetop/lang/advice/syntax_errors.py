"""What is said of text that is not of the language: what stands there, what could, and what was probably meant.

Owns: the words, for readers who do not know the language yet; what is recognised is in `habits` and
`slips`.
"""

import re

from lark import Token
from lark.exceptions import UnexpectedInput

from tracetop.errors import ScriptError
from tracetop.lang.advice.clause_heads import HEADS
from tracetop.lang.advice.foreign_syntax import HABITS
from tracetop.lang.advice.parse_failure import Mistake, Trace
from tracetop.lang.advice.typos import GAPS, SIGNS
from tracetop.lang.source import Source

_WORD = re.compile(r"[#@$]?\w+|[#@$]|<<=|>>=|[-+*/%&|^<>=!:]=|\+\+|--|->|&&|\|\||\S", re.ASCII)
_WANTED = {
    "PROBE": "a probe such as tracepoint:raw_syscalls:sys_enter",
    "INTEGER": "an expression",
    "END_PREDICATE": "/ and then { to end the predicate",
    "LBRACE": "{",
    "SEMICOLON": ";",
    "RPAR": ")",
    "RSQB": "]",
    "COLON": ":",
    "COMMA": ",",
    "EQUALS": "=",
    "LPAR": "(",
    "VARIABLE": "a variable such as $x",
    "NAME": "a name",
    "RBRACE": "}",
}
"""What the parser's terminals are called, those that say most first."""
_MOST_WANTED = 3


def syntax_error(
    source: Source, text: str, error: UnexpectedInput, wanted: frozenset[str], trace: Trace
) -> ScriptError:
    """Return the error for what the parser could not take.

    `text` is the source as the parser saw it, `wanted` the grammar's terminals that could have stood there.
    """
    token = getattr(error, "token", None)
    ended = isinstance(token, Token) and token.type == "$END"
    if ended:
        return _ended(source, text, trace, wanted)
    at = min(max(error.pos_in_stream or 0, 0), len(text))
    found = _WORD.match(text, at)
    mistake = Mistake(text, at, found[0] if found else text[at : at + 1], wanted, trace)
    for recognise in (*SIGNS, *(() if mistake.opened else HEADS), *HABITS, *GAPS):
        said = recognise(mistake)
        if said is not None:
            return source.error(said.at, said.what, why=said.why, hint=said.hint)
    return source.error(
        at,
        f"unexpected {mistake.found}",
        why="the script cannot go on with it here",
        hint=f"expected {_spoken(wanted)}" if _spoken(wanted) else "see the language's reference",
    )


def _ended(source: Source, text: str, trace: Trace, wanted: frozenset[str]) -> ScriptError:
    """Return the error for a script that ends in the middle: it points at what has no end, where there is such."""
    opened = trace.opened[-1] if trace.opened else None
    if opened is not None:
        closing = {"{": "}", "(": ")", "[": "]"}[str(opened)]
        return source.error(
            opened.start_pos or 0, f"this {opened} has no {closing}", hint=f"add the {closing} where it ends"
        )
    missing = _spoken(wanted)
    return source.error(
        len(text.rstrip()), "the script ends too early", hint=f"add {missing}" if missing else "finish the clause"
    )


def _spoken(wanted: frozenset[str]) -> str:
    """Return what may stand at a place, in a few words."""
    return " or ".join([words for name, words in _WANTED.items() if name in wanted][:_MOST_WANTED])
