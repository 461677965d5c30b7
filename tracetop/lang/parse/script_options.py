"""Options of a script's own: ``getopt("name", default)`` becomes what was given as ``--name=value``, or its default.

Owns: what the words after ``--`` on a command line mean to the script. In a pane, where nobody gives any, every option
has its default.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from tracetop.errors import did_you_mean
from tracetop.lang.source import Source
from tracetop.lang.tree import syntax
from tracetop.lang.tree.walk import rewrite
from tracetop.lang.vocabulary.literals import integer

_TRUTHS = {"true": True, "1": True, "false": False, "0": False}
_USAGE = 'write getopt("name"), or with a default: getopt("name", 5, "what it is")'


def split(words: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the positional parameters among the words for a script, and its options."""
    words = tuple(words)
    named = tuple(word for word in words if word.startswith("--"))
    return tuple(word for word in words if not word.startswith("--")), named


def fill_in(source: Source, script: syntax.Script, named: tuple[str, ...]) -> syntax.Script:
    """Return the script with the values of its options in place. ScriptError for one that it does not have."""
    given = dict(word.removeprefix("--").partition("=")[::2] for word in named)
    options = _Options(source, given, {word.removeprefix("--") for word in named if "=" not in word})
    filled = rewrite(script, options.change)
    unknown = next((name for name in given if name not in options.asked), None)
    if unknown is not None:
        has = ", ".join(f"--{name}{f' ({about})' if about else ''}" for name, about in sorted(options.asked.items()))
        usual = f"it has {has}" if has else "it has none"
        raise source.error(
            0,
            "the script's options were asked for" if unknown == "help" else f"the script has no option --{unknown}",
            hint=usual if unknown == "help" else did_you_mean(unknown, list(options.asked), usual),
        )
    return filled


@dataclass
class _Options:
    """What was given, and what the script has asked for so far."""

    source: Source
    given: dict[str, str]
    bare: set[str]
    """Those without a ``=``."""
    asked: dict[str, str] = field(default_factory=dict)
    """Names, and what the script says of them."""

    def change(self, node: syntax.Node) -> syntax.Node:
        """Return what a call of getopt() comes to; any other node itself."""
        match node:
            case syntax.Call(name="getopt", at=at, arguments=(syntax.String(value=name),)):
                return self._value(at, name, syntax.Name(at=at, name="false"), b"")
            case syntax.Call(name="getopt", at=at, arguments=(syntax.String(value=name), default)):
                return self._value(at, name, default, b"")
            case syntax.Call(
                name="getopt",
                at=at,
                arguments=(syntax.String(value=name), default, syntax.String(value=about)),
            ):
                return self._value(at, name, default, about)
            case syntax.Call(name="getopt", at=at):
                raise self.source.error(at, "getopt() takes a name that is spelt out", hint=_USAGE)
        return node

    def _value(self, at: int, name: bytes, default: syntax.Expr, about: bytes) -> syntax.Expr:
        option = name.decode(errors="replace")
        self.asked[option] = about.decode(errors="replace") or self.asked.get(option, "")
        text = self.given.get(option)
        match default:
            case syntax.Name(name="true" | "false"):
                truth = True if option in self.bare else _TRUTHS.get(text or "")
                if text is not None and truth is None:
                    raise self._wrong(at, option, "true or false, or nothing")
                return default if truth is None else syntax.Name(at=at, name=str(truth).lower())
            case syntax.Integer() | syntax.Unary(op="-", operand=syntax.Integer()):
                value = None if text is None or option in self.bare else integer(text.removeprefix("-"))
                if text is not None and value is None:
                    raise self._wrong(at, option, "a number")
                if value is None or text is None:
                    return default
                number = syntax.Integer(at=at, value=value)
                return syntax.Unary(at=at, op="-", operand=number) if text.startswith("-") else number
            case syntax.String():
                if option in self.bare:
                    raise self._wrong(at, option, "a text")
                return default if text is None else syntax.String(at=at, value=text.encode(errors="surrogateescape"))
        raise self.source.error(default.at, "the default of an option is spelt out", hint=_USAGE)

    def _wrong(self, at: int, option: str, wanted: str) -> Exception:
        text = f"--{option}" if option in self.bare else f"--{option}={self.given[option]}"
        return self.source.error(at, f"{text} does not fit", hint=f"give the option {option} {wanted}")
