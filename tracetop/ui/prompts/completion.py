"""The list of words that could stand at the cursor, above the prompt. Screen process.

Owns: which of them is chosen and what of the list is in view. Refuses to own: where words come from.
"""

from collections.abc import Iterable, Sequence

from rich.segment import Segment

from tracetop.model.wire.messages import Completion, Completions
from tracetop.ui.draw.line_view import Line, LineView
from tracetop.ui.draw.theme import Palette
from tracetop.view.text import cell_width, escape, fit

_ROWS = 8
_WIDEST_WORD, _WIDEST_ABOUT = 56, 40


class CompletionList(LineView):
    """Shown while there are words; one is chosen once Tab was pressed."""

    _words: tuple[Completion, ...] = ()
    _chosen = -1
    _word_cells = 0
    start = 0
    """Offset in the text that the words are for."""

    @property
    def is_open(self) -> bool:
        """Whether there are words to choose from."""
        return bool(self._words)

    @property
    def is_chosen(self) -> bool:
        """Whether one of them stands in the text."""
        return self._chosen >= 0

    @property
    def only(self) -> str:
        """The word where there is but one, else nothing."""
        return self._words[0].word if len(self._words) == 1 else ""

    @property
    def common(self) -> str:
        """What all words begin with."""
        first, last = min(one.word for one in self._words), max(one.word for one in self._words)
        same = next((at for at, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))
        return first[:same]

    def open(self, answer: Completions, room: int) -> None:
        """Show these words in at most `room` cells."""
        self._words, self._chosen, self.start = answer.words, -1, answer.start
        self._word_cells = min(_WIDEST_WORD, _widest(one.word for one in self._words))
        about_cells = min(_WIDEST_ABOUT, _widest(one.about for one in self._words))
        self.set_class(self.is_open, "open")
        self.styles.height = min(_ROWS, len(self._words))
        self.styles.width = max(1, min(room, self._word_cells + about_cells + 4))
        self.redraw()

    def close(self) -> None:
        """Show nothing."""
        if self.is_open:
            self._words, self._chosen = (), -1
            self.remove_class("open")

    def choose(self, by: int) -> str:
        """Go to the next (1) or previous word and return it."""
        self._chosen = (self._chosen + by) % len(self._words) if self.is_chosen or by > 0 else len(self._words) - 1
        self.redraw()
        return self._words[self._chosen].word

    def draw(self, width: int, height: int, ink: Palette) -> Sequence[Line]:
        """Return the words around the chosen one, each with what it is."""
        top = max(0, min(self._chosen - height // 2, len(self._words) - height))
        words = min(self._word_cells, max(8, width - 3))
        lines: list[Line] = []
        for place, one in enumerate(self._words[top : top + height], top):
            is_chosen = place == self._chosen
            about = fit(escape(one.about), max(0, width - words - 3))
            look = ink.cursor if is_chosen else ink.cursor_idle
            lines.append(
                [
                    Segment(" " + fit(escape(one.word), words) + "  ", ink.value + look),
                    Segment(about, ink.dim + look),
                ]
            )
        if lines and top + height < len(self._words):
            more = f" {len(self._words) - top - height} more "
            *body, last = lines[-1]
            lines[-1] = [
                *body,
                Segment(fit(last.text, max(0, len(last.text) - len(more))), last.style),
                Segment(more[: len(last.text)], ink.faint + ink.cursor_idle),
            ]
        return lines


def _widest(texts: Iterable[str]) -> int:
    return max((cell_width(escape(text)) for text in texts), default=0)
