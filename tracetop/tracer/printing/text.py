"""Data as bpftrace's text output shows them.

Owns: the form of each kind of value, map and message as text. Pure.
"""

from collections.abc import Sequence

from tracetop.model.program import MapSpec, Place, Warned
from tracetop.tracer.printing.histogram import draw
from tracetop.tracer.printing.maps import Entry
from tracetop.tracer.printing.time_series import draw_series
from tracetop.tracer.printing.values import Buffer, Datum, Distribution, Named, Series, Stack, Stats, Value

_PRINTABLE = range(0x20, 0x7F)
_INDENT = 8


def text(datum: Datum, indent: int = _INDENT) -> str:
    """Return a value as ``print()`` and ``%s`` show it; `indent` is that of a stack's frames."""
    match datum:
        case str():
            said = datum
        case bool():
            said = "true" if datum else "false"
        case int():
            said = str(datum)
        case Named():
            said = datum.name
        case tuple():
            said = f"({', '.join([text(item, indent) for item in datum])})"
        case list():
            said = f"[{','.join([text(item, indent) for item in datum])}]"
        case dict():
            said = f"{{ {', '.join([f'.{name} = {text(item, indent)}' for name, item in datum.items()])} }}"
        case Buffer():
            said = buffer_text(datum.data)
        case Stack():
            said = _stack(datum, indent)
        case None:
            said = "null"
    return said


def buffer_text(data: bytes) -> str:
    r"""Return bytes with those that are not an ASCII character written as ``\x00``."""
    return "".join([chr(byte) if byte in _PRINTABLE else f"\\x{byte:02x}" for byte in data])


def value_text(value: Value) -> str:
    """Return what a map shows under one key."""
    match value:
        case Stats():
            return f"{{ .count = {value.count}, .average = {value.average}, .total = {value.total} }}"
        case Distribution():
            return f"\n{draw(value)}"
        case Series():
            return f"\n{draw_series(value)}"
        case _:
            return text(value)


def key_text(keys: Sequence[Datum]) -> str:
    """Return a map's key as it stands between the brackets; a key that is one tuple is its members."""
    if len(keys) == 1 and isinstance(keys[0], tuple):
        keys = keys[0]
    return ", ".join([text(key) for key in keys])


class TextLines:
    """bpftrace's text output: each method returns the text of one thing, newline included."""

    errors_apart = True
    """Errors and warnings go to the standard error."""

    def said(self, verb: str, said: str) -> str:
        """Return what ``printf``, ``time`` or ``join`` prints."""
        return f"{said}\n" if verb == "join" else said

    def value(self, value: Value) -> str:
        """Return what ``print`` of a value prints."""
        return f"{value_text(value)}\n"

    def map(self, spec: MapSpec, entries: Sequence[Entry]) -> str:
        """Return a whole map, nothing for an empty one."""
        lines = []
        for entry in entries:
            name = f"{spec.name}[{key_text(entry.keys)}]" if spec.keys else spec.name
            blank = "" if isinstance(entry.value, Distribution | Series) else " "  # a drawing begins on the next line
            lines.append(f"{name}:{blank}{value_text(entry.value)}\n")
        return "".join(lines)

    def warned(self, warned: Warned) -> str:
        """Return what is said of a place of the script while it runs."""
        place = warned.place
        return f"{place.file}:{place.line}:{place.column}: WARNING: {warned.text}\n{place.excerpt}\n"

    def complaint(self, verb: str, said: str, place: Place) -> str:
        """Return what ``errorf`` or ``warnf`` says, and where it stands in the script."""
        label, end = "ERROR" if verb == "errorf" else "WARNING", "" if said.endswith("\n") else "\n"
        if place.end_line > place.line:
            return f"{place.file}:{place.line}-{place.end_line}: {label}: {said}{end}"
        return f"{place.file}:{place.line}:{place.column}-{place.end_column}: {label}: {said}{end}"

    def lost(self, events: int) -> str:
        """Return the line about events that did not fit into the buffer."""
        return f"Lost {events} events\n"


def _stack(stack: Stack, indent: int) -> str:
    padding = " " * indent if stack.indented else ""
    return "".join(["\n", *[f"{padding}{line}\n" for line in stack.lines]]) if stack.lines else ""
