"""Habits of other languages: each is recognised where the parser stops and answered with what to write here.

Owns: one function a habit, asked in turn by `syntax_errors`; none of them can be sure, so each looks closely.
"""

import re
from collections.abc import Callable

from tracetop.lang.advice.parse_failure import Mistake, Said
from tracetop.lang.vocabulary.builtins import BUILTINS

_C_TYPE = (
    r"(?:(?:const|static|unsigned|signed|long|short|int|char|bool|float|double|void|auto|var|my|local|struct\s+\w+|"
    r"u?int(?:8|16|32|64)?(?:_t)?|[us](?:8|16|32|64)|size_t)\b\s*)+\**"
)
_DECLARATION = re.compile(rf"\s*{_C_TYPE}\s*(?P<name>[A-Za-z_]\w*)\s*(?:=|;|\[|\Z)", re.ASCII)
_LOOP = re.compile(r"\s*for\s*\(?[^;:{}\n]*(?:;|=|\bin\b)", re.ASCII)
_HEAD = re.compile(r"\s*(?:else\s+)?(?P<word>if|while|for|unroll|else)\b", re.ASCII)
_LOOK_AHEAD = 200
_MEANT_SIGNS = {"=>": ">=", "=<": "<=", "=!": "!=", "===": "=="}
_MEANT = {
    "and": "write &&",
    "or": "write ||",
    "not": "write !",
    "elif": "write else if (…) { … }",
    "elsif": "write else if (…) { … }",
    "elseif": "write else if (…) { … }",
    "then": "write if (…) { … }",
    "do": "write while (…) { … }",
    "until": "write while (!(…)) { … }",
    "switch": "write if (…) { … } else if (…) { … }",
    "case": "write if (…) { … } else if (…) { … }",
    "goto": "write if (…) { … } else { … }",
    "loop": "write while (…) { … }",
    "repeat": "write for ($i : 0..5) { … }, or unroll (5) { … }",
    "unless": "write if (!(…)) { … }",
    "foreach": "write for ($kv : @map) { … }",
}
"""Words of other languages, and what they are called in this one."""


def _foreign_word(mistake: Mistake) -> Said | None:
    words = (
        (mistake.found, mistake.at),
        (mistake.token(), mistake.token_end - len(mistake.token())),
        (mistake.first_word, mistake.first_word_at),
    )
    for word, at in words:
        if word in _MEANT:
            return Said(at, f"{word} is no word of this language", _MEANT[word])
    if mistake.first_word == "else" and mistake.token() == "if":
        return Said(mistake.at, "if needs a condition", "write else if (…) { … }, or else { … } for all the rest")
    if mistake.first_word == "else" and "LBRACE" not in mistake.wanted:
        return Said(mistake.first_word_at, "else without if", "write it directly behind the } of its if")
    return None


def _c_loop(mistake: Mistake) -> Said | None:
    start = mistake.text.rfind("for", mistake.line_at, mistake.at + 1)
    over_map = mistake.found[:1] == "@" and "VARIABLE" in mistake.wanted
    if start < 0 or not (over_map or _LOOP.match(mistake.text, start, mistake.at + _LOOK_AHEAD)):
        return None
    return Said(
        start,
        "for goes over a map or a range",
        "write for ($i : 0..10) { … } or for ($kv : @map) { … }; for anything else while (…) { … }",
    )


def _c_declaration(mistake: Mistake) -> Said | None:
    match = _DECLARATION.match(mistake.text, mistake.statement_at, mistake.at + _LOOK_AHEAD)
    if match is None or mistake.opened is None:
        return None
    name = match["name"]
    return Said(
        mistake.first_word_at,
        "a variable has no type before it",
        f"write ${name} = …, or let ${name}: uint64 = … to say its type",
    )


def _comparison(mistake: Mistake) -> Said | None:
    """Recognise = where == was meant, or another operator."""
    if mistake.found == ":=":
        return Said(mistake.at, ":= is no operator", "write =")
    if mistake.found != "=":
        return None
    if mistake.text.startswith("=~", mistake.at):
        return Said(mistake.at, "there is no =~", 'write strcontains(comm, "sh"), or == for the whole string')
    if mistake.opened == "[":
        return Said(mistake.opened.start_pos or 0, "this [ has no ]", "add the ] before the =, or write == to compare")
    if mistake.opened == "{":
        return None
    sign = "===" if mistake.token() == "==" else mistake.text[mistake.at : mistake.at + 2]
    if sign in _MEANT_SIGNS:
        return Said(mistake.at, f"there is no {sign}", f"write {_MEANT_SIGNS[sign]}")
    return Said(mistake.at, "= assigns, it does not compare", "write ==")


def _assignment(mistake: Mistake) -> Said | None:
    """Recognise assignments to what is neither a variable nor a map."""
    if not re.fullmatch(r"[-+*/%&|^]?=|<<=|>>=", mistake.found):
        return _step(mistake)
    last = mistake.token_type
    hyphened = re.search(r"[@$][A-Za-z_]\w*(-\w+)+\s*$", mistake.statement, re.ASCII)
    if hyphened:
        return Said(
            mistake.statement_at + hyphened.start(),
            "a name has no - in it",
            f"write {hyphened[0].strip().replace('-', '_')}",
        )
    keyed = re.search(r"(@\w*)\[([^][]*)\]\[([^][]*)\]\s*$", mistake.statement, re.ASCII)
    if keyed:
        at = mistake.statement_at + keyed.start()
        return Said(at, "the keys of a map stand in one [ ]", f"write {keyed[1]}[{keyed[2]}, {keyed[3]}]")
    if last == "NAME" and mistake.token() in BUILTINS and mistake.token(2) not in (".", "->"):
        return Said(
            mistake.token_end - len(mistake.token()),
            f"{mistake.token()} is a builtin, which cannot be changed",
            f"write == to compare it, or keep a value of your own: $my_{mistake.token()} = …",
        )
    if last == "NAME" and mistake.token(2) in (".", "->"):
        return Said(mistake.at, "a field cannot be changed", "assign to a variable or a map", "programs only look on")
    if last == "NAME":
        return _no_sigil(mistake.token(), mistake.token_end - len(mistake.token()))
    if last == "RSQB":
        named = re.match(r"\s*\$?([A-Za-z_]\w*)\[", mistake.statement, re.ASCII)
        what = "an element cannot be changed"
        return Said(mistake.at, what, f"use a map: @{named[1] if named else 'name'}[…] = …", "programs only look on")
    if last in ("INTEGER", "PARAMETER", "STRING"):
        return Said(mistake.at, f"{mistake.token()} cannot be assigned to", "assign to a variable or a map")
    if mistake.found == "=" and "=" in mistake.statement:
        return Said(mistake.at, "one assignment a statement", "write each as a statement of its own")
    return None


def _step(mistake: Mistake) -> Said | None:
    """Recognise ``x++``, the first sign of which has been taken for an operator."""
    sign = mistake.found[:1]
    name = mistake.trace.last(2)
    if sign in ("+", "*", "|", "^", "%", "/") and mistake.token() == "=" and "INTEGER" in mistake.wanted:
        return Said(mistake.token_end - 1, f"={sign} is no operator", f"write {sign}=")
    if sign not in ("+", "-") or mistake.token() != sign or name is None or name.type != "NAME":
        return None
    return _no_sigil(str(name), name.start_pos or 0)


def _no_sigil(name: str, at: int) -> Said:
    return Said(
        at,
        f"{name} is neither a variable nor a map",
        f"write ${name} for a variable of this clause, or @{name} for a map that all clauses share",
    )


def _sigil(mistake: Mistake) -> Said | None:
    if mistake.found == "$":
        return Said(mistake.at, "a $ needs a name or a number", "write $name for a variable, $1 for a parameter")
    if "VARIABLE" not in mistake.wanted or "NAME" in mistake.wanted or not mistake.found[:1].isalpha():
        return None
    return Said(mistake.at, "the name of a variable begins with $", f"write ${mistake.found}")


def _no_braces(mistake: Mistake) -> Said | None:
    head = _HEAD.match(mistake.statement)
    if head is None or "LBRACE" not in mistake.wanted or not re.match(r"[\w$@(]", mistake.found):
        return None
    word = head["word"]
    written = "else { … }" if word == "else" else f"{word} (…) {{ … }}"
    return Said(mistake.at, f"the body of {word} stands in braces", f"write {written}")


def _brackets(mistake: Mistake) -> Said | None:
    """Recognise a map's key in wrong brackets, a list, and an operator of another language."""
    if mistake.token_type == "MAP" and mistake.found in ("(", "{"):
        return Said(mistake.at, "a map's key stands in [ ]", f"write {mistake.token()}[…]")
    if mistake.found == "[" and "INTEGER" in mistake.wanted:
        return Said(mistake.at, "there are no lists", "write a tuple: (1, 2, 3)")
    if mistake.found == ">" and mistake.token() == "<":
        return Said(mistake.token_end - 1, "there is no <>", "write !=")
    if mistake.found == ")" and mistake.token() == ",":
        return Said(mistake.token_end - 1, "nothing stands behind this ,", "remove it, or add the argument")
    return None


def _no_body(mistake: Mistake) -> Said | None:
    """Recognise ``if (…);`` and ``while {``."""
    head = mistake.first_word
    if head not in ("if", "while", "for", "unroll"):
        return None
    if mistake.found == ";" and "LBRACE" in mistake.wanted:
        return Said(mistake.at, f"no ; stands between {head} and its {{", "remove it")
    if mistake.found == "{" and mistake.token() == head:
        return Said(mistake.at, f"{head} needs a condition", f"write {head} (…) {{ … }}")
    return None


def _block_value(mistake: Mistake) -> Said | None:
    if mistake.found != "{" or "INTEGER" not in mistake.wanted:
        return None
    return Said(mistake.at, "a block has no value", "assign inside the block, or write condition ? a : b")


def _unknown_cast(mistake: Mistake) -> Said | None:
    name = mistake.trace.last(2)
    if mistake.token() != ")" or name is None or name.type != "NAME" or mistake.token(3) != "(":
        return None
    if not re.match(r'[$@"\w]', mistake.found) or mistake.token(4)[-1:].isalnum():
        return None
    return Said(
        name.start_pos or 0,
        f"{name} is not known as a type",
        f"write (struct {name} *), or one of C's and bpftrace's integers, e.g. (uint32)",
    )


HABITS: tuple[Callable[[Mistake], Said | None], ...] = (
    _foreign_word,
    _c_loop,
    _c_declaration,
    _comparison,
    _assignment,
    _sigil,
    _no_braces,
    _brackets,
    _no_body,
    _block_value,
    _unknown_cast,
)
