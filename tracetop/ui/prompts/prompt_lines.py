"""The lines around a script that is typed: the rule above with its keys, the error below. Screen process."""

from collections.abc import Sequence

from rich.segment import Segment

from tracetop.errors import Diagnostic
from tracetop.ui.draw.bars import Part, spread
from tracetop.ui.draw.line_view import Line, LineView, palette_of
from tracetop.ui.draw.theme import Palette
from tracetop.ui.views.state import wrapped
from tracetop.view.text import cell_width, escape, fit

_HINTS = (
    ("Enter", "run"),
    ("Alt-Enter", "new line"),
    ("Tab", "complete"),
    ("↑", "history"),
    ("Ctrl-O", "editor"),
    ("Esc", "leave"),
)
_MOST_LINES = 4


class PromptRule(LineView):
    """What is typed here, and the keys."""

    title = ""
    """Unescaped."""

    def draw(self, width: int, _height: int, ink: Palette) -> Sequence[Line]:
        """Return the rule; hints that have no room are left out from the middle, Enter and Esc last."""
        left: list[Part] = [("━", ink.focus), (f" {escape(self.title)} ", ink.title)]
        hints = list(_HINTS)
        room = width - sum(cell_width(text) for text, _ in left) - 2
        while len(hints) > 2 and sum(len(key) + len(word) + 3 for key, word in hints) > room:
            del hints[len(hints) // 2]
        right: list[Part] = []
        for key, word in hints:
            right += [(f" {key}", ink.key), (f" {word} ", ink.dim)]
        return [spread(left, [*right, ("━", ink.focus)], width, ("━", ink.focus))]


class ErrorLines(LineView):
    """What is wrong with the text: a caret under its place where the text is one line, else line and column."""

    _diagnostic: Diagnostic | None = None
    _x: int | None = None
    _place = (0, 0)
    _is_dim = False
    _notice = ""

    def show(self, diagnostic: Diagnostic | None, x: int | None, place: tuple[int, int], *, dim: bool) -> None:
        """Draw this error; `x` is the cell of its place in a text of one line, `place` its row and column."""
        self._diagnostic, self._x, self._place, self._is_dim = diagnostic, x, place, dim
        self._resize()

    def tell(self, text: str) -> None:
        """Say something else instead; nothing: go back to the error."""
        self._notice = escape(text)
        self._resize()

    def _resize(self) -> None:
        self.set_class(bool(self._diagnostic or self._notice), "open")
        self.styles.height = max(1, len(self.draw(self.screen.size.width, _MOST_LINES, palette_of(self))))
        self.redraw()

    def draw(self, width: int, height: int, ink: Palette) -> Sequence[Line]:
        """Return the lines."""
        if self._notice:
            return [[Segment(fit(f" {self._notice}", width), ink.warn)]]
        diagnostic = self._diagnostic
        if diagnostic is None:
            return []
        bad = ink.dim if self._is_dim else ink.bad
        quiet = ink.faint if self._is_dim else ink.text
        what = escape(diagnostic.what)
        lines: list[Line] = []
        if self._x is None:
            row, column = self._place
            lines += wrapped(f"{row + 1}:{column + 1} ", diagnostic.what, width, bad, ink)
        elif self._x + 2 + cell_width(what) <= width:
            lines.append([Segment(" " * self._x), Segment(f"^ {what}", bad)])
        else:
            lines.append([Segment(" " * min(self._x, width - 1)), Segment("^", bad)])
            lines += wrapped("", diagnostic.what, width, bad, ink)
        indent = self._x if self._x is not None else 0
        for text in map(escape, (diagnostic.why, diagnostic.hint)):
            if text and indent + 2 + cell_width(text) <= width:
                lines.append([Segment(" " * (indent + 2)), Segment(text, quiet)])
            elif text:
                lines += wrapped("", text, width, quiet, ink)
        return lines[:height]
