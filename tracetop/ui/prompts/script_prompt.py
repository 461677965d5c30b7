"""The prompt for scripts: a text of one line or many, completed and checked by the tracer while it is typed.

Owns: the dialogue about one text (its check, its completions, the history) until it is run or left. Refuses to own:
what running it means, the app hears `Submitted`; and the focus (`focus`). It lies over the panes, so that nothing
moves. Screen process.
"""

import re
from dataclasses import dataclass
from typing import ClassVar

from textual import events, on
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Static, TextArea

from tracetop.errors import Diagnostic
from tracetop.model.wire.messages import Checked, CheckScript, Complete, Completions
from tracetop.ui.dialogue.keys import bind
from tracetop.ui.dialogue.messages import Asked
from tracetop.ui.prompts.completion import CompletionList
from tracetop.ui.prompts.editor import ScriptArea
from tracetop.ui.prompts.prompt_lines import ErrorLines, PromptRule
from tracetop.ui.prompts.script_history import History

_LABEL = " : "
_MOST_LINES = 16
_AROUND = 4
"""Lines of the screen that a long script leaves to its rule and its error."""
_WORD = re.compile(r"[\w:.*/@$>\-]*")
"""What may be the start of a word that is right once it is whole."""


class ScriptPrompt(Vertical):
    """Hidden until it is opened."""

    BINDING_GROUP_TITLE = "Script prompt"
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("script.run", "enter", "submit", "run the script", shown="Enter"),
        bind("script.complete", "tab", "complete(1)", "complete the word, or choose the next one", shown="Tab"),
        bind("script.complete_back", "shift+tab", "complete(-1)", "choose the word before", shown="Shift-Tab"),
        bind("script.search", "ctrl+r", "recall", "older script in the history that has this text", shown="Ctrl-R"),
        bind("script.editor", "ctrl+o", "editor", "edit it in $VISUAL or $EDITOR", shown="Ctrl-O"),
        bind("script.leave", "escape", "leave", "close the prompt", shown="Esc"),
    ]

    check_after_s = 0.15
    """Pause in typing after which the text is checked."""
    complete_after_s = 0.4
    """And after which words are offered."""

    @dataclass
    class Submitted(Message):
        """The text should run: in a new pane, or instead of the script of `pane`."""

        text: str
        pane: str

    @dataclass
    class EditorWanted(Message):
        """The text should be edited elsewhere."""

        text: str
        pane: str

    def __init__(self, history: History) -> None:
        self.area, self.completions = ScriptArea(), CompletionList()
        self._rule, self._error = PromptRule(), ErrorLines()
        super().__init__(
            self._rule,
            Horizontal(Static(_LABEL, id="script-label", markup=False), self.area, id="script-row"),
            self._error,
            id="script",
        )
        self._history = history
        self._place: int | None = None
        """Place in the history, None while the text is one's own."""
        self._own = ""
        self._needle: tuple[str, str] = "", ""
        """What Ctrl-R looks for, and what it found."""
        self._pane = ""
        self._serial = 0
        self._completing = 0
        """Serial of the completions that Tab asked for."""
        self._told_of = ""
        self._completed = ""
        """The text as a completion left it."""
        self._verdict: tuple[str, Diagnostic | None] | None = None
        """The last text that was checked, and what was wrong with it."""
        self._waits: list[Timer] = []

    @property
    def is_open(self) -> bool:
        """Whether it is on the screen."""
        return self.has_class("open")

    def open(self, text: str = "", pane: str = "") -> None:
        """Show the prompt with a text, that of a pane or, without one, for a new pane."""
        self._pane, self._rule.title = pane, f"edit {pane}" if pane else "new pane"
        self._place, self._verdict = None, None
        self.add_class("open")
        self.area.set_text(text)
        self._say(None)
        self._fit()
        self._rule.redraw()

    def close(self) -> None:
        """Hide the prompt; a text that was not run stays in the history."""
        if not self.is_open:
            return
        self._stop_waiting()
        self.completions.close()
        self.remove_class("open")

    def refuse(self, diagnostic: Diagnostic, at: int | None = None) -> None:
        """Say why the text cannot run."""
        place = at if at is not None else _offset(self.area.text, diagnostic.where)
        self._verdict = self.area.text, diagnostic
        self._say(diagnostic, place)

    def tell(self, text: str) -> None:
        """Say something of the text that is not an error in it, until it changes; not escaped yet."""
        self._told_of = self.area.text
        self._error.tell(text)

    # What the tracer answers ------------------------------------------------------------------------------------

    def answered(self, answer: Checked | Completions) -> None:
        """Take an answer in, if the text is still the one that was asked about."""
        if answer.serial != self._serial or not self.is_open:
            return
        if isinstance(answer, Checked):
            text, at = self.area.text, answer.at
            self._verdict = text, answer.diagnostic
            typed = self.area.at >= at and _WORD.fullmatch(text, at, self.area.at) and not text[self.area.at :].strip()
            self._say(answer.diagnostic, at, dim=bool(typed) or not text[at:].strip())
        elif self._completing == answer.serial:
            self._complete_from(answer)
        else:
            self._offer(answer)

    def _offer(self, answer: Completions) -> None:
        typed = self.area.text[answer.start : self.area.at]
        news = tuple(one for one in answer.words if one.word != typed)
        if news and len(typed) > 0:
            self._open_list(Completions(answer.serial, answer.start, news))
        else:
            self.completions.close()

    def _complete_from(self, answer: Completions) -> None:
        """Insert what all words begin with; show them where there are several."""
        self._completing = 0
        if not answer.words:
            self.completions.close()
            return
        self._open_list(answer)
        if word := self.completions.only:
            self._put(answer.start, word)
            self.completions.close()
        elif len(common := self.completions.common) > self.area.at - answer.start:
            self._put(answer.start, common)

    def _put(self, start: int, word: str) -> None:
        self.area.put(start, word)
        self._completed = self.area.text

    def _open_list(self, answer: Completions) -> None:
        width = self.screen.size.width
        self.completions.open(answer, width - 2)
        x = self.area.cursor_screen_offset.x - (self.area.at - answer.start) - 1
        cells = int(self.completions.styles.width.value) if self.completions.styles.width else 0
        self.completions.styles.margin = (0, 0, self.outer_size.height, max(0, min(x, width - cells)))

    # What is typed ----------------------------------------------------------------------------------------------

    @on(TextArea.Changed)
    def _typed(self, event: TextArea.Changed) -> None:
        event.stop()
        self._fit()
        if self.area.text != self._completed:
            self.completions.close()
        if self.area.text != self._told_of:
            self._error.tell("")
        self._stop_waiting()
        self._serial += 1
        if not self.is_open or (self._verdict and self._verdict[0] == self.area.text):
            return
        if not self.area.text.strip():
            self._say(None)
            return
        self.area.mark(None)
        self._waits = [
            self.set_timer(self.check_after_s, self._check),
            self.set_timer(self.complete_after_s, self._ask_completions),
        ]

    def _check(self) -> None:
        if self._verdict is None or self._verdict[0] != self.area.text:
            self.post_message(Asked(CheckScript(self._serial, self.area.text)))

    def _ask_completions(self) -> None:
        if not self.completions.is_chosen and self.area.text[: self.area.at].strip():
            self.post_message(Asked(Complete(self._serial, self.area.text, self.area.at)))

    def _stop_waiting(self) -> None:
        for timer in self._waits:
            timer.stop()
        self._waits = []

    def _say(self, diagnostic: Diagnostic | None, at: int | None = None, *, dim: bool = False) -> None:
        """Show what is wrong under its place, or that nothing is."""
        self.area.mark(at if diagnostic else None, dim=dim)
        row, column = self.area.place_of(at or 0)
        is_one_line = self.area.wrapped_document.height == 1
        self._error.show(diagnostic, len(_LABEL) + column if is_one_line else None, (row, column), dim=dim)

    def _fit(self) -> None:
        """Give the text as many lines as it has and the screen can spare."""
        most = max(1, min(_MOST_LINES, self.screen.size.height - 2 * _AROUND))
        self.area.styles.height = max(1, min(self.area.wrapped_document.height, most))

    def on_resize(self, _event: events.Resize) -> None:
        """Wrap anew."""
        self._fit()

    # Keys -------------------------------------------------------------------------------------------------------

    def action_submit(self) -> None:
        """Run the text, unless it is known to be wrong."""
        text = self.area.text
        if not text.strip():
            self.action_leave()
        elif self._verdict and self._verdict[0] == text and self._verdict[1]:
            self._say(self._verdict[1], _offset(text, self._verdict[1].where))
        else:
            self._history.add(text)
            self.post_message(self.Submitted(text, self._pane))

    def action_complete(self, by: int) -> None:
        """Ask for words, or put the next one of those there are into the text."""
        words = self.completions
        if words.is_open and not words.is_chosen and len(words.common) > self.area.at - words.start:
            self._put(words.start, words.common)
        elif words.is_open:
            self._put(words.start, words.choose(by))
        else:
            self._stop_waiting()
            self._serial += 1
            self._completing = self._serial
            self._ask_completions()
            self._waits = [self.set_timer(self.check_after_s, self._check)]

    @on(ScriptArea.RowWanted)
    def _row(self, event: ScriptArea.RowWanted) -> None:
        """Go to another word, another line or, from the first and the last one, another script of the history."""
        event.stop()
        row = self.area.cursor_location[0] + event.by
        if self.completions.is_chosen:
            self.action_complete(event.by)
        elif not 0 <= row < self.area.document.line_count:
            self._go_to(event.by)
        elif event.by < 0:
            self.area.action_cursor_up()
        else:
            self.area.action_cursor_down()

    def _go_to(self, by: int) -> None:
        entries = self._history.entries
        if self._place is None:
            self._own = self.area.text
        place = (len(entries) if self._place is None else self._place) + by
        if not 0 <= place <= len(entries) or (self._place is None and by > 0):
            return
        self._place = place if place < len(entries) else None
        self.area.set_text(self._own if self._place is None else entries[place])

    def action_recall(self) -> None:
        """Go back to a script in the history that has the text; at once again, to an older one."""
        entries, text = self._history.entries, self.area.text
        needle, found = self._needle
        needle = needle if found and found == text else text
        end = self._place if self._place is not None and found == text else len(entries)
        place = next((at for at in range(end - 1, -1, -1) if needle in entries[at] and entries[at] != text), None)
        if place is None:
            self.tell(f"no older script in the history has this text: {needle}" if needle else "the history is empty")
            return
        if self._place is None:
            self._own = text
        self._place, self._needle = place, (needle, entries[place])
        self.area.set_text(entries[place])

    def action_editor(self) -> None:
        """Have the text edited elsewhere."""
        self.post_message(self.EditorWanted(self.area.text, self._pane))

    def action_leave(self) -> None:
        """Close the list of words, or else the prompt."""
        if self.completions.is_open:
            self.completions.close()
        else:
            self._history.keep(self.area.text)
            self.close()


def _offset(text: str, where: str) -> int:
    """Return the offset of a diagnostic's ``name:line:column``; the end of the text where there is none."""
    *_, line, column = ("", "", *where.split(":"))
    if not (line.isdecimal() and column.isdecimal()):
        return len(text)
    lines = text.split("\n")[: int(line) - 1]
    return sum(len(one) + 1 for one in lines) + int(column) - 1
