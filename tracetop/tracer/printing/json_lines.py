"""Data as bpftrace's JSON output shows them: one object a line, with a ``type`` and ``data``.

Owns: the schema, which docs/run.md describes. Characters that are not ASCII are written as JSON's escapes, so that no
terminal takes them for its own. Pure.
"""

import json
from collections.abc import Sequence

from tracetop.model.program import MapSpec, Place, Warned
from tracetop.tracer.printing.maps import Entry
from tracetop.tracer.printing.text import text
from tracetop.tracer.printing.values import (
    Bucket,
    Buffer,
    Datum,
    Distribution,
    Named,
    Point,
    Series,
    Stack,
    Stats,
    Value,
)


class JsonLines:
    """bpftrace's JSON output: each method returns the lines of one thing."""

    errors_apart = False
    """Errors and warnings are lines as all others."""

    def said(self, verb: str, said: str) -> str:
        """Return what ``printf``, ``time``, ``join``, ``cat`` or ``system`` prints."""
        return line("syscall" if verb == "system" else verb, said)

    def value(self, value: Value) -> str:
        """Return what ``print`` of a value prints."""
        return _line("value", _value(value))

    def map(self, spec: MapSpec, entries: Sequence[Entry]) -> str:
        """Return a whole map, nothing for an empty one."""
        if not entries:
            return ""
        if spec.keys:
            inner = _object({_key(entry): _value(entry.value) for entry in entries})
        else:
            inner = _value(entries[0].value)
        return _line(spec.kind.facts.json, _object({spec.name: inner}))

    def warned(self, warned: Warned) -> str:
        """Return the line about a place of the script that something was met at."""
        place = warned.place
        members = {"type": "runtime_error", "msg": warned.text, "filename": place.file}
        numbers = {"line": str(place.line), "col": str(place.column)}
        return _object({name: json.dumps(member) for name, member in members.items()} | numbers) + "\n"

    def complaint(self, verb: str, said: str, place: Place) -> str:
        """Return what ``errorf`` or ``warnf`` says, and where it stands in the script."""
        members = {"type": verb, "msg": said, "filename": place.file}
        numbers = {"line": str(place.line), "col": str(place.column)}
        return _object({name: json.dumps(member) for name, member in members.items()} | numbers) + "\n"

    def lost(self, events: int) -> str:
        """Return the line about events that did not fit into the buffer."""
        return _line("lost_events", _object({"events": str(events)}))


def line(type_: str, data: str) -> str:
    """Return one line about a text."""
    return _line(type_, json.dumps(data))


def _line(type_: str, data: str) -> str:
    return _object({"type": json.dumps(type_), "data": data}) + "\n"


def _object(members: dict[str, str]) -> str:
    return "{" + ", ".join([f"{json.dumps(name)}: {value}" for name, value in members.items()]) + "}"


def _array(items: Sequence[str]) -> str:
    return f"[{','.join(items)}]"


def _key(entry: Entry) -> str:
    keys = entry.keys
    if len(keys) == 1 and isinstance(keys[0], tuple):
        keys = keys[0]
    return ",".join([_key_part(key) for key in keys])


def _key_part(key: Datum) -> str:
    """Return a part of a key: as in text, but without blanks."""
    match key:
        case tuple():
            return f"({','.join(map(_key_part, key))})"
        case dict():
            return "{" + ",".join([f".{name}={_key_part(part)}" for name, part in key.items()]) + "}"
        case _:
            return text(key, 0)


def _number(number: int) -> str:
    """Return a number; one that no double holds is a text, as many readers of JSON would change it unsaid."""
    return str(number) if int(float(number)) == number else f'"{number}"'


def _value(value: Value) -> str:
    match value:
        case Stats():
            fields = {"count": value.count, "average": value.average, "total": value.total}
            return _object({name: _number(field) for name, field in fields.items()})
        case Distribution():
            return _array([_bucket(bucket) for bucket in value.buckets])
        case Series():
            return _array([_point(point) for point in value.points if point.value is not None])
        case _:
            return _datum(value)


def _bucket(bucket: Bucket) -> str:
    """Return one bucket; unlike in the text, ``max`` still belongs to it."""
    bounds = {"min": bucket.low, "max": None if bucket.high is None else bucket.high - 1, "count": bucket.count}
    return _object({name: _number(bound) for name, bound in bounds.items() if bound is not None})


def _point(point: Point) -> str:
    value = "null" if point.value is None else _number(point.value)
    return f'{{"interval_start":{json.dumps(point.begun)},"value":{value}}}'


def _datum(datum: Datum) -> str:
    match datum:
        case bool():
            return json.dumps(datum)
        case int():
            return _number(datum)
        case Named():
            return _number(datum.number)
        case tuple() | list():
            return _array([_datum(item) for item in datum])
        case dict():
            return _object({name: _datum(item) for name, item in datum.items()})
        case Buffer():
            return _array([str(byte - 256 if byte > 127 else byte) for byte in datum.data])  # characters are signed
        case Stack():
            return json.dumps(text(datum))
        case _:
            return json.dumps(datum)
