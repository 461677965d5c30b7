"""Words that could stand at the cursor of a script that is being typed, the likeliest first.

Owns: which words there are at which place. Refuses to own: where the cursor is (`cursor`), what has which fields
(`members`), and how a few letters find a name (`probe_names`). Pure: it sees a kernel only through its protocol.
"""

import re
from collections.abc import Iterable, Iterator

from tracetop.errors import TracetopError
from tracetop.lang.check.identifiers import HOOK_BUILTINS
from tracetop.lang.completion.cursor import Cursor, Place, find_cursor
from tracetop.lang.completion.members import Members
from tracetop.lang.completion.probe_names import MOST, ProbeWords, Words, best
from tracetop.lang.functions import FUNCTIONS
from tracetop.lang.vocabulary.builtins import BUILTINS
from tracetop.model.kernel import Kernel
from tracetop.model.wire.messages import Completion

KEYWORDS = ("if", "else", "while", "for", "unroll", "return", "break", "continue", "let", "comptime", "typeof(")
_ARGUMENTS = {
    "args": "the fields of the event, or the arguments of the function",
    "arg0": "the first argument",
}
_MEMBER = re.compile(r"(?:\.|->)\s*(\w*)$")
_WORD = re.compile(r"[@$]?\w*$")


class Completer:
    """Completes scripts for one kernel, whose lists of names it keeps."""

    def __init__(self, kernel: Kernel) -> None:
        self._probes = ProbeWords(kernel)
        self._members = Members(kernel)

    def complete(self, text: str, at: int) -> tuple[int, tuple[Completion, ...]]:
        """Return where the unfinished word at offset `at` begins, and at most MOST words that could stand there."""
        at = max(0, min(at, len(text)))
        cursor = find_cursor(text, at)
        try:
            fragment, words = self._words(cursor, text)
        except TracetopError:  # a binary or a list of the kernel that cannot be read has no names to offer
            fragment, words = "", []
        return at - len(fragment), tuple(words[:MOST])

    def _words(self, cursor: Cursor, text: str) -> tuple[str, Words]:
        if cursor.place is Place.PROBES:
            return self._probes.complete(re.split(r"[\s,]", cursor.probes)[-1])
        if cursor.place is Place.TEXT:
            return "", []
        member = _MEMBER.search(cursor.clause)
        if member:
            before = cursor.clause[: member.start()]
            fields = dict(self._members.after(before, before, cursor.probes))
            return member[1], [Completion(name, f"field: {fields[name]}") for name in best(member[1], sorted(fields))]
        word = _WORD.search(cursor.clause)
        fragment = word[0] if word else ""
        return fragment, _ranked(fragment, _language(text, cursor))


def _language(text: str, cursor: Cursor) -> Iterator[Completion]:
    """Yield every word that may stand in a predicate or an action, the likelier first."""
    yield from (Completion(name, "variable") for name in _named(r"\$[A-Za-z_]\w*", cursor.clause))
    yield from (Completion(name, "map") for name in _named(r"@\w*", text))
    yield from (Completion(name, about) for name, about in _ARGUMENTS.items())
    yield from (Completion(name, builtin.about) for name, builtin in BUILTINS.items())
    yield from (Completion(name, builtin.about) for name, builtin in HOOK_BUILTINS.items())
    for name, function in FUNCTIONS.items():
        yield Completion(
            f"{name}()" if function.usage == f"{name}()" else f"{name}(", f"{function.usage}: {function.about}"
        )
    yield from (Completion(name, "macro") for name in _named(r"\bmacro\s+(\w+)(?=\s*\()", text))
    yield from (Completion(word, "keyword") for word in KEYWORDS)


def _named(pattern: str, text: str) -> list[str]:
    """Return the distinct names in a text, the last first."""
    return list(dict.fromkeys(reversed(re.findall(pattern, text))))


def _ranked(fragment: str, words: Iterable[Completion]) -> Words:
    """Return the words that begin so, then those that have the letters anywhere; never the word that stands there."""
    there = [word for word in words if word.word != fragment]
    first = [word for word in there if word.word.startswith(fragment)]
    small = fragment.lower()
    return first + [word for word in there if small in word.word.lower() and not word.word.startswith(fragment)]
