"""What one script sends to user space: lines to print, maps to clear or zero, its own end.

Owns: doing it, and the log of what was printed. Refuses to own: the text (`printing`) and when it is read (`loop`).
Tracer.
"""

from tracetop.bpf.loaded_program import Loaded
from tracetop.model.frame import Log
from tracetop.model.program import Exit, MapAction
from tracetop.tracer.kept import change_map
from tracetop.tracer.lines import MOST_LINES, PrintedLines
from tracetop.tracer.printing.decode import Names
from tracetop.tracer.printing.printer import Printer

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
