"""Who has the keys: the panes, or the one prompt that is open over them.

Owns: that answer, which follows from which prompt is open, and the focus, which follows from the answer: nothing else
in the dashboard gives it to a widget, and what Textual does to it (a widget hidden, removed or clicked) is put right.
Refuses to own: keys that are on their way (`keyboard`), and what the screens do with theirs that lie over the
dashboard, help and palette. Screen process.
"""

from textual.widget import Widget

from tracetop.ui.panes.grid import Grid
from tracetop.ui.panes.pane import Pane
from tracetop.ui.prompts.prompt import Prompt, Question
from tracetop.ui.prompts.script_prompt import ScriptPrompt
from tracetop.ui.views.base import PaneView


class Focus:
    """Follows the prompts and the grid; `enforce` after anything that may have changed them."""

    def __init__(self, grid: Grid, prompt: Prompt, script_prompt: ScriptPrompt) -> None:
        self._grid, self._prompt, self._script_prompt = grid, prompt, script_prompt

    @property
    def is_prompting(self) -> bool:
        """Whether a prompt has the keys."""
        return self._prompt.is_open or self._script_prompt.is_open

    @property
    def target(self) -> Widget:
        """The widget that a key is for, on the screen or not yet."""
        if self._script_prompt.is_open:
            return self._script_prompt.area
        return self._prompt.field if self._prompt.is_open else self._grid.pane.view

    def ask(self, question: Question, value: str = "") -> None:
        """Open the prompt of one line; it has the keys from here on."""
        self._script_prompt.close()
        self._prompt.open(question, value)
        self.enforce()

    def write(self, text: str = "", pane: str = "") -> None:
        """Open the prompt for scripts; it has the keys from here on."""
        self._prompt.close()
        self._script_prompt.open(text, pane)
        self.enforce()

    def go_to(self, pane: Pane, view: PaneView | None = None) -> None:
        """Close the prompts: a pane has the keys from here on."""
        self._prompt.close()
        self._script_prompt.close()
        self._grid.go_to(pane, view)
        self.enforce()

    def enforce(self) -> None:
        """Have the focus where the keys belong; on a screen that lies over the dashboard, on its first widget."""
        if not self._grid.is_attached:
            return
        screen, target = self._grid.screen, self.target
        if target.is_attached and screen.focused is not target:
            screen.set_focus(target)
        over = self._grid.app.screen
        if over is not screen and over.focused is None and over.focus_chain:
            over.set_focus(over.focus_chain[0])

    @property
    def is_settled(self) -> bool:
        """Whether the widget that a key is for is there to take it."""
        if not self._grid.is_attached:
            return True
        screen, over = self._grid.screen, self._grid.app.screen
        if over is not screen:
            return over.focused is not None
        return self.target.is_running and screen.focused is self.target
