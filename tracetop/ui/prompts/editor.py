"""The text of a script while it is typed: colours, the mark under an error, growing with its lines.

Owns: one text area and what keys do to its text. Refuses to own: what comes of the text (`script_prompt`), and whether
it is right: the tracer says that. Screen process.
"""

from dataclasses import dataclass
from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual import events
from textual.binding import BindingType
from textual.message import Message
from textual.widgets import TextArea

from tracetop.ui.dialogue.keys import bind
from tracetop.ui.draw.line_view import palette_of
from tracetop.ui.draw.theme import Palette
from tracetop.view.highlight import Kind, Span, highlight

_HIDDEN = "·"
"""Stands for a character that a terminal would interpret, or not show."""


class ScriptArea(TextArea):
    """A text area for scripts."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind(
            "script.newline",
            "alt+enter,shift+enter,ctrl+j",
            "newline",
            "a new line; Alt-Enter and Shift-Enter too",
            shown="Ctrl-J",
        ),
        bind("script.older", "up", "row(-1)", "line above, or the script before in the history", shown="↑"),
        bind("script.newer", "down", "row(1)", "line below, or the next script in the history", shown="↓"),
        bind("edit.start", "home,ctrl+a", "cursor_line_start", "start of the line", shown="Ctrl-A Home"),
        bind("edit.end", "end,ctrl+e", "cursor_line_end", "end of the line", shown="Ctrl-E End"),
        bind("edit.kill", "ctrl+k", "delete_to_end_of_line", "delete to the end of the line", shown="Ctrl-K"),
        bind("edit.kill_back", "ctrl+u", "delete_to_start_of_line", "delete to the start of the line", shown="Ctrl-U"),
        bind("edit.kill_word", "ctrl+w", "delete_word_left", "delete the word before", shown="Ctrl-W"),
        bind("edit.undo", "ctrl+z", "undo", "undo", shown="Ctrl-Z"),
    ]

    @dataclass
    class RowWanted(Message):
        """The row above (-1) or below is wanted, or what is beyond."""

        by: int

    def __init__(self) -> None:
        super().__init__(id="script-text", compact=True, highlight_cursor_line=False)
        self.cursor_blink = False
        self._spans: list[list[Span]] = []
        self._spans_of = ""
        self._error: tuple[int, int] | None = None
        self._is_dim = False

    @property
    def at(self) -> int:
        """The cursor's offset in the text."""
        return self.offset_of(*self.cursor_location)

    def offset_of(self, row: int, column: int) -> int:
        """Return the offset of a place."""
        return sum(len(line) + 1 for line in self.document.lines[:row]) + column

    def place_of(self, offset: int) -> tuple[int, int]:
        """Return row and column of an offset."""
        before = self.text[:offset]
        return before.count("\n"), len(before) - (before.rfind("\n") + 1)

    def set_text(self, text: str) -> None:
        """Show another text, the cursor at its end."""
        self.load_text(text.replace("\r\n", "\n"))
        self.move_cursor(self.document.end)

    def put(self, start: int, word: str) -> None:
        """Have `word` instead of what stands from offset `start` to the cursor."""
        self.replace(word, self.place_of(start), self.cursor_location)

    def mark(self, offset: int | None, *, dim: bool = False) -> None:
        """Mark the word at `offset` as wrong; None: nothing is."""
        error = None if offset is None else self.place_of(min(offset, len(self.text)))
        if (error, dim) != (self._error, self._is_dim):
            self._error, self._is_dim = error, dim
            self.notify_style_update()  # its lines are cached by their text
            self.refresh()

    def action_row(self, by: int) -> None:
        """Say that another row, or what is beyond the first or last one, is wanted."""
        self.post_message(self.RowWanted(by))

    def action_newline(self) -> None:
        """Begin a new line, indented as the one before."""
        line = self.document.get_line(self.cursor_location[0])
        self.insert("\n" + line[: len(line) - len(line.lstrip())])

    def get_line(self, line_index: int) -> Text:
        """Return one line in colours; Textual's hook for that."""
        text = self.document.get_line(line_index)
        shown = "".join(char if char.isprintable() or char == "\t" else _HIDDEN for char in text)
        line = Text(shown, end="", no_wrap=True)
        ink = palette_of(self)
        looks = _looks(ink)
        for start, end, kind in self._highlighted(line_index):
            line.stylize(looks[kind], start, end)
        if self._error and self._error[0] == line_index:
            start = self._error[1]
            end = next((place for place in range(start + 1, len(text)) if not text[place].isalnum()), len(text))
            line.stylize(Style(underline=True) if self._is_dim else ink.bad + Style(underline=True), start, end)
        return line

    def _highlighted(self, row: int) -> list[Span]:
        if self._spans_of != self.text or not self._spans:
            self._spans_of = self.text
            self._spans = highlight(self.text)
        return self._spans[row] if row < len(self._spans) else []

    def on_key(self, event: events.Key) -> None:
        """Let Enter and Tab be the bindings' keys, not text."""
        if event.key in ("enter", "tab"):
            event.prevent_default()

    def on_paste(self, event: events.Paste) -> None:
        """Have pasted text without what terminals interpret."""
        event.stop()
        text = event.text.replace("\r\n", "\n").replace("\r", "\n")
        event.text = "".join(char for char in text if char.isprintable() or char in "\n\t")


def _looks(ink: Palette) -> dict[Kind, Style]:
    return {
        Kind.COMMENT: ink.dim + Style(italic=True),
        Kind.STRING: ink.good,
        Kind.PROBE: ink.key,
        Kind.MAP: ink.warn,
        Kind.VARIABLE: ink.violet,
        Kind.KEYWORD: ink.title,
        Kind.FUNCTION: ink.bar,
        Kind.NUMBER: ink.text,
    }
