"""The one-line prompt at the foot of the screen: for filters, searches and parameters.

Owns: typing, an error beside the text. Refuses to own: what the text means, whoever opens the prompt passes functions
for that; and the focus (`focus`). Screen process.
"""

from collections.abc import Callable
from typing import ClassVar

import msgspec
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Input, Static

from tracetop.errors import UsageError
from tracetop.view.text import escape


class Question(msgspec.Struct, frozen=True, eq=False):
    """What a prompt asks, and what is done with the text."""

    label: str
    hint: str
    accept: Callable[[str], None]
    """Called with what was typed at Enter; raises UsageError to have it corrected."""
    changed: Callable[[str], None] | None = None
    """Called at every change."""
    cancelled: Callable[[], None] | None = None
    """Called at Esc."""


class Prompt(Horizontal):
    """Hidden until it is opened."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "close the prompt", show=False, id="prompt.cancel"),
        Binding("tab,shift+tab", "stay", "nothing: a prompt keeps the focus", show=False, id="prompt.stay"),
    ]

    def __init__(self) -> None:
        super().__init__(id="prompt")
        self._question: Question | None = None
        self.field = Input(id="prompt-input", compact=True, select_on_focus=False)
        self.field.cursor_blink = False

    @property
    def is_open(self) -> bool:
        """Whether it is on the screen."""
        return self._question is not None

    def compose(self) -> ComposeResult:
        """Yield label, input, error."""
        yield Static("", id="prompt-label", markup=False)
        yield self.field
        yield Static("", id="prompt-error", markup=False)

    def open(self, question: Question, value: str = "") -> None:
        """Show the prompt."""
        self.query_one("#prompt-label", Static).update(Content(f" {question.label} "))
        self._error("")
        self.field.placeholder = question.hint
        with self.field.prevent(Input.Changed):  # setting the value is not a change by the user
            self.field.value = value
        self.field.cursor_position = len(value)
        self._question = question
        self.add_class("open")
        self.screen.add_class("-prompting")

    def action_cancel(self) -> None:
        """Close, nothing done."""
        question = self._question
        self.close()
        if question is not None and question.cancelled:
            question.cancelled()

    def action_stay(self) -> None:
        """Do nothing."""

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        if self._question is None:
            return
        try:
            self._question.accept(event.value)
        except UsageError as error:
            self._error(f"{error.diagnostic.what}: {error.diagnostic.hint}")
        else:
            self.close()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        self._error("")
        if self._question is not None and self._question.changed:
            self._question.changed(event.value)

    def _error(self, text: str) -> None:
        self.query_one("#prompt-error", Static).update(Content(escape(text)))

    def close(self) -> None:
        """Hide the prompt."""
        if self._question is not None:
            self._question = None
            self.remove_class("open")
            self.screen.remove_class("-prompting")
