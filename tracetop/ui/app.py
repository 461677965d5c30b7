"""The dashboard: puts its parts together, hands them what arrives, and keys what they are for.

Owns: the app's life: start, signals, exit code, theme. Refuses to own: drawing (views, `frames`), the dialogue with the
source (`session`) and about scripts (`scripts`), panes (`grid`), what keys do (`actions`). Screen process, its one
asyncio thread.
"""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import ClassVar, cast

from rich.console import RenderableType
from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.command import Provider
from textual.theme import Theme

from tracetop.errors import ExitCode
from tracetop.model.filter import Filter
from tracetop.model.frame import Frame
from tracetop.model.wire.messages import Checked, Completions, Message
from tracetop.source.script_files import Offer
from tracetop.source.source import Ended, Source
from tracetop.ui import actions
from tracetop.ui.dialogue.inbox import Inbox
from tracetop.ui.dialogue.messages import Arrived, Asked, Cancelled, Noticed, StepChosen, SyscallChosen, TabClicked
from tracetop.ui.dialogue.session import Session
from tracetop.ui.draw import theme
from tracetop.ui.draw.bars import Banner, HeaderLine, KeyBar
from tracetop.ui.draw.headings import TabLine
from tracetop.ui.draw.terminal import SmallUpdate, TerminalDriver, leave_within
from tracetop.ui.draw.textual_private import ChopsUpdate, OpenApp, repaint
from tracetop.ui.focus import Focus
from tracetop.ui.frames import Frames
from tracetop.ui.keyboard import Keyboard
from tracetop.ui.palette import DashboardCommands
from tracetop.ui.panes.grid import Grid
from tracetop.ui.panes.pane import Pane
from tracetop.ui.prompts.help import HelpScreen
from tracetop.ui.prompts.prompt import Prompt
from tracetop.ui.prompts.script_history import History, state_file
from tracetop.ui.prompts.script_prompt import ScriptPrompt
from tracetop.ui.scripts import Scripts
from tracetop.view.text import escape

_PATIENCE_S = 2.0
"""What a signal leaves a blocked terminal to be restored in."""
_DEADLY = (
    *(signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGABRT, signal.SIGUSR1, signal.SIGUSR2),
    *(signal.SIGALRM, signal.SIGVTALRM, signal.SIGPROF, signal.SIGXCPU, signal.SIGPOLL, signal.SIGPWR),
)
"""Signals that would end the process with the terminal as it is; after a fault `terminal_guard` puts it back."""


_AT_ONCE = [key for one in actions.APP if one.binding.priority for key in one.binding.key.split(",")]
"""Keys that wait for nothing: they end it."""


class Dashboard(OpenApp):
    """The app. Its frame is in the session; panes get theirs handed down."""

    TITLE = "tracetop"
    CSS_PATH = Path(__file__).with_name("dashboard.tcss")
    BINDINGS: ClassVar[list[BindingType]] = [key.binding for key in actions.KEYS.values()]
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {DashboardCommands}
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-tiny"), (12, "-short"), (22, "-medium"), (44, "-tall")]  # noqa: RUF012
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
        self._source = source
        self.last_words: list[str] = []
        """What the scripts printed in END."""
        self.header, self.banner, self.tabs, self.key_bar = HeaderLine(), Banner(), TabLine(), KeyBar()
        self.prompt, self.script_prompt = Prompt(), ScriptPrompt(History(history))
        self.grid = Grid(panes, self.tabs)
        self.session = Session(source, filter)
        self.focus = Focus(self.grid, self.prompt, self.script_prompt)
        self.keyboard = Keyboard(
            self,
            self.focus,
            partial(_key_pressed, self),
            lambda: self.frames.catch_up(),  # noqa: PLW0108 - there is no `frames` yet
            lambda: self.scripts.is_away,
        )
        self.frames = Frames(
            self, self.session, self.grid, self.focus, self.header, clock, lambda: self.keyboard.is_busy
        )
        self.session.changed = self.frames.show_wishes
        self.scripts = Scripts(self, self.session, self.grid, self.script_prompt, self.focus, self.key_bar, offers)
        self.actions = actions.Actions(
            self, self.session, self.grid, self.frames, self.scripts, self.focus, self.key_bar
        )
        for own in (theme.DARK, theme.LIGHT):
            self.register_theme(own)
        self.theme = theme.for_terminal(os.environ.get("COLORFGBG", "")).name
        self.palette = theme.palette(self.current_theme)

    def compose(self) -> ComposeResult:
        """Yield header, panes, key bar, and what lies over them."""
        yield from (self.header, self.banner, self.tabs, self.grid, self.key_bar)
        yield from (self.prompt, self.script_prompt, self.script_prompt.completions)

    def on_mount(self) -> None:
        """Paint, then start the source."""
        for number in _DEADLY:
            asyncio.get_running_loop().add_signal_handler(number, self.leave, 128 + number)
        self.theme_changed_signal.subscribe(self, self._redraw_all)
        # The terminal comes back empty after Ctrl-Z and fg, and Textual goes on sending only what changed.
        self.app_resume_signal.subscribe(self, lambda _: repaint(self))
        self.set_interval(1.0, self.frames.show_age)
        self.grid.place()
        self.focus.enforce()
        self.frames.show_header()
        self.inbox = Inbox(partial(_arrive, self), lambda: self.is_running)
        self.call_after_refresh(self._source.start, self.inbox)

    def on_unmount(self) -> None:
        """Give the signals back."""
        for number in _DEADLY:
            asyncio.get_running_loop().remove_signal_handler(number)

    def leave(self, code: int) -> None:
        """End with this exit code, soon even where the terminal is blocked; Ctrl-C in an editor is the editor's."""
        if self.scripts.is_away and code == 128 + signal.SIGINT:
            return
        leave_within(_PATIENCE_S, code)
        self.exit(return_code=code)

    def to_display(self, renderable: RenderableType | None) -> RenderableType | None:
        """Send the cells that changed, and nothing to a terminal that is another program's now."""
        if self.scripts.is_away:
            return None
        return cast("RenderableType", SmallUpdate(renderable)) if isinstance(renderable, ChopsUpdate) else renderable

    # Keys -------------------------------------------------------------------------------------------------------

    def action_do(self, id: str) -> None:  # noqa: A002
        """Do what a key is for."""
        actions.KEYS[id].act(self.actions)

    def action_focus_next(self) -> None:
        """Do what Tab is for: each of Textual's screens binds it to this name."""
        self.action_do("focus.next")

    def action_focus_previous(self) -> None:
        """Do what Shift-Tab is for, bound likewise."""
        self.action_do("focus.previous")

    def action_command_palette(self) -> None:
        """Open the palette instead of the help, not over it: Esc leads back to the dashboard."""
        if isinstance(self.screen, HelpScreen):
            self.pop_screen()
        super().action_command_palette()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Have the keys of a pane mean nothing where no pane has the focus."""
        is_of_pane = action == "do" and actions.KEYS[str(parameters[0])] in actions.PANE
        return not is_of_pane or not self.focus.is_prompting

    async def on_event(self, event: events.Event) -> None:
        """Have what is typed, clicked and pasted wait until all was done that the one before it led to."""
        is_input = isinstance(event, events.InputEvent | events.Paste) and not event.is_forwarded
        is_last = isinstance(event, events.Key) and event.key in _AT_ONCE
        if not is_input or is_last or isinstance(event, events.MouseMove):
            await super().on_event(event)
        else:
            self.keyboard.take(event)
        if isinstance(event, events.DescendantFocus | events.DescendantBlur) and self.app_focus:
            self.focus.enforce()  # Textual has given it away; a terminal without the focus of its own shows none

    # What arrives from the source, and from the widgets ---------------------------------------------------------

    def on_arrived(self, event: Arrived) -> None:
        """Take in what the source sent."""
        self.inbox.taken()
        content, last = event.content, self.session.frame
        refused = self.session.receive(content)
        if isinstance(content, Frame):
            self.frames.take(content, last)
            self.scripts.settle(content)
        elif isinstance(content, Checked | Completions):
            self.script_prompt.answered(content)
        else:
            if refused:
                self.scripts.refuse(refused)
            self.banner.show(self.session.ended)
            self.frames.show_wishes()
        self.focus.enforce()

    def on_asked(self, event: Asked) -> None:
        """Send a command."""
        self.session.ask(event.command)

    def on_step_chosen(self, event: StepChosen) -> None:
        """Drill down."""
        self.session.into(event.step)

    def on_syscall_chosen(self, event: SyscallChosen) -> None:
        """Show one system call's latency."""
        self.actions.show_syscall(event.syscall)

    def on_cancelled(self, event: Cancelled) -> None:
        """Let a script be."""
        self.scripts.cancel(event.pane)

    def on_script_prompt_submitted(self, event: ScriptPrompt.Submitted) -> None:
        """Run a script."""
        self.scripts.run(event.text, event.pane)

    def on_script_prompt_editor_wanted(self, event: ScriptPrompt.EditorWanted) -> None:
        """Go on in the user's editor."""
        self.scripts.edit_elsewhere(event.text, event.pane)

    def on_noticed(self, event: Noticed) -> None:
        """Tell the user, in place of the keys, until the next key."""
        self.key_bar.tell(event.text)

    def on_tab_clicked(self, event: TabClicked) -> None:
        """Go to the pane."""
        self.focus.go_to(self.grid.panes[event.number - 1])

    def on_pane_clicked(self, event: Pane.Clicked) -> None:
        """Go to the pane."""
        self.focus.go_to(event.pane, event.view)

    def on_resize(self, event: events.Resize) -> None:
        """Give all panes other places; `size` is still the one before."""
        self.grid.place(event.size)

    def _redraw_all(self, new: Theme) -> None:
        self.palette = theme.palette(new)
        self.refresh_css(animate=False)
        for line in (self.header, self.banner, self.tabs, self.key_bar):
            line.redraw()
        self.frames.show_wishes()


def _key_pressed(dashboard: Dashboard) -> None:
    """Take what was told away before the next key may tell something new."""
    if dashboard.key_bar.notice:
        dashboard.key_bar.tell("")
    dashboard.scripts.leave()


def _arrive(dashboard: Dashboard, content: Message | Ended) -> None:
    """Take a message from the source's thread; the last one comes when nothing is drawn any more."""
    if isinstance(content, Frame) and content.final:
        dashboard.last_words = [escape(line) for log in content.logs() for line in log.lines]
    dashboard.post_message(Arrived(content))


def run_dashboard(
    source: Source,
    panes: tuple[str, ...],
    filter: Filter = Filter(),  # noqa: A002, B008
    offers: Callable[[], Iterable[Offer]] = tuple,
) -> int:
    """Run until the user quits or a signal comes; return the exit code, 128 + the number of a signal.

    What scripts print in END, and what ended the tracer if that is how it ended, is printed once the terminal is
    restored.
    """
    dashboard = Dashboard(source, panes, filter, history=state_file(), offers=offers)
    try:
        dashboard.run()
    finally:
        source.close()
    for line in dashboard.last_words:
        print(line)
    ended = dashboard.session.ended
    if dashboard.return_code or ended is None or ended.diagnostic is None:
        return dashboard.return_code or ExitCode.OK
    print(*map(escape, ended.diagnostic.text().splitlines()), sep="\n", file=sys.stderr)
    return ended.diagnostic.code
