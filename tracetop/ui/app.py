"""The dashboard: composes panes, hands them frames, and turns actions into commands.

Owns: what is on screen (focus, zoom, pause, search) and the app's life: start, signals, exit code. Refuses to own:
drawing (each view), the dialogue with the source (`session`), keys (`keys`). Screen process, its one asyncio thread.
"""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, ClassVar, cast

from rich.console import RenderableType
from textual import events
from textual._compositor import ChopsUpdate
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.command import Provider
from textual.geometry import Size
from textual.screen import Screen
from textual.theme import Theme

from tracetop.errors import ExitCode
from tracetop.model.abi.control import Filter
from tracetop.model.frame import Frame
from tracetop.model.wire.messages import Checked, Command, Completions
from tracetop.source.script_files import Offer
from tracetop.source.source import Source
from tracetop.ui.dialogue import keys
from tracetop.ui.dialogue.messages import Arrived
from tracetop.ui.dialogue.session import Session
from tracetop.ui.draw import theme
from tracetop.ui.draw.bars import Banner, HeaderLine, KeyBar
from tracetop.ui.draw.headings import TabLine
from tracetop.ui.draw.terminal import BACKLOG_FULL, SmallUpdate, TerminalDriver, leave_within
from tracetop.ui.hearing import Hearing
from tracetop.ui.palette import DashboardCommands
from tracetop.ui.panes.grid import Grid
from tracetop.ui.panes.pane import Pane
from tracetop.ui.prompts.prompt import Prompt
from tracetop.ui.prompts.script_history import History, state_file
from tracetop.ui.prompts.script_prompt import ScriptPrompt
from tracetop.view.text import escape

_PATIENCE_S = 2.0
"""What a signal leaves a blocked terminal to be restored in."""


class Dashboard(Hearing):
    """The app. Its frame is in the session; panes get theirs handed down."""

    TITLE = "tracetop"
    CSS_PATH = Path(__file__).with_name("dashboard.tcss")
    BINDINGS: ClassVar[list[BindingType]] = [*keys.APP]
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {DashboardCommands}
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [  # noqa: RUF012
        (0, "-tiny"),
        (12, "-short"),
        (22, "-medium"),
        (44, "-tall"),
    ]
    ALLOW_SELECT = False

    def __init__(
        self,
        source: Source,
        panes: tuple[str, ...],
        filter: Filter = Filter(),  # noqa: A002, B008 - frozen
        clock: Callable[[], float] = time.monotonic,
        history: Path | None = None,
        offers: Callable[[], Iterable[Offer]] = tuple,
    ) -> None:
        """`history` is where scripts are kept from one start to the next, None: nowhere; `offers` for the palette."""
        super().__init__(driver_class=TerminalDriver)
        self.session = Session(source, filter)
        self._source = source
        self._clock = clock
        self._frame_came = clock()
        self._shown: Frame | None = None
        self._drawing = False
        self.grid, self.tabs = Grid(panes), TabLine()
        self.header, self.banner, self.key_bar, self.prompt = HeaderLine(), Banner(), KeyBar(), Prompt()
        self.script_prompt, self.offers = ScriptPrompt(History(history)), offers
        for own in (theme.DARK, theme.LIGHT):
            self.register_theme(own)
        self.theme = theme.for_terminal(os.environ.get("COLORFGBG", "")).name
        self.palette = theme.palette(self.current_theme)

    def compose(self) -> ComposeResult:
        """Yield header, panes, key bar."""
        yield self.header
        yield self.banner
        yield self.tabs
        yield self.grid
        yield self.key_bar
        yield self.prompt
        yield self.script_prompt
        yield self.script_prompt.completions

    def on_mount(self) -> None:
        """Paint, then start the source."""
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self.leave, 128 + number)
        self.theme_changed_signal.subscribe(self, self._redraw_all)
        self.set_interval(1.0, self._show_age)
        self.place_panes()
        self.panes[0].take_focus()
        self._show_header()
        self.call_after_refresh(self._source.start, lambda content: self.post_message(Arrived(content)))

    def on_unmount(self) -> None:
        """Give the signals back."""
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            asyncio.get_running_loop().remove_signal_handler(number)

    def leave(self, code: int) -> None:
        """End with this exit code, soon even where the terminal is blocked; Ctrl-C in an editor is the editor's."""
        if self.is_away and code == 128 + signal.SIGINT:
            return
        leave_within(_PATIENCE_S, code)
        self.exit(return_code=code)

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        if self.is_away:
            return
        small = cast("RenderableType", SmallUpdate(renderable)) if isinstance(renderable, ChopsUpdate) else renderable
        super()._display(screen, small)

    # What arrives -----------------------------------------------------------------------------------------------

    def on_arrived(self, event: Arrived) -> None:
        """Take in what the source sent; frames that wait behind one another are drawn once."""
        content, last = event.content, self.session.frame
        refused = self.session.receive(content)
        if isinstance(content, Frame):
            self._frame_came = self._clock()
            is_new = last is None or last.seq != content.seq
            if last is not None and last.filter != content.filter:  # what other processes did is another history
                self.forget()
            for pane in self.panes:
                if pane.pane_name in content.panes:
                    pane.take_in(content.panes[pane.pane_name])
                    if is_new:
                        pane.remember(content.panes[pane.pane_name])
            self.settle(content)
            self._draw_soon()
            return
        if isinstance(content, Checked | Completions):
            self.script_prompt.answered(content)
            return
        if refused and not self.refuse(refused):
            self.tell(f"{refused.what}: {refused.hint}", bad=True)
        self._show_end()
        self.show_wishes()

    def _draw_soon(self) -> None:
        if not self._drawing:
            self._drawing = True
            self.call_later(self._draw)

    def _draw(self) -> None:
        """Draw the latest frame, unless the view is paused or the terminal is behind."""
        self._drawing = False
        frame = self.session.frame
        behind = isinstance(self._driver, TerminalDriver) and self._driver.backlog >= BACKLOG_FULL
        if frame is not None and not behind and (not self.paused or self._shown is None):
            self._shown = frame
            for pane in self.panes:
                if pane.pane_name in frame.panes:
                    pane.show(frame.panes[pane.pane_name], self.session.pending.pane(pane.pane_name))
            self._show_tabs()
        self._show_header()

    def show_wishes(self) -> None:
        """Draw what is pending now."""
        for pane in self.panes:
            pane.show_pending(self.session.pending.pane(pane.pane_name))
        self._show_header()

    def _show_header(self) -> None:
        header, session = self.header, self.session
        header.hello, header.frame, header.pending = session.hello, session.frame, session.pending
        header.trail, header.paused, header.ended = session.trail.text(), self.paused, session.ended is not None
        header.redraw()

    def _show_age(self) -> None:
        """Show how old the numbers on screen are, once they are older than they should be."""
        frame = self._shown
        if frame is None:
            return
        behind = self.session.frame.time - frame.time if self.session.frame and self.paused else 0.0
        age = self._clock() - self._frame_came + behind
        self.header.age_s = age if self.paused or age > 2 * frame.interval_s else 0.0
        self._show_header()

    def _show_end(self) -> None:
        self.banner.ended = self.session.ended
        self.banner.set_class(self.session.ended is not None, "open")
        self.banner.redraw()

    def _redraw_all(self, new: Theme) -> None:
        self.palette = theme.palette(new)
        self.refresh_css(animate=False)
        for line in (self.header, self.banner, self.tabs, self.key_bar):
            line.redraw()
        self.show_wishes()

    def tell(self, text: str, *, bad: bool = False) -> None:
        """Say something in place of the keys, until the next key."""
        self.key_bar.tell(text, bad=bad)

    def ask(self, command: Command) -> None:
        """Send a command and show it as pending."""
        self.session.ask(command)
        self.show_wishes()

    async def on_event(self, event: events.Event) -> None:
        """Take what was told away at the next key, before the key may tell something new."""
        if isinstance(event, events.Key) and self.key_bar.notice:
            self.tell("")
        await super().on_event(event)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Know the pane that has the focus."""
        pane = next((one for one in event.widget.ancestors_with_self if isinstance(one, Pane)), None)
        if pane is not None and event.widget.has_focus:  # it may be elsewhere again by now
            self.current = pane.number
            self.prompt.close()
            self.script_prompt.close()

    # Watchers ---------------------------------------------------------------------------------------------------

    def watch_current(self) -> None:
        """Give the pane its room."""
        self.place_panes()

    def watch_zoomed(self) -> None:
        """Give the pane the screen."""
        self.place_panes()

    def on_resize(self, event: events.Resize) -> None:
        """Give all panes other places; `size` is still the one before."""
        self.place_panes(event.size)

    def place_panes(self, size: Size | None = None) -> None:
        """Have each pane where it belongs, and tabs where not all are on the screen."""
        if self.grid.is_attached:
            self.grid.place(self.current, size or self.size, zoomed=self.zoomed)
            self.tabs.set_class(self.grid.arrangement.tabs, "open")
            self._show_tabs()

    def _show_tabs(self) -> None:
        self.tabs.panes = [(pane.number, pane.frame or pane.placeholder) for pane in self.panes]
        self.tabs.current = self.current
        self.tabs.redraw()

    def watch_paused(self) -> None:
        """Say so, and catch up afterwards."""
        if self._shown is not None:
            self._show_age()
            self._draw_soon()


def run_dashboard(
    source: Source,
    panes: tuple[str, ...],
    filter: Filter = Filter(),  # noqa: A002, B008
    offers: Callable[[], Iterable[Offer]] = tuple,
) -> int:
    """Run until the user quits or a signal comes; return the exit code, 128 + the number of a signal.

    What ended the tracer, if that is how it ended, is printed once the terminal is restored.
    """
    dashboard = Dashboard(source, panes, filter, history=state_file(), offers=offers)
    try:
        dashboard.run()
    finally:
        source.close()
    ended = dashboard.session.ended
    if dashboard.return_code or ended is None or ended.diagnostic is None:
        return dashboard.return_code or ExitCode.OK
    print(*map(escape, ended.diagnostic.text().splitlines()), sep="\n", file=sys.stderr)
    return ended.diagnostic.code
