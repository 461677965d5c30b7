"""What the events of a running script ask for, done in their order: text printed, maps cleared, the end noted.

Owns: which action needs what. Refuses to own: what anything looks like (`printer`), and where it goes: to a stream in
`run`, into a log in a pane (`printed_lines`). What needs the rights of the asker, files and commands, is asked of the
asker. Tracer.
"""

import os
import struct
from typing import Protocol

from tracetop.model.program import Action, Exit, Format, MapAction, Warned
from tracetop.model.wire.messages import Execute, Output, ShowFile
from tracetop.tracer.loaded_script import LoadedScript
from tracetop.tracer.pipe import Outbox
from tracetop.tracer.printing.json_lines import JsonLines
from tracetop.tracer.printing.printer import Printer

_CODE = struct.Struct("=q")
_MOST_BYTES = 1 << 20
_CAT_BYTES = 10240
"""Of text in one message."""


class Sink(Protocol):
    """Where all goes that one script prints, in order."""

    @property
    def most(self) -> int | None:
        """How many printing events of one reading are worth the time, the newest; None: all."""

    def add(self, text: str, /) -> None:
        """Take a piece of the standard output."""

    def add_error(self, text: str) -> None:
        """Take a line of the standard error."""

    def show_file(self, path: str, most: int) -> None:
        """Take the contents of a file, as its reader may see it, `most` bytes of them."""

    def execute(self, command: str) -> None:
        """Take the output of a command."""

    def lose(self, count: int) -> None:
        """Count what was sent and not taken."""


class Events:
    """Dispatches the events of one loaded script."""

    def __init__(self, loaded: LoadedScript, printer: Printer, sink: Sink, *, warns: bool = True) -> None:
        """Not `warns`: what ``warnf`` prints, and what was met that is odd, is left out."""
        self._warns = warns
        self.exit_code: int | None = None
        """What the script gave to ``exit``; None where it has not called it."""
        self._loaded = loaded
        self._printer = printer
        self._sink = sink
        self._lost_exits = 0
        self._early: list[tuple[int, bytes]] = []
        """What BEGIN sent, until it is taken."""
        actions = dict(enumerate(loaded.program.actions))
        self._changes = {number: action for number, action in actions.items() if isinstance(action, MapAction)}
        self._exits = {number for number, action in actions.items() if isinstance(action, Exit)}
        self._texts = {number: printer.show(number) for number, action in actions.items() if _is_text(action)}
        self._warned = {number: action for number, action in actions.items() if isinstance(action, Warned)}
        self.warnings: dict[Warned, int] = {}
        """How often what was met at each place."""
        self.prints = len(actions) > len(self._changes) + len(self._exits) + len(self._warned)
        """Whether the script prints."""

    def begin(self) -> bool:
        """Run BEGIN, and return whether the script goes on after it; an end of before is forgotten."""
        self.exit_code, self._lost_exits = None, self._loaded.lost_exits() if self._exits else 0
        self._loaded.run_begin()
        if not self._exits:
            return True
        self._early = self._loaded.events()
        return not any(number in self._exits for number, _ in self._early) and not self._has_lost_exit()

    def take(self) -> bool:
        """Do what the events ask for that have come, at most one buffer full; say whether there were any.

        A script that called ``exit`` asks for nothing more.
        """
        events, self._early = self._early or self._loaded.events(), []
        excess = self._excess(events)
        changed: set[int] = set()
        for number, payload in events:
            if self.exit_code is not None:
                break
            if number in self._exits:
                self.exit_code = int(_CODE.unpack_from(payload)[0])
            elif number in self._changes:
                if number not in changed:  # a thousand times with nothing between is as good as once
                    changed.add(number)
                    action = self._changes[number]
                    (self._loaded.clear if action.verb == "clear" else self._loaded.zero)(action.map_name)
                    self._printer.changed(action)
            elif excess > 0:
                excess -= 1
            else:
                changed.clear()
                self._print(number, payload)
        if not events and self.exit_code is None and self._has_lost_exit():
            self.exit_code = 0  # the buffer had no room to say so
        return bool(events)

    def last(self) -> None:
        """Do what the events ask for that are left once the probes are off; none after the script's own ``exit``."""
        while self.exit_code is None and self.take():
            pass

    def end(self) -> None:
        """Run END, off the hooks; what came after the script's own ``exit`` is dropped, what END asks for is not."""
        self.take()
        code, self.exit_code = self.exit_code, None
        self._loaded.run_end()
        self.take()
        if code is not None:
            self.exit_code = code

    def _has_lost_exit(self) -> bool:
        return bool(self._exits) and self._loaded.lost_exits() > self._lost_exits

    def _excess(self, events: list[tuple[int, bytes]]) -> int:
        """Return how many printing events of these nobody would read, and count them as lost."""
        if self._sink.most is None or len(events) <= self._sink.most:
            return 0
        printing = sum(number not in self._changes and number not in self._exits for number, _ in events)
        excess = max(printing - self._sink.most, 0)
        self._sink.lose(excess)
        return excess

    def _print(self, number: int, payload: bytes) -> None:
        if number in self._texts:
            self._sink.add(self._texts[number](payload))
            return
        action = self._loaded.program.actions[number]
        if not self._warns and (isinstance(action, Warned) or (isinstance(action, Format) and action.verb == "warnf")):
            return
        if isinstance(action, Warned):
            self.warnings[action] = self.warnings.get(action, 0) + 1
            if isinstance(self._printer.lines, JsonLines):
                self._sink.add(self._printer.show(number)(payload))
                return
        match action:
            case Format(verb="cat"):
                most = int(self._loaded.program.options.get("max_cat_bytes", _CAT_BYTES))
                self._sink.show_file(self._printer.words(number, action, payload), most)
            case Format(verb="system"):
                self._sink.execute(self._printer.words(number, action, payload))
            case _:
                said = self._printer.show(number)(payload)
                (self._sink.add_error if self._printer.lines.errors_apart else self._sink.add)(said)


def _is_text(action: Action) -> bool:
    """Say whether an event of this action is a piece of the standard output and nothing else."""
    if isinstance(action, Format):
        return action.verb not in ("cat", "system", "errorf", "warnf")
    return not isinstance(action, Exit | MapAction | Warned)


class StreamSink:
    """Sends all that a script prints to the asker of a run, who writes it to its own streams."""

    most = None

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self._text: list[str] = []
        self.add = self._text.append

    def add_error(self, text: str) -> None:
        """Send a line of the standard error."""
        self.send()
        self._outbox.send(Output(os.fsencode(text), error=True))

    def show_file(self, path: str, most: int) -> None:
        """Have the asker print a file."""
        self.send()
        self._outbox.send(ShowFile(path, most=most))

    def execute(self, command: str) -> None:
        """Have the asker run a command."""
        self.send()
        self._outbox.send(Execute(command))

    def lose(self, count: int) -> None:
        """Take no notice: nothing is left out here, and what the kernel lost is told at the end."""

    def send(self) -> None:
        """Send what was printed."""
        data = "".join(self._text).encode(errors="surrogateescape")
        self._text.clear()
        for start in range(0, len(data), _MOST_BYTES):
            self._outbox.send(Output(data[start : start + _MOST_BYTES]))
