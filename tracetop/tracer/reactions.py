"""What the events of a running script ask for, done in their order: text sent, maps cleared, the end noted.

Owns: which action needs what, and text that waits to be sent. Refuses to own: what anything looks like (`printed`),
files and commands of the user, which the asker has the rights for. Tracer.
"""

import os
import struct

from tracetop.bpf.loaded_program import Loaded
from tracetop.model.program import Action, Exit, Format, MapAction, PrintEntry, PrintValue
from tracetop.model.wire.messages import Execute, Output, ShowFile
from tracetop.tracer.kept import change_map
from tracetop.tracer.pipe import Outbox
from tracetop.tracer.printing.printer import Printer

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
