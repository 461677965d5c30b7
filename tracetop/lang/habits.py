"""Habits of other languages, and slips: each is recognised where the parser stops and answered with what to write.

Owns: one function a mistake, asked in turn by `syntax_errors`; none of them is sure, so each looks closely.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from tracetop.lang.trace import Trace

_STATEMENT = re.compile(r"[^;{}]*\Z")
_C_TYPE = (
    r"(?:(?:const|static|unsigned|signed|long|short|int|char|bool|float|double|void|auto|var|my|local|struct\s+\w+|"
    r"u?int(?:8|16|32|64)?(?:_t)?|[us](?:8|16|32|64)|size_t)\s*)+\**"
)
_DECLARATION = re.compile(rf"\s*{_C_TYPE}\s*(?P<name>[A-Za-z_]\w*)\s*(?:=|;|\[|\Z)")
_PROBE_LINE = re.compile(r"(BEGIN|END|begin|end)\s*[{/]|[a-z]\w*:[\w/.*$]")
_LOOP = re.compile(r"\s*for\s*\([^:]*(?:;|=|\bin\b)")
_HEAD = re.compile(r"\s*(?:else\s+)?(?P<word>if|while|for|unroll|else)\b")
_OPERAND = re.compile(r'[$@"\w]')
_NUMBER = re.compile(r"[0-9]\w*", re.ASCII)
_QUOTED = re.compile(r"'((?:\\.|[^'\\\n])*)'")
_FANCY = {"“": '"', "”": '"', "‘": '"', "’": '"', "«": '"', "»": '"', "–": "-", "—": "-", "−": "-", "…": "..."}  # noqa: RUF001
_MEANT = {
    "and": "write &&",
    "or": "write ||",
    "not": "write !",
    "elif": "write else if",
    "elsif": "write else if",
    "elseif": "write else if",
    "then": "write if (…) { … }",
    "do": "write while (…) { … }",
    "switch": "write if (…) { … } else if (…) { … }",
    "case": "write if (…) { … } else if (…) { … }",
    "goto": "write if (…) { … } else { … }",
    "foreach": "write for ($kv : @map) { … }",
    "null": "write 0",
    "NULL": "write 0",
}
"""Words of other languages, and what they are called in this one."""
_TOP_LEVEL = {
    "import": "copy what you need of the other script into this one",
    "macro": "write the statements where they are used",
    "fn": "write the statements where they are used",
    "subprog": "write the statements where they are used",
    "function": "write the statements where they are used",
    "def": "write the statements where they are used",
    "var": "assign in a clause: BEGIN { @name = 1; }",
}
"""Constructs of newer bpftrace, or of other languages, that would stand beside the clauses."""


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
    def statement(self) -> str:
        """The statement so far."""
        match = _STATEMENT.search(self.text, self.statement_at, self.at)
        return match[0] if match else ""

    @property
    def statement_at(self) -> int:
        """Where the statement begins, blanks and all."""
        return max(self.text.rfind(end, 0, self.at) for end in ";{}") + 1

    @property
    def previous(self) -> str:
        """The last token that was taken."""
        token = self.trace.last()
        return str(token) if token is not None else ""

    @property
    def previous_type(self) -> str:
        """The kind of the last token that was taken."""
        token = self.trace.last()
        return token.type if token is not None else ""

    @property
    def previous_end(self) -> int:
        """The offset behind the last token that was taken."""
        token = self.trace.last()
        return (token.end_pos or 0) if token is not None else 0


@dataclass(frozen=True)
class Said:
    """What is said of a mistake."""

    at: int
    what: str
    mend: str
    why: str = ""


def _quote(mistake: Mistake) -> Said | None:
    if mistake.found == '"':
        return Said(mistake.at, "this string has no end", 'add the closing " on the same line')
    if mistake.found != "'":
        return None
    quoted = _QUOTED.match(mistake.text, mistake.at)
    if quoted is None or len(quoted[1]) > 1:
        return Said(mistake.at, "strings are written in double quotes", f'write "{quoted[1] if quoted else "text"}"')
    code = ord(quoted[1]) if quoted[1] else 0
    return Said(mistake.at, "there are no character literals", f"write the code, e.g. {code} for '{quoted[1]}'")


def _fancy(mistake: Mistake) -> Said | None:
    if mistake.found not in _FANCY:
        return None
    return Said(
        mistake.at,
        f"{mistake.found} is a sign of typesetting",
        f"write {_FANCY[mistake.found]}",
        "text copied from a page often has such signs",
    )


def _hash(mistake: Mistake) -> Said | None:
    if not mistake.found.startswith("#"):
        return None
    return Said(mistake.at, "a # stands only at the begin of a line", "comments begin with //")


def _number(mistake: Mistake) -> Said | None:
    if not _NUMBER.fullmatch(mistake.found) or mistake.previous_type == "INTEGER" or "INTEGER" not in mistake.wanted:
        return None
    return Said(
        mistake.at,
        f"{mistake.found[:40]} is not a number",
        "write it as 1000, 1_000, 1e3, 0x3e8, or with a unit of time: 10ms (ns, us, ms, s, m, h, d)",
    )


def _open_block(mistake: Mistake) -> Said | None:
    """Recognise the next clause within a block that was not closed."""
    line = mistake.text.rfind("\n", 0, mistake.at) + 1
    braces = [token for token in mistake.trace.opened if token == "{" and (token.start_pos or 0) < line]
    if not braces or not _PROBE_LINE.match(mistake.text, line):
        return None
    next_line = mistake.text.count("\n", 0, line) + 1
    return Said(
        braces[-1].start_pos or 0,
        "this { has no }",
        f"add the }} where the block ends, before the probe on line {next_line}",
    )


def _top_level(mistake: Mistake) -> Said | None:
    if mistake.trace.opened:
        return None
    words = (mistake.previous, mistake.found) if mistake.previous_type == "PROBE" else (mistake.found,)
    for word in words:
        if word in _TOP_LEVEL:
            at = mistake.text.rfind(word, 0, mistake.at + len(word))
            return Said(at, f"{word} is not supported", _TOP_LEVEL[word])
    if mistake.previous_type == "PROBE" and mistake.previous.endswith(":"):
        return Said(mistake.at, "a probe has no blanks in it", f"write {mistake.previous}{mistake.found}")
    return None


def _foreign_word(mistake: Mistake) -> Said | None:
    for word, at in ((mistake.found, mistake.at), (mistake.previous, mistake.previous_end - len(mistake.previous))):
        if word in _MEANT:
            return Said(at, f"{word} is no word of this language", _MEANT[word])
    return None


def _c_loop(mistake: Mistake) -> Said | None:
    start = mistake.text.rfind("for", 0, mistake.at + 1)
    if (
        start < 0
        or not _LOOP.match(mistake.text[start : mistake.at + len(mistake.found)])
        or "\n" in mistake.statement.strip()
    ):
        return None
    return Said(
        start,
        "for goes over a map or a range",
        "write for ($i : 0..10) { … } or for ($kv : @map) { … }; while (…) { … } for anything else",
    )


def _c_declaration(mistake: Mistake) -> Said | None:
    end = mistake.at + len(mistake.found)
    match = _DECLARATION.match(mistake.text[mistake.statement_at : end + 1])
    if match is None or not mistake.trace.opened:
        return None
    at = mistake.statement_at + len(mistake.statement) - len(mistake.statement.lstrip())
    name = match["name"]
    return Said(
        at,
        "a variable is not declared with its type before it",
        f"write ${name} = …, or let ${name}: uint64 = … to fix its type",
    )


def _assignment(mistake: Mistake) -> Said | None:
    """Recognise assignments to what is neither a variable nor a map, and = where == was meant."""
    if mistake.found not in ("=", "++", "--") and not re.fullmatch(r"[-+*/%&|^]=", mistake.found):
        return None
    opened = str(mistake.trace.opened[-1]) if mistake.trace.opened else ""
    if mistake.found == "=" and opened != "{":
        return Said(mistake.at, "= assigns, it does not compare", "write ==")
    before = mistake.trace.last(2)
    if mistake.previous_type == "NAME" and before is not None and before in (".", "->"):
        return Said(mistake.at, "a field cannot be changed", "assign to a variable or a map", "programs only look on")
    if mistake.previous_type == "NAME":
        name = mistake.previous
        return Said(
            mistake.previous_end - len(name),
            f"{name} is neither a variable nor a map",
            f"write ${name} for a variable of this clause, or @{name} for a map that all clauses share",
        )
    if "EQUALS" not in mistake.wanted and mistake.found == "=" and "=" in mistake.statement:
        return Said(mistake.at, "one assignment a statement", "write each as a statement of its own")
    return None


def _sigil(mistake: Mistake) -> Said | None:
    if mistake.found == "$":
        return Said(mistake.at, "a $ needs a name or a number", "write $name for a variable, $1 for a parameter")
    if "VARIABLE" not in mistake.wanted or "NAME" in mistake.wanted or not mistake.found[:1].isalpha():
        return None
    return Said(mistake.at, "the name of a variable begins with $", f"write ${mistake.found}")


def _no_braces(mistake: Mistake) -> Said | None:
    head = _HEAD.match(mistake.statement)
    if head is None or "LBRACE" not in mistake.wanted or mistake.found == ")":
        return None
    word = head["word"]
    written = "else { … }" if word == "else" else f"{word} (…) {{ … }}"
    return Said(mistake.at, f"what {word} does stands in braces", f"write {written}")


def _block_value(mistake: Mistake) -> Said | None:
    if mistake.found != "{" or "INTEGER" not in mistake.wanted:
        return None
    return Said(mistake.at, "a block has no value", "assign inside the block, or write condition ? a : b")


def _side_by_side(mistake: Mistake) -> Said | None:
    """Recognise two statements without ; between, and a call without parentheses."""
    if "SEMICOLON" not in mistake.wanted or not _OPERAND.match(mistake.found) or not mistake.trace.opened:
        return None
    gap = mistake.text[mistake.previous_end : mistake.at]
    if mistake.previous_type == "NAME" and "\n" not in gap and mistake.statement.strip() == mistake.previous:
        name = mistake.previous
        return Said(mistake.previous_end - len(name), f"{name} is called with parentheses", f"write {name}(…)")
    return Said(mistake.previous_end, f"; is missing before {mistake.found}", "add ; between the two statements")


HABITS: tuple[Callable[[Mistake], Said | None], ...] = (
    _quote,
    _fancy,
    _hash,
    _open_block,
    _top_level,
    _foreign_word,
    _c_loop,
    _c_declaration,
    _assignment,
    _sigil,
    _number,
    _no_braces,
    _block_value,
    _side_by_side,
)
