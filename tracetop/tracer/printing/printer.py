"""All that one loaded script prints: an event's text, and its maps'.

Owns: one decoder for each of the program's actions and maps, made at the first use. Refuses to own: what is not
printing (clearing maps, leaving, running commands), and where text goes. The tracer's one thread.
"""

import time
from collections.abc import Callable
from functools import partial

from msgspec.structs import replace

from tracetop.model.escape import escape
from tracetop.model.program import Action, Format, MapAction, MapSpec, Place, PrintEntry, PrintMap, PrintValue, Warned
from tracetop.model.value import Shape, ValuePart
from tracetop.model.value_kinds import ValueKind
from tracetop.tracer.loaded_script import LoadedScript
from tracetop.tracer.printing.decode import Clean, Decoder, json_text, raw_text, spelt_text
from tracetop.tracer.printing.json_lines import JsonLines
from tracetop.tracer.printing.machine_names import MachineNames, clock_text
from tracetop.tracer.printing.maps import MapReader
from tracetop.tracer.printing.printf import compile_format
from tracetop.tracer.printing.text import TextLines
from tracetop.tracer.printing.values import Value

Show = Callable[[bytes], str]
"""Makes text of an event's payload."""


class Printer:
    """Makes text of what a script sends and of what its maps hold."""

    def __init__(self, loaded: LoadedScript, names: MachineNames, *, json: bool = False, file: str = "") -> None:
        """Print text, or lines of JSON; wherever it goes, what comes from the machine is spelt out.

        `file`: what the user calls the script's file, where that is not its name.
        """
        self._loaded = loaded
        self._file, self._own_file = escape(file), f"{loaded.program.name}.bt"
        self._zeroed: set[str] = set()
        """Maps that were zeroed, and not cleared since."""
        self.lines: TextLines | JsonLines = JsonLines() if json else TextLines()
        """The form of what is printed."""
        self._names = names
        self._decoder = self._decoding(spelt_text, json_text if json else raw_text)
        self._specs = {spec.name: spec for spec in loaded.program.maps}
        self._readers: dict[str, MapReader] = {}
        self._shows: dict[int, Show] = {}
        self._words: dict[int, Show] = {}

    def show(self, action: int) -> Show:
        """Return what makes text of the payloads of one action: nothing where it does not print."""
        if action not in self._shows:
            self._shows[action] = self._show(self._loaded.program.actions[action])
        return self._shows[action]

    @property
    def notes(self) -> tuple[str, ...]:
        """What was printed otherwise than it is, a line each."""
        letters = sorted({conversion.letter for conversion in self._decoder.cut})
        return tuple(f"%{each} printed 32 bits of a greater number: write %l{each} for all of it" for each in letters)

    def words(self, number: int, action: Format, payload: bytes) -> str:
        """Return what an action's format makes of its payload, a command or a path: as in C up to its first NUL.

        It goes to the kernel, so nothing in it is escaped.
        """
        if number not in self._words:
            self._words[number] = compile_format(action.parts, action.arguments, self._decoding(raw_text, raw_text))
        return self._words[number](payload).partition("\0")[0]

    def _decoding(self, clean: Clean, own: Clean) -> Decoder:
        return Decoder(self._names, lambda map_, id_: self._loaded.stack(id_, map_), clean, own)

    def map(self, name: str, top: int = 0, div: int = 0) -> str:
        """Return a map as ``print`` shows it, nothing for an empty one."""
        reader = self._reader(name)
        entries = reader.entries(self._loaded.read(name), top, div or 1)
        if not reader.spec.keys and not entries and (name in self._zeroed or not reader.spec.kind.facts.is_bucketed):
            entries = [reader.nothing()]
        return self.lines.map(reader.spec, entries)

    def maps(self) -> str:
        """Return all maps by name, as they are printed at the end: those that something was written to."""
        return "".join([self.map(name) for name in sorted(self._specs) if self._is_written(name)])

    def changed(self, action: MapAction) -> None:
        """Take note that a map was cleared or zeroed: one without a key that was zeroed is there, though it is zero."""
        (self._zeroed.add if action.verb == "zero" else self._zeroed.discard)(action.map_name)

    def _is_written(self, name: str) -> bool:
        spec = self._specs[name]
        if spec.keys or name in self._zeroed:
            return True
        values = self._loaded.read(name).values
        return bool(values.any()) if spec.kind is ValueKind.COUNT else len(values) > 0

    def _named(self, place: Place) -> Place:
        """Return a place in the script's own file under the name that its user gave."""
        return replace(place, file=self._file) if self._file and place.file == self._own_file else place

    def _show(self, action: Action) -> Show:
        match action:
            case Format(verb="errorf" | "warnf", place=Place() as place):
                render, place = self._render(action), self._named(place)
                return lambda payload: self.lines.complaint(action.verb, render(payload), place)
            case Format(verb="printf" | "join" | "time"):
                render = self._render(action)
                if isinstance(self.lines, TextLines) and action.verb == "printf":
                    return render
                return lambda payload: self.lines.said(action.verb, render(payload))
            case PrintMap():
                return lambda _: self.map(action.map_name, action.top, action.div)
            case PrintValue():
                read = self._decoder.reader(action.value)
                return lambda payload: self.lines.value(read(payload, 0))
            case Warned():
                said = self.lines.warned(replace(action, place=self._named(action.place)))
                return lambda _: said
            case PrintEntry():
                return partial(self._entry, action)
            case _:
                return lambda _: ""

    def _render(self, action: Format) -> Show:
        if action.verb == "time":
            return lambda _: clock_text(action.text, int(time.time()))
        if action.verb == "join":
            parts = [self._decoder.part(part) for part in action.arguments]
            return lambda payload: action.text.join(_without_empty_end([str(read(payload)) for read in parts]))
        return compile_format(action.parts, action.arguments, self._decoder)

    def _entry(self, action: PrintEntry, payload: bytes) -> str:
        reader = self._reader(action.map_name)
        if action.value is not None:
            return self.lines.value(self._decoder.part(action.value)(payload))
        key = _kernel_key(reader.spec, action, payload)
        row = self._loaded.lookup(action.map_name, key)
        value: Value = 0 if row is None else reader.value(row)
        return self.lines.value(value)

    def _reader(self, name: str) -> MapReader:
        if name not in self._readers:
            self._readers[name] = MapReader(self._specs[name], self._decoder)
        return self._readers[name]


def _kernel_key(spec: MapSpec, action: PrintEntry, payload: bytes) -> bytes:
    """Return the key that an event names as the kernel's map has it."""
    if spec.layout.is_array:
        index = action.keys[0] if action.keys else None
        return payload[index.offset : index.offset + 4] if index else bytes(4)
    key = bytearray(spec.key_size)
    for part, sent in zip(spec.keys, action.keys, strict=True):
        key[part.offset : part.offset + part.size] = _as_wide(sent, part.size, payload)
    return bytes(key)


def _as_wide(sent: ValuePart, size: int, payload: bytes) -> bytes:
    """Return a part of a key as the map has it, whose other keys may be longer texts or wider numbers."""
    held = payload[sent.offset : sent.offset + sent.type.size]
    if sent.type.shape is Shape.STRING:  # after its NUL stands what the buffer held before
        held = held.split(b"\0", 1)[0]
    elif sent.type.shape is Shape.INTEGER and sent.type.signed and held[-1] >= 0x80:
        return held[:size].ljust(size, b"\xff")
    return held[:size].ljust(size, b"\0")


def _without_empty_end(words: list[str]) -> list[str]:
    """Return the words without the empty ones after the last: places of the list that were not used."""
    while words and not words[-1]:
        words.pop()
    return words
