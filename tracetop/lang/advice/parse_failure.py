"""Where a parser stopped: the facts that advice is asked about."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from lark import Token

MARK = "\uffff"
"""Stands where the parser stopped; no character of any text."""
_WORD = re.compile(r"[#@$]?\w+|[#@$]|<<=|>>=|[-+*/%&|^<>=!:]=|\+\+|--|->|&&|\|\||\S", re.ASCII)
_CONFIG = re.compile(r"\bconfig\s*=\s*\Z")
_CLOSES = {"}": "{", ")": "(", "]": "["}
_CLOSING = {opening: closing for closing, opening in _CLOSES.items()}
_AHEAD = 200
"""Characters after the failure that a pattern may see, and the rest of their line."""
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


@dataclass
class Trace:
    """The tokens so far, and of these the brackets that are open."""

    tokens: list[Token] = field(default_factory=list)
    opened: list[Token] = field(default_factory=list)

    def append(self, token: Token) -> None:
        """Note the next token."""
        self.tokens.append(token)
        if token in _CLOSING and token.type != "STRING":
            self.opened.append(token)
        elif token in _CLOSES and self.opened and self.opened[-1] == _CLOSES[token]:
            self.opened.pop()

    def last(self) -> Token | None:
        """Return the last token."""
        return self.tokens[-1] if self.tokens else None


@dataclass(frozen=True)
class Failure:
    """Where the parser stopped."""

    text: str
    at: int
    wanted: frozenset[str]
    """Terminals of the grammar that could have stood there."""
    trace: Trace

    @cached_property
    def found(self) -> str:
        """The word or sign there."""
        found = _WORD.match(self.text, self.at)
        return found[0] if found else self.text[self.at : self.at + 1]

    @cached_property
    def token(self) -> Token | None:
        """The last token before."""
        return next((token for token in reversed(self.trace.tokens) if (token.start_pos or 0) < self.at), None)

    @property
    def token_end(self) -> int:
        """The offset after the last token."""
        return (self.token.end_pos or 0) if self.token else 0

    @cached_property
    def opened(self) -> Token | None:
        """The bracket that is open here, without one that stands at the failure itself."""
        return next((token for token in reversed(self.trace.opened) if (token.start_pos or 0) < self.at), None)

    @cached_property
    def inside(self) -> str:
        """The sign of that bracket, ``-`` for none and ``c`` for that of config."""
        if self.opened is None:
            return "-"
        return "c" if _CONFIG.search(self.text[: self.opened.start_pos or 0]) else str(self.opened)

    @cached_property
    def block(self) -> Token | None:
        """The innermost block that was open before this line."""
        line_at = self.text.rfind("\n", 0, self.at) + 1
        braces = [token for token in self.trace.opened if token == "{" and (token.start_pos or 0) < line_at]
        return braces[-1] if braces else None

    @cached_property
    def before_block(self) -> str:
        """The word right before the block that has just ended; empty where none has."""
        depth = 0
        before = [token for token in self.trace.tokens if (token.start_pos or 0) < self.at]
        for i, token in reversed(list(enumerate(before))):
            depth += (token == "}") - (token == "{")
            if depth <= 0:
                return str(before[i - 1]) if i and token == "{" else ""
        return ""

    @property
    def is_stray(self) -> bool:
        """Whether a bracket stands there that closes none of those that are open."""
        return self.opened is not None and _CLOSES.get(self.found, "") not in map(str, self.trace.opened)

    @cached_property
    def _before(self) -> str:
        """The text before the failure; what the grammar skips after the last token is blank, be it a comment."""
        return self.text[: self.token_end] + re.sub(r"[^\n]", " ", self.text[self.token_end : self.at])

    @cached_property
    def _start(self) -> int:
        """Where the sign stands that ended what was before the statement."""
        return max(0, *(self._before.rfind(end) for end in ";{}"))

    @cached_property
    def statement(self) -> str:
        """The statement so far, from the sign before it, with the mark at its end, and what follows."""
        line_end = self.text.find("\n", self.at + _AHEAD)
        after = self.text[self.at : line_end] if line_end >= 0 else self.text[self.at :]
        return self._before[self._start :].replace(MARK, "?") + MARK + after.replace(MARK, "?")

    def offset(self, index: int) -> int:
        """Return the place in the text of a character of `statement`."""
        offset = self._start + index
        return offset if offset <= self.at else offset - 1

    @cached_property
    def texts(self) -> Mapping[str, str]:
        """What is said of it, by name."""
        opened = str(self.opened or "")
        return {
            "found": self.found,
            "token": str(self.token or ""),
            "opened": opened,
            "closing": _CLOSING.get(opened, ""),
            "line": str(self.text.count("\n", 0, self.at) + 1),
        }

    @property
    def wanted_words(self) -> str:
        """What may stand there, in a few words."""
        return " or ".join([words for name, words in _WANTED.items() if name in self.wanted][:_MOST_WANTED])
