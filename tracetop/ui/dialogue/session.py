"""The dialogue with a source: what came last, what was asked for, and which filters led here.

Owns: the latest frame, pending wishes, the trail of filters. Refuses to own: what is drawn, and how long a pause
lasts. No widget and no I/O of its own; used on the app's thread only.
"""

from collections.abc import Callable
from typing import Any

import msgspec

from tracetop.errors import Diagnostic
from tracetop.model.filter import Filter
from tracetop.model.frame import Frame
from tracetop.model.wire.messages import (
    Command,
    Fatal,
    Hello,
    Inquiry,
    Message,
    Refused,
    SelectVariant,
    SetEnabled,
    SetFilter,
    SetInterval,
    SetParams,
    SetSort,
)
from tracetop.source.source import Ended, Source
from tracetop.ui.dialogue.wishes import Pending, Step, Trail

INTERVALS_S = (0.25, 0.5, 1.0, 2.0, 5.0, 10.0)
SYSCALL = "syscall"
"""What the parameter of a variant means that shows one system call."""


class Session:
    """What the dashboard knows of its source."""

    def __init__(self, source: Source, filter_: Filter) -> None:
        self._source = source
        self.changed: Callable[[], None] = lambda: None
        """Called when other things are wanted than before."""
        self.hello: Hello | None = None
        self.frame: Frame | None = None
        self.ended: Ended | None = None
        self.pending = Pending()
        self.trail = Trail().into(Step(filter_))
        self._fatal: Diagnostic | None = None

    def receive(self, content: Message | Ended) -> Diagnostic | None:
        """Take in what the source sent; return what was refused, to be told to the user."""
        match content:
            case Frame():
                self.frame = content
                self.pending = self.pending.settled(content)
            case Hello():
                self.hello, self.ended, self._fatal = content, None, None
            case Fatal():
                self._fatal = content.diagnostic
            case Refused():
                self.pending = Pending()
                if self.frame and self.frame.filter != self.trail.filter:
                    self.trail = Trail().into(Step(self.frame.filter))
                return content.diagnostic
            case Ended():
                self.ended = Ended(content.diagnostic or self._fatal)
                self.pending = Pending()
            case _:  # what prompts and logs take in
                pass
        return None

    def ask(self, command: Command) -> None:
        """Send a command and hold what it asks for as pending; after the end the source keeps it for a restart."""
        self._source.send(command)
        if not isinstance(command, Inquiry):  # these only want to know
            self.pending = _with(self.pending, command)
            self.changed()

    def into(self, step: Step) -> None:
        """Go one step further along the trail of filters."""
        self._go(self.trail.into(step))

    def back(self) -> None:
        """Go back to the filter before this one; at the start do nothing."""
        self._go(self.trail.back())

    def _go(self, trail: Trail) -> None:
        if trail != self.trail:
            self.trail = trail
            self.ask(SetFilter(trail.filter))

    def change_interval(self, by: int) -> None:
        """Ask for the next longer (1) or shorter (-1) interval."""
        now = self.pending.interval_s or (self.frame.interval_s if self.frame else 1.0)
        nearest = min(range(len(INTERVALS_S)), key=lambda place: abs(INTERVALS_S[place] - now))
        wanted = INTERVALS_S[max(0, min(nearest + by, len(INTERVALS_S) - 1))]
        if wanted != now:
            self.ask(SetInterval(wanted))

    def show_syscall(self, syscall: str) -> bool:
        """Ask the pane whose scripts take a system call to show this one, empty for all; False where none does."""
        for name, pane in (self.frame.panes if self.frame else {}).items():
            takers = [variant.name for variant in pane.variants if variant.parameter == SYSCALL]
            if takers:
                if (self.pending.pane(name).variant or pane.variant) not in takers:
                    self.ask(SelectVariant(name, takers[0]))
                self.ask(SetParams(name, (syscall,) if syscall else ()))
                return True
        return False

    def restart(self) -> bool:
        """Start again after the end; False where there was none."""
        if self.ended is None:
            return False
        self.ended = self._fatal = None
        self.frame = None
        self._source.restart()
        self.changed()
        return True


def _with(pending: Pending, command: Command) -> Pending:
    """Return the wishes with those of one more command."""
    match command:
        case SetFilter():
            return msgspec.structs.replace(pending, filter=command.filter)
        case SetInterval():
            return msgspec.structs.replace(pending, interval_s=command.interval_s)
        case SetEnabled():
            wish: dict[str, Any] = {"enabled": command.enabled}
        case SetParams():
            wish = {"params": command.params}
        case SelectVariant():
            wish = {"variant": command.variant}
        case SetSort():
            wish = {"sorts": {**pending.pane(command.pane).sorts, command.table: command.sort}}
        case _:  # what no frame names, such as offsets, or shows as a state of its own
            return pending
    wishes = msgspec.structs.replace(pending.pane(command.pane), **wish)
    return msgspec.structs.replace(pending, panes={**pending.panes, command.pane: wishes})
