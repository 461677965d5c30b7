"""A probe as a script writes it, taken apart: names between colons, quotes, ``$1``.

Owns: that grammar, the same for every kind of probe. Refuses to own: what the names mean; the families know.
"""

import re

from tracetop.lang.source import Source
from tracetop.lang.tree import syntax

_PARAMETER = re.compile(r"\$([1-9]\d{0,3})")
_NAMED = re.compile(r"\w+=(?=\w)")


def take_apart(source: Source, probe: syntax.Probe, params: tuple[str, ...] | None) -> tuple[str, tuple[str, ...]]:
    """Return the word for the probe's kind, and its parts: without quotes, and with parameters filled in.

    ScriptError for a quote that is not closed or a parameter that is not there.
    """
    text = probe.text
    named = _NAMED.match(text)
    parts, quoted, i = [""], False, named.end() if named else 0
    while i < len(text):
        character = text[i]
        parameter = _PARAMETER.match(text, i) if character == "$" and not quoted else None
        if parameter:
            given = _parameter(source, probe, int(parameter[1]), params)
            # The first may be the whole probe; in a later one, such as a path, a colon is its own.
            first, *more = given.split(":") if len(parts) == 1 else (given,)
            parts[-1] += first
            parts += more
            i = parameter.end()
            continue
        if character == '"':
            quoted = not quoted
        elif character == "\\" and quoted and i + 1 < len(text):
            i += 1
            parts[-1] += text[i]
        elif character == ":" and not quoted:
            parts.append("")
        else:
            parts[-1] += character
        i += 1
    if quoted:
        raise source.error(probe.at, f'{text} has a " that is not closed', hint='put a " after the name')
    return parts[0], tuple(parts[1:])


def _parameter(source: Source, probe: syntax.Probe, index: int, params: tuple[str, ...] | None) -> str:
    if params is not None and index <= len(params):
        return params[index - 1]
    why = (
        "a pane's parameters can change while it runs, but not where its probes are"
        if params is None
        else f"{len(params)} parameters were given"
    )
    raise source.error(
        probe.at, f"{probe.text} needs a value for ${index}", why=why, hint="give it after the script: tracetop run"
    )


def is_wildcard(text: str) -> bool:
    """Say whether a name stands for all that it matches."""
    return "*" in text or "?" in text or ("[" in text and "]" in text)
