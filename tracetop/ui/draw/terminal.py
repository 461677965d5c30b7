"""The terminal under Textual: survives a terminal that goes away, and sends few bytes to one that stays.

Owns: a driver that ends the app when the terminal dies, and an encoder that sends only the cells that changed.
Refuses to own: what is drawn. Screen process; reading and writing happen on Textual's two threads.
"""

import codecs
import os
import re
import select
import sys
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import lru_cache
from typing import IO, Any, cast

from rich.color import ColorSystem
from rich.console import COLOR_SYSTEMS, Console
from rich.segment import Segment
from rich.style import Style
from textual.app import App
from textual.strip import Strip

from tracetop.ui.draw.textual_private import ChopsUpdate, OpenDriver, OpenUpdate

_BACKLOG_FULL = 8
"""Writes that wait for the terminal from which on more are left out: Textual itself would block at 30."""


_ENTER_WITH = re.compile(r"\x1b\r|\x1b\[27;([2-8]);13~")
"""Alt+Enter, and Enter with a modifier as xterm spells it: Textual takes both for other keys."""


class Outlet:
    """A text file that never raises: once the terminal is gone it swallows what is written and says so once."""

    def __init__(self, file: IO[str], gone: Callable[[], None], taken: Callable[[], None]) -> None:
        """`taken` is called each time that the terminal has taken all there was."""
        self._file = file
        self._gone, self._taken = gone, taken
        self._alive = True

    def write(self, text: str) -> int:
        """Write, or drop the text where nobody reads any more."""
        self._guard(lambda: self._file.write(text))
        return len(text)

    def flush(self) -> None:
        """Flush, or do nothing where nobody reads any more."""
        self._guard(self._file.flush)
        self._taken()

    def fileno(self) -> int:
        """Return the descriptor of the terminal."""
        return self._file.fileno()

    def _guard(self, act: Callable[[], object]) -> None:
        if not self._alive:
            return
        try:
            act()
        except (OSError, ValueError):
            self._alive = False
            # What is still buffered goes nowhere: a failing flush at the exit of Python changes the exit code.
            with suppress(OSError, ValueError):
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, self._file.fileno())
                os.close(nowhere)
            self._gone()


class TerminalDriver(OpenDriver):
    """Textual's driver, but a terminal that hangs up ends the app instead of a blocked or spinning process.

    Textual's own leaves its writer thread dead on EIO, so that the next 30 writes block the app for ever, and on
    end of file its input thread reads again at once, at 100% of a core. A terminal that takes nothing blocks that app
    too; here what is drawn meanwhile is left out, and the whole screen is sent once it takes what waits.
    """

    _left_out = False
    _is_leaving = False

    def __init__(
        self, app: App[Any], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        # Textual writes to stderr; `2>log` should not take the screen with it.
        screen = sys.__stdout__ if sys.__stdout__ and sys.__stdout__.isatty() else sys.__stderr__
        self._outlet = Outlet(cast("IO[str]", screen), self._hung_up, self._caught_up)
        self.write_to(self._outlet)

    def write(self, data: str) -> None:
        """Write, or leave it out where the terminal does not keep up; the modes that it is left in are never."""
        if self._is_leaving or self.backlog < _BACKLOG_FULL:
            super().write(data)
        else:
            self._left_out = True

    def start_application_mode(self) -> None:
        """Take the terminal."""
        self._is_leaving = False
        super().start_application_mode()  # type: ignore[no-untyped-call]

    def stop_application_mode(self) -> None:
        """Give the terminal back."""
        self._is_leaving = True
        super().stop_application_mode()

    def _caught_up(self) -> None:
        if self._left_out:
            self._left_out = False
            self.repaint()

    def run_input_thread(self) -> None:
        """Read keys until asked to stop or until the terminal is gone."""
        parser = self.parser()
        decode = codecs.getincrementaldecoder("utf-8")(errors="replace").decode
        poll = select.poll()
        poll.register(self.fileno, select.POLLIN)
        while not self.exit_event.is_set():
            if poll.poll(100):
                try:
                    data = os.read(self.fileno, 4096)
                except OSError:
                    data = b""
                if not data:
                    self._hung_up()
                    return
                # The same keys as the one protocol that Textual knows spells them.
                text = _ENTER_WITH.sub(lambda match: f"\x1b[13;{match[1] or 3}u", decode(data))
                self._pass_on(parser.feed(text))
            self._pass_on(parser.tick())

    def _pass_on(self, messages: Iterable[Any]) -> None:
        for message in messages:
            self.process_message(message)

    def _hung_up(self) -> None:
        self.end_app(HANGUP_CODE)

    def terminal_size(self) -> tuple[int, int] | None:
        """Ask the terminal itself: LINES and COLUMNS in the environment may be another's."""
        try:
            size = os.get_terminal_size(self._outlet.fileno())
        except (OSError, ValueError):
            return None
        return (size.columns or 80), (size.lines or 25)


HANGUP_CODE = 128 + 1
"""As a shell reports a process that SIGHUP ended."""


def leave_within(seconds: float, code: int) -> None:
    """End the process with `code` even where a terminal that takes no bytes keeps it from ending well."""
    timer = threading.Timer(seconds, os._exit, (code,))
    timer.daemon = True
    timer.start()


class SmallUpdate(OpenUpdate):
    """The same update as Textual's ChopsUpdate in far fewer bytes.

    Textual sends each changed line from the left edge of its widget and sets and resets all colours for every segment.
    Here exactly the changed cells go out, and not line by line but colour by colour: to move the cursor takes 8
    bytes, to change a colour 20.
    """

    def __init__(self, update: ChopsUpdate) -> None:
        self._update = update

    def render_segments(self, console: Console) -> str:
        """Return the escape sequences and text of the update."""
        system = COLOR_SYSTEMS.get(console.color_system or "")
        pieces: dict[_Codes, list[_Piece]] = {}
        for y, x1, x2 in self._update.spans:
            for end, (x, strip) in zip(self._update.chop_ends[y], self._update.chops[y].items(), strict=False):
                left, right = max(x, x1), min(end, x2)
                if strip is not None and left < right:
                    _collect(strip, (y, x, left, right), system, pieces)
        return "".join(_painted(codes, parts) for codes, parts in pieces.items()) + "\x1b[0m"


_Codes = tuple[str, ...]
"""Parameters of one SGR sequence."""
_Piece = tuple[int, int, str, int]
"""Line, column, text, width in cells."""


def _collect(
    strip: Strip, place: tuple[int, int, int, int], system: ColorSystem | None, into: dict[_Codes, list[_Piece]]
) -> None:
    """Add the cells from `left` to `right` of a strip that begins at (y, x) to the pieces of their colours."""
    y, x, left, right = place
    for segment in strip:
        start, x = x, x + segment.cell_length
        if x <= left or start >= right or segment.control:
            continue
        codes = sgr_codes(segment.style, system) if segment.style and system is not None else ()
        first, last = max(start, left), min(x, right)
        into.setdefault(codes, []).append((y, first, _cut(segment, first - start, last - start), last - first))


def _cut(segment: Segment, first: int, last: int) -> str:
    """Return the text in some cells of a segment; half a wide character is a space."""
    if segment.cell_length == len(segment.text):
        return segment.text[first:last]
    return Strip([segment]).crop(first, last).text


def _painted(codes: _Codes, pieces: list[_Piece]) -> str:
    """Return one colour's pieces with the shortest moves between them."""
    out = [f"\x1b[{';'.join(('0', *codes))}m"]
    at = (-1, -1)
    for y, x, text, width in pieces:
        if at[0] == y and x > at[1]:
            out.append(f"\x1b[{x - at[1]}C")
        elif at != (y, x):
            out.append(f"\x1b[{y + 1};{x + 1}H")
        out.append(text)
        at = (y, x + width)
    return "".join(out)


@lru_cache(maxsize=512)
def sgr_codes(style: Style, system: ColorSystem) -> _Codes:
    """Return a style's SGR parameters."""
    flags = (style.bold, style.dim, style.italic, style.underline, style.reverse, style.strike)
    attributes = [code for flag, code in zip(flags, "123479", strict=True) if flag]
    ink = style.color.downgrade(system).get_ansi_codes(foreground=True) if style.color else ()
    paper = style.bgcolor.downgrade(system).get_ansi_codes(foreground=False) if style.bgcolor else ()
    return (*attributes, *ink, *paper)
