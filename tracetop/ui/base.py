"""What all parts of the app share: its state, its panes, and how a command or a word gets out.

Owns: what is on screen (focus, zoom, pause, search) as reactives. Refuses to own: what changes them; the actions do.
Screen process.
"""

from textual.app import App
from textual.reactive import reactive, var

from tracetop.model.wire.messages import Command
from tracetop.ui.dialogue.session import Session
from tracetop.ui.panes.grid import Grid
from tracetop.ui.panes.pane import Pane
from tracetop.ui.prompts.prompt import Prompt
from tracetop.ui.views.base import PaneView


class Base(App[None]):
    """The state; `actions`, `script_actions`, `hearing` and `app` build on it."""

    paused: reactive[bool] = reactive(False, repaint=False)
    """True: the numbers on screen stay as they are; counting goes on."""
    zoomed: reactive[bool] = reactive(False, repaint=False)
    """True: the current pane has the whole screen."""
    current: reactive[int] = reactive(1, repaint=False)
    """Number of the pane that has, or had last, the focus."""
    searched: var[str] = var("")
    """What `n` looks for."""

    session: Session
    grid: Grid
    prompt: Prompt

    @property
    def panes(self) -> list[Pane]:
        """All panes by number."""
        return self.grid.panes

    @property
    def pane(self) -> Pane:
        """The pane that has, or had last, the focus."""
        return self.panes[self.current - 1]

    def ask(self, command: Command) -> None:
        """Send a command and show it as pending."""
        raise NotImplementedError

    def tell(self, text: str, *, bad: bool = False) -> None:
        """Say something in one line; not escaped yet."""
        raise NotImplementedError

    def show_wishes(self) -> None:
        """Draw what is pending now."""
        raise NotImplementedError

    def place_panes(self) -> None:
        """Have each pane where it belongs."""
        raise NotImplementedError

    def forget(self) -> None:
        """Begin all histories anew."""
        for pane in self.panes:
            pane.forget()

    def go_to(self, pane: Pane, view: PaneView | None = None) -> None:
        """Give a pane the focus, on the screen or not yet."""
        self.current = pane.number
        pane.take_focus(view)
