"""What the events of a running script ask for, done in their order: text sent, maps cleared, the end noted.

Owns: which action needs what, and text that waits to be sent. Refuses to own: what anything looks like (`printed`),
files and commands of the user, which the asker has the rights for. Tracer.
"""

import os
import struct

from tracetop.bpf.loaded_program import Loaded
from tracetop.model.frame import Log
from tracetop.model.program import Action, Exit, Format, MapAction, PrintEntry, PrintValue
from tracetop.model.wire.messages import Execute, Output, ShowFile
from tracetop.tracer.pipe import Outbox
from tracetop.tracer.printing.decode import Names
from tracetop.tracer.printing.printer import Printer
from tracetop.tracer.script.printed_lines import MOST_LINES, PrintedLines
from tracetop.tracer.script.upkeep import change_map

_CODE = struct.Struct("=q")
_MOST_BYTES = 1 << 20
"""Of text in one message."""
_ACTING = ("cat", "system", "errorf", "warnf")
"""Formats that do more than print a piece of the standard output."""


class Reactions:
    """Takes the events of one loaded script."""

    def __init__(self, loaded: Loaded, printer: Printer, outbox: Outbox) -> None:
        self.exit_code: int | None = None
        """What the script gave to ``exit``, None where it has not."""
        self._loaded = loaded
        self._printer = printer
        self._outbox = outbox
        self._text: list[str] = []
        actions = enumerate(loaded.program.actions)
        self._may_exit = Exit() in self._loaded.program.actions
        self._shows = {number: printer.show(number) for number, action in actions if _only_prints(action)}

    def take(self) -> None:
        """Do what the events ask for that have come, and send what they print.

        A script that called ``exit`` asks for nothing more; one whose reader is late waits.
        """
        while (events := self._loaded.events()) and self.exit_code is None:
            for number, payload in events:
                if number in self._shows:
                    self._text.append(self._shows[number](payload))
                else:
                    self._do(number, payload)
                    if self.exit_code is not None:
                        break
            self.send()
            if self._outbox.blocked:
                break
        if self._may_exit and self.exit_code is None and not events and self._loaded.lost_exits():
            self.exit_code = 0

    def say(self, text: str) -> None:
        """Print a text behind what was printed before."""
        self._text.append(text)

    def send(self) -> None:
        """Send what was printed."""
        data = "".join(self._text).encode(errors="surrogateescape")
        self._text.clear()
        for start in range(0, len(data), _MOST_BYTES):
            self._outbox.send(Output(data[start : start + _MOST_BYTES]))

    def _do(self, number: int, payload: bytes) -> None:
        action = self._loaded.program.actions[number]
        match action:
            case MapAction():
                change_map(self._loaded, action)
            case Exit():
                self.exit_code = int(_CODE.unpack_from(payload)[0])
            case Format(verb="cat"):
                self.send()
                self._outbox.send(ShowFile(self._printer.words(number, action, payload)))
            case Format(verb="system"):
                self.send()
                self._outbox.send(Execute(self._printer.words(number, action, payload)))
            case Format(verb="errorf" | "warnf"):
                self.send()
                self._outbox.send(Output(os.fsencode(self._printer.text(number, payload)), error=True))
            case _:
                self.say(self._printer.text(number, payload))


def _only_prints(action: Action) -> bool:
    """Say whether an event of this action is its payload's text and nothing else, however many come."""
    return (isinstance(action, Format) and action.verb not in _ACTING) or isinstance(action, PrintValue | PrintEntry)


VIEW = "printed"
"""The name of the log's view."""


class Sent:
    """The events of one loaded script."""

    def __init__(self, loaded: Loaded, names: Names) -> None:
        self._loaded = loaded
        self._printer = Printer(loaded, names)
        self._lines = PrintedLines()
        self._lost_events = self._lost_exits = 0
        actions = loaded.program.actions
        self._may_exit = any(isinstance(one, Exit) for one in actions)
        self._printing = frozenset(i for i, one in enumerate(actions) if not isinstance(one, Exit | MapAction))

    def drain(self) -> bool:
        """Take what was sent, in order, at most one buffer full; return whether the script has ended itself."""
        events = self._loaded.events()
        lost_events = self._loaded.lost_events()
        self._lines.lose(lost_events - self._lost_events)
        self._lost_events = lost_events
        too_many = sum(number in self._printing for number, _ in events) - MOST_LINES
        done: set[int] = set()
        for number, payload in events:
            if number in self._printing:
                too_many -= 1
                if too_many >= 0:  # nobody reads so many: the newest are enough
                    self._lines.lose(1)
                else:
                    self._lines.add(self._printer.text(number, payload))
                    done.clear()
            elif isinstance(self._loaded.program.actions[number], Exit):
                return True
            elif number not in done:  # a thousand times with nothing between is as good as once
                done.add(number)
                self._act(number)
        return not events and self._has_lost_exit()

    def _has_lost_exit(self) -> bool:
        """Say whether the script ended itself since the last call without the buffer having room to say so."""
        if not self._may_exit:
            return False
        before, self._lost_exits = self._lost_exits, self._loaded.lost_exits()
        return self._lost_exits > before

    def log(self) -> Log | None:
        """Return the lines since the last call, None for a script that prints nothing."""
        return self._lines.take(VIEW) if self._printing else None

    def reset(self) -> None:
        """Count what is lost anew."""
        self._lines.reset()

    def _act(self, number: int) -> None:
        action = self._loaded.program.actions[number]
        if isinstance(action, MapAction):
            change_map(self._loaded, action)
