"""Slips: quotes and brackets that are not closed, signs that are missing, numbers that are none.

Owns: one function a slip, asked in turn by `syntax_errors`.
"""

import re
from collections.abc import Callable

from tracetop.lang.advice.clause_heads import CLAUSE
from tracetop.lang.advice.parse_failure import Mistake, Said

_PROBE_LINE = re.compile(r"(BEGIN|END|begin|end)\s*[{/]|[a-z]\w*:[\w/.*$]", re.ASCII)
_NUMBER = re.compile(r"[0-9]\w*", re.ASCII)
_STRING = re.compile(r'"(?:\\.|[^"\\\n])*"')
_QUOTED = re.compile(r"'((?:\\.|[^'\\\n])*)'")
_TYPESET = {
    "\u201c": '"',
    "\u201d": '"',
    "\u2018": '"',
    "\u2019": '"',
    "\u00ab": '"',
    "\u00bb": '"',
    "\u2013": "-",
    "\u2014": "-",
    "\u2212": "-",
}
"""Quotes and dashes of typeset text."""


def _quote(mistake: Mistake) -> Said | None:
    if mistake.found == '"' and not _STRING.match(mistake.text, mistake.at):
        return Said(mistake.at, "this string has no end", 'add the closing " on the same line')
    if mistake.found != "'":
        return None
    quoted = _QUOTED.match(mistake.text, mistake.at)
    if quoted is None or len(quoted[1]) > 1:
        return Said(mistake.at, "strings are written in double quotes", f'write "{quoted[1] if quoted else "text"}"')
    code = ord(quoted[1]) if quoted[1] else 0
    return Said(
        mistake.at,
        "there are no character literals",
        f"write {code}, the code of '{quoted[1]}', or the string \"{quoted[1]}\"",
    )


def _typeset(mistake: Mistake) -> Said | None:
    if mistake.found not in _TYPESET:
        return None
    return Said(
        mistake.at,
        f"{mistake.found} is a sign of typeset text",
        f"write {_TYPESET[mistake.found]}",
        "text copied from a page often has such signs",
    )


def _comment(mistake: Mistake) -> Said | None:
    if mistake.text.startswith("/*", mistake.at):
        return Said(mistake.at, "this comment has no end", "add */ where it ends")
    if mistake.found.startswith("#"):
        return Said(mistake.at, "a # stands only at the begin of a line", "write // for a comment")
    return None


def _format(mistake: Mistake) -> Said | None:
    if mistake.found != "%" or mistake.token() != "(":
        return None
    called = mistake.token(2) or "printf"
    usual = (
        'printf("%d\\n", pid)'
        if called == "printf"
        else f'{called}("%H:%M:%S\\n")'
        if called == "time"
        else f'{called}("…")'
    )
    return Said(mistake.at, "a format stands in double quotes", f"write {usual}")


def _number(mistake: Mistake) -> Said | None:
    if not _NUMBER.fullmatch(mistake.found) or mistake.found.isdecimal() or "INTEGER" not in mistake.wanted:
        return None
    return Said(
        mistake.at,
        f"{mistake.found[:40]} is not a number",
        "write it as 1000, 1_000, 1e3, 0x3e8, or with a unit of time: 10ms (ns, us, ms, s, m, h, d)",
    )


def _open_block(mistake: Mistake) -> Said | None:
    """Recognise the next clause within a block that was not closed."""
    line = mistake.line_at
    braces = [token for token in mistake.trace.opened if token == "{" and (token.start_pos or 0) < line]
    if not braces or not _PROBE_LINE.match(mistake.text, line):
        return None
    number = mistake.text.count("\n", 0, line) + 1
    return Said(
        braces[-1].start_pos or 0,
        "this { has no }",
        f"add the }} where the block ends, before the probe on line {number}",
    )


def _open_bracket(mistake: Mistake) -> Said | None:
    """Recognise a statement that ends within parentheses or brackets."""
    closing = {"(": ("RPAR", ")"), "[": ("RSQB", "]")}.get(str(mistake.opened or ""))
    if mistake.opened is None or closing is None or mistake.found not in (";", "{", "}"):
        return None
    if closing[0] not in mistake.wanted:
        return None
    return Said(mistake.opened.start_pos or 0, f"this {mistake.opened} has no {closing[1]}", f"add the {closing[1]}")


def _side_by_side(mistake: Mistake) -> Said | None:
    """Recognise two statements without ; between, and a call without parentheses."""
    if mistake.opened == "(" and "COMMA" in mistake.wanted and re.match(r'[$@"\w]', mistake.found):
        return Said(mistake.token_end, f", is missing before {mistake.found}", "add , between the two")
    if "SEMICOLON" not in mistake.wanted or not re.match(r'[$@"\w]', mistake.found) or mistake.opened is None:
        return None
    gap = mistake.text[mistake.token_end : mistake.at]
    if mistake.token_type == "NAME" and "\n" not in gap and mistake.statement.strip() == mistake.token():
        name = mistake.token()
        rest = (
            mistake.text[mistake.at :].partition("\n")[0].partition(";")[0].partition("}")[0].partition("{")[0].strip()
        )
        return Said(mistake.token_end - len(name), f"{name} is called with parentheses", f"write {name}({rest or '…'})")
    return Said(mistake.token_end, f"; is missing before {mistake.found}", "add ; between the two statements")


def _closed_twice(mistake: Mistake) -> Said | None:
    if mistake.found == "]" and mistake.token() == "[":
        return Said(
            mistake.at, "no key stands between [ and ]", "write @ for the whole map, @[pid] for one of its values"
        )
    if mistake.found not in (")", "]") or mistake.opened is None:
        return None
    opening = {")": "(", "]": "["}[mistake.found]
    if opening in mistake.trace.opened or "INTEGER" in mistake.wanted:
        return None
    return Said(mistake.at, f"this {mistake.found} closes nothing", f"remove it, or add the {opening} that it closes")


def _half_choice(mistake: Mistake) -> Said | None:
    if "COLON" not in mistake.wanted or "?" not in mistake.statement or mistake.found not in (";", "}", ")"):
        return None
    return Said(mistake.at, "? has no :", "write CONDITION ? VALUE : OTHER_VALUE")


def _setting(mistake: Mistake) -> Said | None:
    opened = mistake.opened
    if opened is None or not re.search(r"\bconfig\s*=\s*$", mistake.text[: opened.start_pos or 0]):
        return None
    if mistake.found == ":":
        return Said(mistake.at, "a setting is written with =", f"write {mistake.token()} = …")
    if mistake.found == ",":
        return Said(mistake.at, "settings are separated by ;", "write ; for this ,")
    return None


def _no_clause(mistake: Mistake) -> Said | None:
    """Recognise text that is no script at all."""
    probe = mistake.token() if mistake.token_type == "PROBE" else ""
    if mistake.opened is not None or not ("PROBE" in mistake.wanted or (probe and ":" not in probe)):
        return None
    if probe in ("BEGIN", "END"):
        return None
    return Said(mistake.at, f"unexpected {mistake.found}", CLAUSE)


def _member(mistake: Mistake) -> Said | None:
    if mistake.found != "}" or "SEMICOLON" not in mistake.wanted or "RBRACE" in mistake.wanted:
        return None
    return Said(mistake.token_end, "; is missing before }", "write ; behind each member")


SIGNS: tuple[Callable[[Mistake], Said | None], ...] = (_typeset, _comment, _format, _open_block)
"""Asked before the habits of other languages: none of these can be one."""
GAPS: tuple[Callable[[Mistake], Said | None], ...] = (
    _quote,
    _number,
    _closed_twice,
    _half_choice,
    _open_bracket,
    _side_by_side,
    _setting,
    _member,
    _no_clause,
)
"""Asked after them."""
