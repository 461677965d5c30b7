"""What goes wrong before a clause's {: probes, predicates, and statements that stand outside of clauses.

Owns: one function a mistake, asked in turn by `syntax_errors`, while no bracket is open.
"""

import re
from collections.abc import Callable

from tracetop.lang.advice.parse_failure import Mistake, Said
from tracetop.model.kinds import Family, ProbeKind

_STATEMENTS = "write the statements where they are used"
_TOP_LEVEL = {
    "import": "copy what you need of the other script into this one",
    "macro": _STATEMENTS,
    "fn": _STATEMENTS,
    "subprog": _STATEMENTS,
    "function": _STATEMENTS,
    "def": _STATEMENTS,
    "probe": "begin with the probe itself, as in kprobe:vfs_read { … }",
    "syscall": "begin with the probe itself, as in tracepoint:syscalls:sys_enter_read { … }",
}
"""Constructs of newer bpftrace, or of other languages, that would stand beside the clauses."""
_KINDS = frozenset(kind.value for kind in ProbeKind if kind.facts.family is not Family.ONCE)
_PROBE = re.compile(r"[A-Za-z_]\w*:[^\s{,]+", re.ASCII)
_PATH = re.compile(r"([a-z]\w*)/([\w*]+)(?:/([\w*]+))?\s*$", re.ASCII)
_UNITS = ("s", "ms", "us", "ns", "hz", "sec", "seconds")
CLAUSE = 'a clause is a probe and what is done there: BEGIN { printf("hello\\n"); }'


def _beside(mistake: Mistake) -> Said | None:
    """Recognise words and signs that would stand beside the clauses."""
    for word, at in ((mistake.token(), mistake.token_end - len(mistake.token())), (mistake.found, mistake.at)):
        if word in _TOP_LEVEL and not (word == mistake.found and mistake.token_type == "PROBE"):
            return Said(at, f"{word} is not supported", _TOP_LEVEL[word])
    if mistake.found == "}":
        return Said(mistake.at, "this } closes nothing", "remove it, or add the { that it closes")
    if mistake.found == ";" and mistake.token() == "}":
        return Said(mistake.at, "no ; stands behind a clause's }", "remove it")
    if mistake.found == ";" and mistake.token_type == "PROBE":
        return Said(mistake.at, "no ; stands between a probe and its {", "remove it")
    if mistake.found[:1] in ("$", "@") and ("PROBE" in mistake.wanted or mistake.token() == "let"):
        return Said(mistake.at, "a statement stands in a clause", "write BEGIN { … } for what is done at the start")
    if mistake.found == "(" and mistake.token_type == "PROBE":
        word = mistake.token()
        if ":" in word or word in ("BEGIN", "END", "main"):
            written = "BEGIN" if word == "main" else word
            return Said(mistake.at, "a probe has no ( ) behind it", f"write {written} {{ … }}")
        return Said(
            mistake.token_end - len(word),
            "a statement stands in a clause",
            f"write BEGIN {{ {word}(…); }} for what is done at the start",
        )
    if mistake.found == "{" and mistake.token() == "config":
        return Said(mistake.at, "= is missing behind config", "write config = { … }")
    if mistake.found in ("{", "/") and "PROBE" in mistake.wanted:
        return Said(mistake.at, f"unexpected {mistake.found}, where a probe should stand", CLAUSE)
    return None


def _probe(mistake: Mistake) -> Said | None:
    """Recognise a probe that is written in several words."""
    if mistake.token_type != "PROBE":
        return None
    probe = mistake.token()
    rest = re.compile(r"[^{/\n]*").match(mistake.text, mistake.at)
    said = rest[0].strip() if rest else ""
    if probe.endswith(":"):
        return Said(mistake.at, "a probe has no blanks in it", f"write {probe}{mistake.found}")
    if probe in _KINDS and re.fullmatch(r"[\w.*: ]+", said):
        return Said(mistake.at, "a probe's parts are joined with colons", f"write {probe}:{':'.join(said.split())}")
    if mistake.found in _UNITS and probe[-1:].isdigit():
        kind, _, number = probe.rpartition(":")
        return Said(mistake.at, "a probe has no blanks in it", f"write {kind}:{mistake.found[:1]}:{number}")
    if _PROBE.match(mistake.text, mistake.at) or (said in ("BEGIN", "END") and probe in ("BEGIN", "END")):
        return Said(mistake.at, "a comma stands between two probes", f"write {probe}, {said.split()[0]} {{ … }}")
    before_body = rest is not None and mistake.text.startswith("{", rest.end())
    if before_body and not re.match(r"[\w$@(!]", said):
        return Said(mistake.at, f"{said or mistake.found} stands between a probe and its {{", "remove it")
    if before_body and (mistake.found in ("if", "when", "where") or re.search(r"[=<>!&|]", said)):
        condition = re.sub(r"^(if|when|where)\b\s*", "", said).strip("() ")
        return Said(mistake.at, "a clause's condition stands between slashes", f"write {probe} /{condition}/ {{ … }}")
    return None


def _predicate(mistake: Mistake) -> Said | None:
    """Recognise a predicate that has no end, or is not the first."""
    if mistake.found == "/" and mistake.token() == "/":
        return Said(mistake.at, "a clause has one predicate", "join the two: /pid == 1 && tid == 2/")
    if mistake.found != "{" or "END_PREDICATE" not in mistake.wanted:
        return None
    path = _PATH.search(mistake.text, mistake.line_at, mistake.at)
    if path is not None and path[1] in _KINDS and path.start() == mistake.line_at:
        written = ":".join(part for part in path.groups() if part)
        return Said(path.start(), "a probe's parts are joined with colons", f"write {written}")
    return Said(mistake.at, "the predicate has no end", "write / before this {, as in /pid == 1/ { … }")


HEADS: tuple[Callable[[Mistake], Said | None], ...] = (_beside, _probe, _predicate)
"""Asked where no bracket is open."""
