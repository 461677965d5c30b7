"""The lines that a script prints, numbered and kept until a frame takes them.

Owns: what becomes of text that is not a whole line, and of lines that come faster than frames. Refuses to own: what
the text is (`printed`). Tracer.
"""

from collections import deque

from tracetop.model.frame import Log

MOST_LINES = 10_000
"""Lines that wait for a frame at most; of more the oldest are lost."""
MOST_CHARACTERS = 4096
"""A longer line is cut in two."""


class PrintedLines:
    """Everything that one script prints, until it is closed."""

    def __init__(self) -> None:
        self._begun = ""
        self._waiting: deque[str] = deque(maxlen=MOST_LINES)
        self._count = 0
        self._lost = 0

    def add(self, text: str) -> None:
        """Take what was printed; a line that has no end yet is held back."""
        *lines, self._begun = (self._begun + text).split("\n")
        for line in lines:
            self._append(line)
        if len(self._begun) > MOST_CHARACTERS:
            self._append(self._begun)
            self._begun = ""

    def lose(self, count: int) -> None:
        """Count lines that will never come."""
        self._lost += count

    def reset(self) -> None:
        """Count what is lost anew."""
        self._lost = 0

    def take(self, name: str) -> Log:
        """Return the lines since the last call, for a frame that is sure to be sent."""
        lines = tuple(self._waiting)
        self._waiting.clear()
        return Log(name=name, first=self._count - len(lines), lines=lines, lost=self._lost)

    def _append(self, line: str) -> None:
        for start in range(0, len(line) or 1, MOST_CHARACTERS):
            self._lost += len(self._waiting) == MOST_LINES
            self._waiting.append(line[start : start + MOST_CHARACTERS])
            self._count += 1
