"""Which frame is on the screen: the newest, or the one at which the view was paused; and how old it is.

Owns: when panes, tabs and header are drawn, the pause, the age. Refuses to own: what a frame becomes (panes, views).
Screen process.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tracetop.model.frame import Frame
from tracetop.ui.dialogue.session import Session
from tracetop.ui.draw.bars import HeaderLine
from tracetop.ui.draw.textual_private import OpenApp
from tracetop.ui.focus import Focus
from tracetop.ui.panes.grid import Grid


@dataclass(eq=False)
class Frames:
    """Hands frames and wishes to what draws them."""

    app: OpenApp
    session: Session
    grid: Grid
    focus: Focus
    header: HeaderLine
    clock: Callable[[], float]
    is_typing: Callable[[], bool]
    """Whether keys wait: they come before a frame, until `catch_up`."""
    paused: bool = False
    """True: the numbers on screen stay as they are; counting goes on."""

    def __post_init__(self) -> None:
        """Count the age from here on."""
        self._came = self.clock()
        self._shown: Frame | None = None
        self._drawing = self._is_late = False

    def take(self, frame: Frame, last: Frame | None) -> None:
        """Take a frame into the panes, drawn or not; `last` is the one before. Those that wait are drawn once."""
        self._came = self.clock()
        if last is not None and last.filter != frame.filter:  # what other processes did is another history
            self.grid.forget()
        for pane in self.grid.panes:
            if pane.pane_name in frame.panes:
                pane.take_in(frame.panes[pane.pane_name])
                if last is None or last.seq != frame.seq:
                    pane.remember(frame.panes[pane.pane_name])
        self._draw_soon()

    def pause(self) -> None:
        """Hold the view, or let it go on and catch up."""
        self.paused = not self.paused
        if self._shown is not None:
            self.show_age()
            self._draw_soon()

    def show_wishes(self) -> None:
        """Draw what is pending now."""
        for pane in self.grid.panes:
            pane.show_pending(self.session.pending.pane(pane.pane_name))
        self.show_header()

    def show_age(self) -> None:
        """Show how old the numbers on screen are, once they are older than they should be."""
        frame, newest = self._shown, self.session.frame
        if frame is None:
            return
        held_s = newest.time - frame.time if newest and self.paused else 0.0
        age_s = self.clock() - self._came + held_s
        self.header.age_s = age_s if self.paused or age_s > 2 * frame.interval_s else 0.0
        self.show_header()

    def show_header(self) -> None:
        """Draw the header."""
        header, session = self.header, self.session
        header.hello, header.frame, header.pending = session.hello, session.frame, session.pending
        header.trail, header.paused, header.ended = session.trail.text(), self.paused, session.ended is not None
        header.redraw()

    def _draw_soon(self) -> None:
        if not self._drawing:
            self._drawing = True
            self.app.call_later(self._draw)

    def catch_up(self) -> None:
        """Draw the frame that has waited for keys."""
        if self._is_late:
            self._draw_now()

    def _draw(self) -> None:
        self._is_late = self.is_typing()
        if not self._is_late:
            self._draw_now()

    def _draw_now(self) -> None:
        """Draw the latest frame, unless the view is paused."""
        self._is_late = False
        self._drawing = False
        frame = self.session.frame
        if frame is not None and (not self.paused or self._shown is None):
            self._shown = frame
            for pane in self.grid.panes:
                if pane.pane_name in frame.panes:
                    pane.show(frame.panes[pane.pane_name], self.session.pending.pane(pane.pane_name))
            self.grid.show_tabs()
            self.focus.enforce()  # a frame can bring other views
        self.show_header()
