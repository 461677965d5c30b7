"""What stands where in a script, well enough to colour it while it is typed.

Owns: a rough division into words by regular expressions, right for text that does not parse too. Refuses to own:
grammar (`lang` has it, in the other process), colours. Pure; screen process.
"""

import re
from enum import StrEnum

from tracetop.model.kinds import NOT_TAKEN, SHORT

_PROBES = "|".join(sorted({*SHORT, *SHORT.values(), *NOT_TAKEN} - {"BEGIN", "END", "begin", "end"}))
_KEYWORDS = (
    "if|else|while|for|unroll|return|break|continue|let|config|struct|union|enum|macro|import|comptime|true|false"
)
_TOKEN = re.compile(
    r"(?P<comment>//[^\n]*|/\*.*?(?:\*/|\Z)|\A\#![^\n]*)"
    r'|(?P<string>"(?:\\.|[^"\\\n])*"?)'
    rf"|(?P<probe>(?<![\w$@.])(?:(?:{_PROBES}):[^\s,{{]+|BEGIN\b|END\b|begin\b(?=\s*{{)|end\b(?=\s*{{)))"
    r"|(?P<map>@\w*)"
    r"|(?P<variable>\$(?:\w+|\#))"
    rf"|(?P<keyword>\b(?:{_KEYWORDS})\b)"
    r"|(?P<function>\b[A-Za-z_]\w*(?=\s*\())"
    r"|(?P<number>\b\d\w*)"
    r"|\w+",
    re.DOTALL,
)


class Kind(StrEnum):
    """What a stretch of a script is."""

    COMMENT = "comment"
    STRING = "string"
    PROBE = "probe"
    MAP = "map"
    VARIABLE = "variable"
    KEYWORD = "keyword"
    FUNCTION = "function"
    NUMBER = "number"


Span = tuple[int, int, Kind]
"""Half-open columns of one line, and what stands there."""


def highlight(text: str) -> list[list[Span]]:
    """Return the stretches of each line of a script; what is nothing of all that is in none."""
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    spans: list[list[Span]] = [[] for _ in starts[1:]]
    row = 0
    for match in _TOKEN.finditer(text):
        if match.lastgroup is None:
            continue
        kind = Kind(match.lastgroup)
        start, end = match.span()
        while starts[row + 1] <= start:
            row += 1
        for index in range(row, len(spans)):
            if starts[index] >= end:
                break
            span = max(0, start - starts[index]), min(end, starts[index + 1] - 1) - starts[index], kind
            if span[0] < span[1]:
                spans[index].append(span)
    return spans
