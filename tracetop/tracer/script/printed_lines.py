"""The lines that a script prints in a pane, numbered and kept until a frame takes them.

Owns: what becomes of text that is not a whole line, of lines that come faster than frames, and of files that a script
shows: the screen reads them, with the rights of its user, and the log goes on once their text has come. Refuses to
own: what the text is (`printer`). Tracer.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from tracetop.model.escape import escape
from tracetop.model.frame import Log
from tracetop.model.wire.messages import FileShown, ShowFile

VIEW = "printed"
"""The name of the log's view."""
MOST_LINES = 10_000
"""Lines that wait for a frame at most; of more the oldest are lost."""
MOST_CHARACTERS = 4096
"""A longer line is cut in two."""
MOST_FILES = 256
"""Files of all panes that the screen is asked for at a time; more are lost."""


class FileRequests:
    """The files that the scripts of all panes show, from the question to the screen's answer."""

    def __init__(self, send: Callable[[ShowFile], None]) -> None:
        self._send = send
        self._serial = 0
        self._takers: dict[int, Callable[[str], None]] = {}

    def ask(self, path: str, most: int, take: Callable[[str], None]) -> bool:
        """Ask for a file's text, for `take`; False where too many are asked for."""
        if len(self._takers) == MOST_FILES:
            return False
        self._serial += 1
        self._takers[self._serial] = take
        self._send(ShowFile(path, self._serial, most))
        return True

    def answer(self, shown: FileShown) -> None:
        """Hand on the text of a file; one that nobody asked for is dropped."""
        if take := self._takers.pop(shown.serial, None):
            take(shown.data.decode(errors="surrogateescape"))


@dataclass
class _Piece:
    text: str = ""
    known: bool = True
    """False while a file's text has not come."""


class PrintedLines:
    """Everything that one script prints, until it is closed."""

    most = MOST_LINES

    def __init__(self, files: FileRequests) -> None:
        self._files = files
        self._unknown: deque[_Piece] = deque()
        """What was printed from the first file on whose text has not come."""
        self._begun = ""
        self._waiting: deque[str] = deque(maxlen=MOST_LINES)
        self._count = 0
        self._lost = 0

    def add(self, text: str) -> None:
        """Take what was printed; a line that has no end yet is held back."""
        self._unknown.append(_Piece(text))
        if len(self._unknown) > MOST_LINES:  # the screen is late: the log goes on without the file
            self._unknown[0].known = True
            self._lost += 1
        self._go_on()

    def add_error(self, text: str) -> None:
        """Take a line for the standard error, as any other: a log has both."""
        self.add(text)

    def show_file(self, path: str, most: int) -> None:
        """Take a file's text, once the screen has read it."""
        piece = _Piece(known=False)
        if self._files.ask(path, most, lambda text: self._put(piece, text)):
            self._unknown.append(piece)
        else:
            self._lost += 1

    def execute(self, command: str) -> None:
        """Say that no pane runs commands; the compiler has refused such a script before."""
        self.add(f"ERROR: only `tracetop run --unsafe` runs commands: {escape(command)}\n")

    def lose(self, count: int) -> None:
        """Count lines that will never come."""
        self._lost += count

    def reset(self) -> None:
        """Count what is lost anew."""
        self._lost = 0

    def take(self) -> Log:
        """Return the lines since the last call, for a frame that is sure to be sent."""
        lines = tuple(self._waiting)
        self._waiting.clear()
        return Log(name=VIEW, first=self._count - len(lines), lines=lines, lost=self._lost)

    def _put(self, piece: _Piece, text: str) -> None:
        if not piece.known:
            piece.text, piece.known = text, True
            self._go_on()

    def _go_on(self) -> None:
        """Cut what is known into lines."""
        while self._unknown and self._unknown[0].known:
            *lines, self._begun = (self._begun + self._unknown.popleft().text).split("\n")
            for line in lines:
                self._append(line)
            if len(self._begun) > MOST_CHARACTERS:
                self._append(self._begun)
                self._begun = ""

    def _append(self, line: str) -> None:
        for start in range(0, len(line) or 1, MOST_CHARACTERS):
            self._lost += len(self._waiting) == MOST_LINES
            self._waiting.append(line[start : start + MOST_CHARACTERS])
            self._count += 1
