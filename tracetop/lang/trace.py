"""The tokens that a parser has taken: what an error looks back at."""

from dataclasses import dataclass, field

from lark import Token

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
