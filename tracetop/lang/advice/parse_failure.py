"""Where a parser stopped, and what is said of it: the material of `habits` and `slips`."""

import re
from dataclasses import dataclass, field

from lark import Token

_FIRST_WORD = re.compile(r"\s*([A-Za-z_]\w*)", re.ASCII)


_CLOSES = {"}": "{", ")": "(", "]": "["}


@dataclass
class Trace:
    """The tokens so far, and of these the brackets that are open."""

    tokens: list[Token] = field(default_factory=list)
    opened: list[Token] = field(default_factory=list)

    def append(self, token: Token) -> None:
        """Note the next token."""
        self.tokens.append(token)
        if token in _CLOSES.values() and token.type != "STRING":
            self.opened.append(token)
        elif token in _CLOSES and self.opened and self.opened[-1] == _CLOSES[token]:
            self.opened.pop()

    def last(self, count: int = 1) -> Token | None:
        """Return the last token, or the one `count` - 1 before it."""
        return self.tokens[-count] if len(self.tokens) >= count else None


@dataclass(frozen=True)
class Mistake:
    """Where the parser stopped."""

    text: str
    at: int
    found: str
    """The word or sign there."""
    wanted: frozenset[str]
    """Terminals of the grammar that could have stood there."""
    trace: Trace

    @property
    def statement_at(self) -> int:
        """Where the statement begins, blanks and all."""
        return max(self.text.rfind(end, 0, self.at) for end in ";{}") + 1

    @property
    def statement(self) -> str:
        """The statement so far."""
        return self.text[self.statement_at : self.at]

    @property
    def first_word(self) -> str:
        """The word that the statement begins with, empty where it begins with something else."""
        match = _FIRST_WORD.match(self.text, self.statement_at)
        return match[1] if match else ""

    @property
    def first_word_at(self) -> int:
        """Where that word stands."""
        match = _FIRST_WORD.match(self.text, self.statement_at)
        return match.start(1) if match else self.statement_at

    @property
    def line_at(self) -> int:
        """Where the line begins."""
        return self.text.rfind("\n", 0, self.at) + 1

    def token(self, count: int = 1) -> str:
        """Return the last token that was taken, or the one `count` - 1 before it; empty where there is none."""
        return str(self.trace.last(count) or "")

    @property
    def token_type(self) -> str:
        """The terminal of the last token."""
        return getattr(self.trace.last(), "type", "")

    @property
    def token_end(self) -> int:
        """The offset behind the last token."""
        return getattr(self.trace.last(), "end_pos", 0) or 0

    @property
    def opened(self) -> Token | None:
        """The bracket that is open here, without one that stands at the mistake itself."""
        return next((token for token in reversed(self.trace.opened) if (token.start_pos or 0) < self.at), None)


@dataclass(frozen=True)
class Said:
    """What is said of a mistake."""

    at: int
    what: str
    hint: str
    why: str = ""
