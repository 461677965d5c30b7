"""What a script printed, as far back as it is kept.

Owns: the bounded lines of one log, their absolute numbers, and where lines are missing. Refuses to own: which of them
are on screen. Pure; screen process.
"""

from collections import deque
from collections.abc import Iterator
from itertools import islice

from tracetop.model.frame import Log

KEPT_LINES = 50_000
Entry = str | int
"""A line, unescaped; or a number of lines that are missing at this place."""


class Scrollback:
    """The last KEPT_LINES entries of one log; an entry's number never changes while it is kept."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=KEPT_LINES)
        self._added = 0
        self._next = 0
        self._lost = 0
        self._began = False

    def add(self, log: Log) -> None:
        """Take a frame's lines in, but for those that came before; a gap before or among them is an entry too."""
        gap = max(0, log.first - self._next) if self._began else 0
        missing = max(gap, log.lost - self._lost)
        self._lost, self._began = log.lost, True
        if missing:
            self._append(missing)
        for line in log.lines[max(0, self._next - log.first) :]:
            self._append(line)
        self._next = max(self._next, log.first + len(log.lines))

    def clear(self) -> None:
        """Forget the lines, but not which have been here."""
        self._entries.clear()

    def restart(self) -> None:
        """Forget everything: the script was loaded anew and counts its lines from 0."""
        self.clear()
        self._next = self._lost = 0

    @property
    def first(self) -> int:
        """Number of the oldest entry that is kept."""
        return self._added - len(self._entries)

    @property
    def end(self) -> int:
        """Number that the next entry will have."""
        return self._added

    def since(self, number: int) -> Iterator[tuple[int, Entry]]:
        """Yield number and entry from `number` on, towards the newest."""
        start = max(number, self.first)
        return zip(range(start, self.end), islice(self._entries, start - self.first, None), strict=True)

    def before(self, number: int) -> Iterator[tuple[int, Entry]]:
        """Yield number and entry from before `number` back to the oldest."""
        stop = min(number, self.end)
        newest_first = islice(reversed(self._entries), self.end - stop, None)
        return zip(range(stop - 1, self.first - 1, -1), newest_first, strict=True)

    def _append(self, entry: Entry) -> None:
        self._entries.append(entry)
        self._added += 1
