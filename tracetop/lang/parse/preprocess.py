"""Lines that begin with ``#``: macros, conditions and includes, as the C preprocessor has them.

Owns: taking them out of a script, so that every other character keeps its offset. Headers are not read, since types
come from the kernel's BTF; macros are values (``#define NAME value``), which `expressions` puts in.
"""

import re
from dataclasses import dataclass, field

from tracetop.errors import did_you_mean
from tracetop.lang.source import Part, Source
from tracetop.lang.vocabulary.literals import integer

# Comments and strings are passed over, and paths, since /* may stand in one. None of them can fail to match once it
# has begun: a search that begins anew at each of many would take for ever.
_PIECE = re.compile(
    r"""//[^\n]* | /\*(?:[\s\S]*?\*/|[\s\S]*) | "(?:\\.|[^"\\\n])*"? | :[./][^\s:,{}"*]+[^\s:,{}"]*
    | (?P<directive> ^[ \t]*\#(?!!) (?:\\\n|[^\n])* )""",
    re.VERBOSE | re.MULTILINE,
)
_DIRECTIVE = re.compile(r"\s*#\s*(?P<word>[a-z_]*)(?P<rest>.*)", re.DOTALL)
_COMMENT = re.compile(r'("(?:\\.|[^"\\])*"?)|//.*|/\*.*?(?:\*/|$)', re.DOTALL)
_DEFINE = re.compile(r"(?P<name>[A-Za-z_]\w*)(?P<parameters>\(?)\s*(?P<text>.*)", re.DOTALL | re.ASCII)
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_DEFINED = re.compile(r"\bdefined\s*(?:\(\s*(\w+)\s*\)|(\w+))", re.ASCII)
_ATOM = re.compile(r"(?P<nots>(?:!\s*)*)(?P<left>\w+)\s*(?:(?P<op>[=!<>]=|<|>)\s*(?P<right>\w+))?", re.ASCII)
_WORDS = ("include", "define", "undef", "if", "ifdef", "ifndef", "elif", "else", "endif", "pragma", "warning", "error")
_VERSION = frozenset({"LINUX_VERSION_CODE", "KERNEL_VERSION"})


@dataclass(frozen=True)
class Preprocessed:
    """A script without its directives and what these left out, both made blanks, and what they said."""

    texts: tuple[str, ...]
    """Of each of its files, the imported ones first; what is before it in the whole text is blank."""
    macros: dict[str, str]
    includes: tuple[str, ...]


@dataclass
class _Condition:
    """An ``#if`` that is still open."""

    at: int
    outer: bool
    """Whether the text around it counts."""
    holds: bool
    """Whether the branch that is open counts."""
    taken: bool
    """Whether a branch has counted."""


@dataclass
class _State:
    source: Source
    macros: dict[str, str]
    includes: list[str] = field(default_factory=list)
    conditions: list[_Condition] = field(default_factory=list)

    @property
    def counts(self) -> bool:
        return not self.conditions or self.conditions[-1].holds


def preprocess(source: Source, arch: str) -> Preprocessed:
    """Return the script without its directives. ScriptError at one that does not make sense here."""
    state = _State(source, {"BPFTRACE_HAVE_BTF": "1", f"__{arch}__": "1"})
    own, *imported = source.parts
    texts = tuple(_prepared(state, part) for part in (*imported, own))
    return Preprocessed(texts, state.macros, tuple(state.includes))


def _prepared(state: _State, part: Part) -> str:
    """Return the text of one file without its directives, with blanks in place of the files before it."""
    end = part.text.find("\n") if part.start and part.text.startswith("#!") else 0
    pieces = [" " * (part.start + end)]
    for match in _PIECE.finditer(part.text):
        if match["directive"] is None:
            continue
        before = part.text[end : match.start()]
        pieces += [before if state.counts else _blank(before), _blank(match[0])]
        end = match.end()
        _read(state, match[0], part.start + match.start() + match[0].index("#"))
    if state.conditions:
        raise state.source.error(state.conditions[-1].at, "this condition has no end", hint="add #endif where it ends")
    return "".join([*pieces, part.text[end:]])


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)


def _read(state: _State, line: str, at: int) -> None:
    match = _DIRECTIVE.fullmatch(_COMMENT.sub(lambda comment: comment[1] or " ", line.replace("\\\n", " ")))
    word, rest = (match["word"], match["rest"].strip()) if match else ("", "")
    if word in ("if", "ifdef", "ifndef", "elif", "else", "endif"):
        _read_condition(state, word, rest, at)
    elif state.counts:
        _read_plain(state, word, rest, at)


def _read_plain(state: _State, word: str, rest: str, at: int) -> None:
    if word == "include":
        state.includes.append(rest.strip('<>" '))
    elif word == "define":
        _define(state, rest, at)
    elif word == "undef":
        state.macros.pop(rest, None)
    elif word == "error":
        raise state.source.error(at, f"the script refuses to run: {rest.strip()}", hint="do what it says")
    elif word == "pragma" and rest.startswith("pack"):
        raise state.source.error(
            at, "#pragma pack is not supported", hint="write __attribute__((packed)) after the struct"
        )
    elif word not in ("pragma", "warning"):
        raise state.source.error(
            at, f"unknown directive #{word}", hint=did_you_mean(word, _WORDS, "comments begin with //, not with #")
        )


def _define(state: _State, rest: str, at: int) -> None:
    match = _DEFINE.fullmatch(rest)
    if match is None:
        raise state.source.error(at, "#define needs a name", hint="write #define NAME value")
    if match["parameters"]:
        raise state.source.error(
            at,
            f"the macro {match['name']} has parameters",
            why="macros are values here, as in #define NAME 42",
            hint="write its expression where it is used",
        )
    state.macros[match["name"]] = match["text"]


def _read_condition(state: _State, word: str, rest: str, at: int) -> None:
    if word in ("if", "ifdef", "ifndef"):
        holds = state.counts and _holds(state, word, rest, at)
        state.conditions.append(_Condition(at, state.counts, holds, holds))
        return
    if not state.conditions:
        raise state.source.error(at, f"#{word} without #if", hint="remove it, or add the #if, #ifdef or #ifndef")
    condition = state.conditions[-1]
    if word == "endif":
        state.conditions.pop()
        return
    free = condition.outer and not condition.taken
    condition.holds = free and (word == "else" or _holds(state, "if", rest, at))
    condition.taken = condition.taken or condition.holds


def _holds(state: _State, word: str, rest: str, at: int) -> bool:
    if word != "if":
        name = _NAME.match(rest)
        if name is None:
            raise state.source.error(at, f"#{word} needs a name", hint=f"write #{word} NAME")
        return (name[0] in state.macros) == (word == "ifdef")
    text = _DEFINED.sub(lambda match: str(int((match[1] or match[2]) in state.macros)), rest)
    return any(all(_atom(state, atom, at) for atom in either.split("&&")) for either in text.split("||"))


def _atom(state: _State, text: str, at: int) -> bool:
    """Return whether one part of a condition holds: a name, a number, or a comparison of two."""
    match = _ATOM.fullmatch(text.strip())
    if match is None or _VERSION & {match["left"], match["right"]}:
        raise state.source.error(
            at,
            f"this condition cannot be worked out: {text.strip()}",
            why="the kernel is not known by its version here, and conditions are simple ones",
            hint="keep the branch that this machine needs, or write #ifdef NAME or #if defined(NAME)",
        )
    left, right = _value(state, match["left"]), _value(state, match["right"] or "0")
    holds = {"==": left == right, "<": left < right, ">": left > right, "<=": left <= right, ">=": left >= right}.get(
        match["op"] or "!=", left != right
    )
    return holds != bool(match["nots"].count("!") % 2)


def _value(state: _State, word: str) -> int:
    """Return the value of a number or macro; as in C a name that means nothing is 0."""
    return integer(state.macros[word].strip("() ") if word in state.macros else word) or 0
