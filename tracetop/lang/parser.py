"""The first pass: text to syntax tree, by lark's LALR parser and the grammar beside this file.

Owns: the grammar's tree, literals, and what a syntax error says. Refuses to own: names and types.
"""

import re
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from lark import Lark, Token, Transformer, v_args
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken, VisitError
from lark.tree import Meta

from tracetop.errors import ScriptError
from tracetop.lang import syntax
from tracetop.lang.numbers import number
from tracetop.lang.source import Source
from tracetop.model.control import PARAMS

_ESCAPES = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"a": b"\a", b"b": b"\b", b"f": b"\f", b"v": b"\v", b"0": b"\0"}
_ESCAPE = re.compile(rb"\\(x[0-9a-fA-F]{1,2}|[0-7]{1,3}|.)", re.DOTALL)
_LATER = ("while", "for", "unroll", "struct", "union", "enum", "let", "fn", "macro", "config", "import", "sizeof")
"""Words that open constructs of the language which this compiler does not know yet."""


def parse(source: Source) -> syntax.Script:
    """Return the syntax tree. ScriptError, with its place, for text that is not of the language."""
    try:
        tree = grammar().parse(source.text)
    except UnexpectedInput as error:
        raise _syntax_error(source, error) from None
    try:
        return cast("syntax.Script", _Build(source).transform(tree))
    except VisitError as error:
        raise error.orig_exc from None


@lru_cache(maxsize=1)
def grammar() -> Lark:
    """Return the parser made of the grammar; making it takes a quarter of a second, so it is made once."""
    text = Path(__file__).with_name("grammar.lark").read_text(encoding="utf-8")
    return Lark(text, parser="lalr", propagate_positions=True, maybe_placeholders=True)


@v_args(meta=True)
class _Build(Transformer[Token, Any]):
    """Makes a node of `syntax` from every rule's name in the grammar."""

    def __init__(self, source: Source) -> None:
        super().__init__()
        self._source = source

    def start(self, _meta: Meta, clauses: list[syntax.Clause]) -> syntax.Script:
        return syntax.Script(clauses=tuple(clauses))

    def clause(self, meta: Meta, parts: list[Any]) -> syntax.Clause:
        probes, *predicate, body = parts
        return syntax.Clause(at=meta.start_pos, probes=probes, predicate=predicate[0] if predicate else None, body=body)

    def probes(self, _meta: Meta, probes: list[Token]) -> tuple[syntax.Probe, ...]:
        return tuple(syntax.Probe(at=_at(probe), text=str(probe)) for probe in probes)

    def predicate(self, _meta: Meta, parts: list[Any]) -> syntax.Expr:
        return cast("syntax.Expr", parts[0])

    def body(self, _meta: Meta, statements: list[syntax.Statement]) -> tuple[syntax.Statement, ...]:
        return tuple(statements)

    block = body

    def assign(self, meta: Meta, parts: list[Any]) -> syntax.Assign:
        target, op, value = parts
        return syntax.Assign(at=meta.start_pos, target=target, op=str(op), value=value)

    def evaluate(self, meta: Meta, parts: list[Any]) -> syntax.Evaluate:
        return syntax.Evaluate(at=meta.start_pos, value=parts[0])

    def conditional(self, meta: Meta, parts: list[Any]) -> syntax.If:
        condition, then, *rest = parts
        otherwise = rest[0] if rest else ()
        if isinstance(otherwise, syntax.If):
            otherwise = (otherwise,)
        return syntax.If(at=meta.start_pos, condition=condition, then=then, otherwise=otherwise)

    def variable(self, _meta: Meta, parts: list[Token]) -> syntax.Variable:
        return syntax.Variable(at=_at(parts[0]), name=str(parts[0]))

    def map(self, _meta: Meta, parts: list[Any]) -> syntax.Map:
        return syntax.Map(at=_at(parts[0]), name=str(parts[0]), keys=parts[1] or ())

    def arguments(self, _meta: Meta, parts: list[syntax.Expr]) -> tuple[syntax.Expr, ...]:
        return tuple(parts)

    def ternary(self, meta: Meta, parts: list[syntax.Expr]) -> syntax.Ternary:
        return syntax.Ternary(at=meta.start_pos, condition=parts[0], then=parts[1], otherwise=parts[2])

    def binary(self, _meta: Meta, parts: list[Any]) -> syntax.Binary:
        left, op, right = parts
        return syntax.Binary(at=_at(op), op=str(op), left=left, right=right)

    def negate(self, meta: Meta, parts: list[Any]) -> syntax.Unary:
        return syntax.Unary(at=meta.start_pos, op=str(parts[0]), operand=parts[1])

    def cast(self, meta: Meta, parts: list[Any]) -> syntax.Cast:
        return syntax.Cast(
            at=meta.start_pos, to=syntax.TypeName(at=_at(parts[0]), name=str(parts[0])), operand=parts[1]
        )

    def step_before(self, meta: Meta, parts: list[Any]) -> syntax.Step:
        return syntax.Step(at=meta.start_pos, op=str(parts[0]), target=parts[1], prefix=True)

    def step_behind(self, meta: Meta, parts: list[Any]) -> syntax.Step:
        return syntax.Step(at=meta.start_pos, op=str(parts[1]), target=parts[0], prefix=False)

    def integer(self, _meta: Meta, parts: list[Token]) -> syntax.Integer:
        value = _integer(str(parts[0]))
        if value is None or value >= 1 << 64:
            raise self._source.error(
                _at(parts[0]), f"{parts[0]} is not an integer of 64 bits", mend="write it in decimal, octal or hex"
            )
        return syntax.Integer(at=_at(parts[0]), value=value)

    def string(self, _meta: Meta, parts: list[Token]) -> syntax.String:
        raw = str(parts[0])[1:-1].encode(errors="surrogateescape")
        return syntax.String(at=_at(parts[0]), value=_ESCAPE.sub(_unescape, raw))

    def parameter(self, _meta: Meta, parts: list[Token]) -> syntax.Parameter:
        text = str(parts[0])[1:]
        index = 0 if text == "#" else number(text, PARAMS)
        if index is None or (text != "#" and not index):
            raise self._source.error(
                _at(parts[0]),
                f"there is no parameter ${text}",
                mend=f"use $1 to ${PARAMS}; $# says how many were given",
            )
        return syntax.Parameter(at=_at(parts[0]), index=index)

    def call(self, _meta: Meta, parts: list[Any]) -> syntax.Call:
        return syntax.Call(at=_at(parts[0]), name=str(parts[0]), arguments=parts[1] or ())

    def name(self, _meta: Meta, parts: list[Token]) -> syntax.Name:
        return syntax.Name(at=_at(parts[0]), name=str(parts[0]))

    def access(self, _meta: Meta, parts: list[Any]) -> syntax.Access:
        return syntax.Access(at=_at(parts[1]), base=parts[0], field=str(parts[1]))

    def index(self, meta: Meta, parts: list[Any]) -> syntax.Index:
        return syntax.Index(at=meta.start_pos, base=parts[0], index=parts[1])

    def __default__(self, data: Token, _children: list[Any], meta: Meta) -> syntax.Return:
        """``return`` is a word of Python, so its rule cannot have a method of its name."""
        if data != "return":
            raise AssertionError(f"no node for the rule {data}")
        return syntax.Return(at=meta.start_pos)


def _at(token: Token) -> int:
    return token.start_pos or 0


def _integer(text: str) -> int | None:
    """Return the value of a literal, or None for one that only looks like it (``08``)."""
    digits = text.rstrip("uUlL").replace("_", "").lower()
    try:
        if digits.startswith("0x"):
            return int(digits, 16)
        if "e" in digits:
            mantissa, exponent = digits.split("e")
            return int(mantissa) * 10 ** int(exponent) if int(exponent) < 20 else None
        return int(digits, 8) if digits.startswith("0") else int(digits)
    except ValueError:
        return None


def _unescape(match: re.Match[bytes]) -> bytes:
    body = match[1]
    if body[:1] == b"x" and len(body) > 1:
        return bytes([int(body[1:], 16)])
    if body[:1].isdigit() and body.isdigit() and not {*body} & {*b"89"}:
        return bytes([int(body, 8) & 0xFF])
    return _ESCAPES.get(body, body)


def _syntax_error(source: Source, error: UnexpectedInput) -> ScriptError:
    """Say what stands there and what could, in the language's words rather than the parser's."""
    at = min(error.pos_in_stream or 0, len(source.text)) if not _at_end(error) else len(source.text.rstrip())
    if _at_end(error):
        missing = _wanted(error)
        return source.error(at, "the script ends too early", mend=f"add {missing}" if missing else "finish the clause")
    word = re.match(r"[#@$\w]+|\S", source.text[at:])
    found = word[0] if word else source.text[at : at + 1]
    if found == "'":
        return source.error(at, "there are no character literals", mend="write the code, e.g. 97 for 'a'")
    if found.startswith("#"):
        return source.error(at, "the preprocessor is not supported yet", mend="remove this line")
    if found == '"':
        return source.error(at, "this string has no end", mend='add the closing "')
    later = _later_construct(source.text, at)
    if later is not None:
        return source.error(
            later.start(), f"{later[0]} is not supported yet", mend="write it without, or run it with bpftrace"
        )
    wanted = _wanted(error)
    return source.error(
        at,
        f"unexpected {found}",
        why="the script cannot go on with it here",
        mend=f"expected {wanted}" if wanted else "see the language's reference",
    )


def _later_construct(text: str, at: int) -> re.Match[str] | None:
    """Return the word of a construct of later days that the statement around offset `at` has before its error."""
    start = max(text.rfind(end, 0, at) for end in ";{}\n") + 1
    words = re.compile(rf"\b({'|'.join(_LATER)})\b")
    return words.search(text, start, at) or words.match(text, at)


def _at_end(error: UnexpectedInput) -> bool:
    return isinstance(error, UnexpectedToken) and error.token.type == "$END"


def _wanted(error: UnexpectedInput) -> str:
    """Return what may stand at the place of a syntax error, in a few words."""
    names: set[str] = set()
    if isinstance(error, UnexpectedToken):
        names = set(error.accepts or error.expected)
    elif isinstance(error, UnexpectedCharacters):
        names = set(error.allowed or ())
    words = {
        "PROBE": "a probe such as tracepoint:raw_syscalls:sys_enter",
        "INTEGER": "an expression",
        "END_PREDICATE": "/ and then { to end the predicate",
        "LBRACE": "{",
        "SEMICOLON": ";",
        "RPAR": ")",
        "RSQB": "]",
        "COLON": ": and the other value",
        "RBRACE": "}",
    }
    found = [text for name, text in words.items() if name in names]
    return " or ".join(found[:3])
