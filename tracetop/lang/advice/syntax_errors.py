"""What is said of text that is not of the language: what stands there, what could, and what was probably meant.

Owns: how the table of advice (`advice.toml`) is read and asked. Refuses to own: the advice itself, each with its
example, which is in the table, and the facts that it is asked about (`parse_failure`).
"""

import re
from collections.abc import Callable
from functools import lru_cache
from importlib import resources
from typing import Literal

import msgspec
from lark import Token
from lark.exceptions import UnexpectedInput

from tracetop.errors import ScriptError
from tracetop.lang.advice.parse_failure import MARK, Failure, Trace
from tracetop.lang.source import Source
from tracetop.lang.vocabulary.builtins import BUILTINS
from tracetop.model.kinds import Family, ProbeKind

_TYPES = (
    r"(?:const|static|unsigned|signed|long|short|int|char|bool|float|double|void|auto|var|my|local|struct\s+¦?\w+|"
    r"u?int(?:8|16|32|64)?(?:_t)?|[us](?:8|16|32|64)|size_t)"
)
_PLACEHOLDERS = {
    "START": r"\A[;{}]?\s*",
    "ASSIGN": r"¦(?:[-+*/%&|^]?=(?!=)|<<=|>>=)",
    "KINDS": "|".join(kind.value for kind in ProbeKind if kind.facts.family is not Family.ONCE),
    "BUILTINS": "|".join(BUILTINS),
    "TYPES": _TYPES,
}
_FORMS: dict[str, Callable[[str], str]] = {
    "colons": lambda text: ":".join(text.split()),
    "path": lambda text: text.replace("/", ":"),
    "underscores": lambda text: text.replace("-", "_"),
    "bare": lambda text: text.strip("() "),
    "code": lambda text: str(ord(text) if text else 0),
}
"""What a template may make of a text: ``{rest:colons}``."""


class Advice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One mistake that people make: how it is recognised, what is said of it, and an example.

    What is said are templates, of the pattern's groups and of `found` (the word where the parser stopped), `token` (the
    one before), `opened` and `closing` (the bracket that is open, and what would close it), `line` and `meant`.
    """

    title: str
    pattern: str
    inside: str = ""
    """The bracket that must be open: one of these signs, ``-`` for none and ``c`` for that of config; empty for any."""
    last: tuple[str, ...] = ()
    """The terminal of the last token is one of these."""
    wanted: tuple[str, ...] = ()
    """The grammar could have taken all of these terminals."""
    unwanted: tuple[str, ...] = ()
    """And none of these."""
    before_block: tuple[str, ...] = ()
    """One of these words stands right before the block that has just ended."""
    stray: bool = False
    """The bracket that stands there closes none."""
    point: Literal["at", "end", "opened", "block"] = "at"
    """Where the error points: to the group `at`, or without one where the parser stopped; to the end of the last token;
    to the bracket that is open; to the block that was open on an earlier line, which must be there."""
    what: str
    hint: str
    why: str = ""
    meant: dict[str, str] = {}
    """By the group `word`: what is written instead."""
    otherwise: str = ""
    """What is written instead of other words."""
    wrong: str
    right: str
    """A program with the mistake, and one that does what was meant."""


class _Text(str):
    """A text in a template."""

    def __format__(self, form: str) -> str:
        if form.startswith("or "):
            return str(self) or form.removeprefix("or ")
        return _FORMS[form](str(self)) if form in _FORMS else super().__format__(form)


@lru_cache(maxsize=1)
def table() -> tuple[tuple[Advice, re.Pattern[str]], ...]:
    """Return all advice with its pattern, in the order in which it is asked."""
    text = resources.files(__package__).joinpath("advice.toml").read_text(encoding="utf-8")
    read = msgspec.toml.decode(text, type=dict[str, tuple[Advice, ...]])
    return tuple((advice, _compiled(advice)) for advice in read["advice"])


def _compiled(advice: Advice) -> re.Pattern[str]:
    pattern = advice.pattern.replace("WORDS", "|".join(map(re.escape, advice.meant)))
    for name, meaning in _PLACEHOLDERS.items():
        pattern = pattern.replace(name, meaning)
    return re.compile(pattern.replace("¦", MARK), re.ASCII | re.DOTALL)


def syntax_error(
    source: Source, text: str, error: UnexpectedInput, wanted: frozenset[str], trace: Trace
) -> ScriptError:
    """Return the error for what the parser could not take.

    `text` is the source as the parser saw it, `wanted` the grammar's terminals that could have stood there.
    """
    token = getattr(error, "token", None)
    ended = isinstance(token, Token) and token.type == "$END"
    at = len(text) if ended else min(max(error.pos_in_stream or 0, 0), len(text))
    failure = Failure(text, at, wanted, trace)
    missing = failure.wanted_words
    if ended and failure.opened is None:
        hint = f"add {missing}" if missing else "finish the clause"
        return source.error(len(text.rstrip()), "the script ends too early", hint=hint)
    for advice, pattern in table():
        said = _ask(advice, pattern, failure, source)
        if said is not None:
            return said
    return source.error(
        at,
        f"unexpected {failure.found}",
        why="the script cannot go on with it here",
        hint=f"expected {missing}" if missing else "see the language's reference",
    )


def _ask(advice: Advice, pattern: re.Pattern[str], failure: Failure, source: Source) -> ScriptError | None:
    """Return the error where the advice is for this failure."""
    point = failure.block if advice.point == "block" else failure.opened
    if (
        (advice.inside and failure.inside not in advice.inside)
        or (advice.last and (failure.token is None or failure.token.type not in advice.last))
        or not failure.wanted.issuperset(advice.wanted)
        or not failure.wanted.isdisjoint(advice.unwanted)
        or (advice.before_block and failure.before_block not in advice.before_block)
        or (advice.stray and not failure.is_stray)
        or (advice.point == "block" and point is None)
    ):
        return None
    match = pattern.search(failure.statement)
    if match is None:
        return None
    texts = {name: _Text(text or "") for name, text in {**failure.texts, **match.groupdict()}.items()}
    meant = advice.meant.get(match.groupdict().get("word") or "", advice.otherwise)
    texts["meant"] = _Text(meant.format_map(texts))
    if advice.point == "at":
        at = failure.offset(match.start("at")) if "at" in pattern.groupindex else failure.at
    else:
        at = failure.token_end if advice.point == "end" or point is None else point.start_pos or 0
    what, why, hint = (template.format_map(texts) for template in (advice.what, advice.why, advice.hint))
    return source.error(at, what, why=why, hint=hint)
