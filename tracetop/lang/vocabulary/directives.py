"""The comments that carry what the language cannot say: ``//! name: value``.

Owns: reading them at the head of a script (title, pane, units) and before a clause (whose process its events are).
Refuses to own: what a reader does with the title, the pane or the key.
"""

from dataclasses import dataclass

from tracetop.errors import did_you_mean
from tracetop.lang.source import Source
from tracetop.lang.vocabulary.literals import amount
from tracetop.model.header import LINE, PAIR
from tracetop.model.program import Unit

DEFAULT_ENTRIES = 16384
MAX_ENTRIES = 1 << 20
_MOST_STRING = 1024


@dataclass(frozen=True)
class Directives:
    """What the header says that changes the program itself."""

    entries: int
    """Size of a keyed map."""
    units: dict[str, Unit]
    """By map name: overrides of the unit that was worked out."""
    optional: frozenset[str]
    """Probes that the script can do without, as it writes them."""
    strings: int = 0
    """Bytes of a string whose length only the event knows; 0 for what is usual."""


def read_directives(source: Source, header: dict[str, str]) -> Directives:
    """Return the header's values that the compiler needs, checked. ScriptError at the line that is wrong."""
    units = {
        name.removeprefix("unit").strip(): _unit(source, name, header) for name in header if name.startswith("unit ")
    }
    optional = frozenset(probe.strip() for probe in header.get("optional", "").split(",") if probe.strip())
    return Directives(_entries(source, header), units, optional, _strings(source, header))


def process_directive(source: Source, clause_at: int) -> tuple[str, int]:
    """Return the value of the ``//! process:`` line directly before the clause at `clause_at`, and its offset.

    The value is empty where there is no such line.
    """
    line_start = source.text.rfind("\n", 0, clause_at) + 1
    before = source.text[:line_start].rstrip("\n")
    start = before.rfind("\n") + 1
    match = LINE.match(before, start)
    pair = PAIR.match(match["text"]) if match else None
    if match is None or pair is None or pair["name"] != "process":
        return "", 0
    return pair["value"], match.start("text") + pair.start("value")


def _unit(source: Source, name: str, header: dict[str, str]) -> Unit:
    known = {unit.value: unit for unit in Unit if unit.value}
    value = header[name]
    if value not in known:
        raise source.error(
            _find(source, name),
            f"unknown unit {value}",
            hint=did_you_mean(value, known, f"use one of {', '.join(known)}"),
        )
    return known[value]


def _entries(source: Source, header: dict[str, str]) -> int:
    text = header.get("entries", str(DEFAULT_ENTRIES))
    entries = amount(text)
    if not entries or entries > MAX_ENTRIES:
        raise source.error(
            _find(source, "entries"), f"{text} is not a size for a map", hint=f"write a number from 1 to {MAX_ENTRIES}"
        )
    return entries


def _strings(source: Source, header: dict[str, str]) -> int:
    text = header.get("strings", "0")
    size = amount(text)
    if size is None or ("strings" in header and not 1 <= size <= _MOST_STRING):
        raise source.error(
            _find(source, "strings"),
            f"{text} is not a size for strings",
            hint=f"write a number of bytes from 1 to {_MOST_STRING}",
        )
    return size


def _find(source: Source, name: str) -> int:
    """Return the offset of the header line of that name."""
    for match in LINE.finditer(source.text):
        pair = PAIR.match(match["text"])
        if pair and pair["name"] == name:
            return match.start()
    return 0
