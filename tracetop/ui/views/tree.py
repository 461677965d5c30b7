"""A call tree that folds and unfolds: share with callees, own share, and the frame, one line each.

Owns: which paths are unfolded. Refuses to own: weights and order (`view.calltree`). Screen process.
"""

from typing import ClassVar

from rich.segment import Segment
from textual.binding import BindingType

from tracetop.model.frame import StackTree, View
from tracetop.model.program import Unit
from tracetop.ui.dialogue.keys import bind
from tracetop.ui.dialogue.wishes import PanePending
from tracetop.ui.draw.line_view import Line
from tracetop.ui.draw.theme import Palette
from tracetop.ui.views.base import RowsView
from tracetop.view import calltree
from tracetop.view.blocks import bar
from tracetop.view.calltree import CallTree, Path
from tracetop.view.numbers import format_percent, format_value
from tracetop.view.text import escape, fit

_UNFOLD_SHARE = 0.1
"""Frames with at least this share of all samples are unfolded until the user folds them."""
_BAR = 6
_COUNT_WIDTH = 80
"""From this width on there is room for the number of samples too."""


class TreeView(RowsView):
    """Kernel stacks as a call tree of the recent window."""

    BINDING_GROUP_TITLE = "Call tree"
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("tree.fold", "left", "fold(False)", "fold this frame, or go to its caller", shown="←"),
        bind("tree.unfold", "right", "fold(True)", "unfold this frame, or go to its first callee", shown="→"),
        bind("tree.flip", "enter", "flip", "fold or unfold this frame", shown="Enter"),
        bind("tree.all", "E,asterisk", "flip_all", "unfold everything, or fold everything", shown="E *"),
    ]

    def __init__(self, pane: str) -> None:
        super().__init__(pane)
        self._tree: CallTree | None = None
        self._rows: list[calltree.Line] = []
        self._asked: dict[Path, bool] = {}
        """What the user folded (False) or unfolded (True) by hand."""
        self._all: bool | None = None

    def show(self, view: View, _pending: PanePending) -> None:
        """Draw the tree, the cursor on the frame it was on."""
        assert isinstance(view, StackTree)
        at = self._path
        self._tree = CallTree(view, recent=True)
        self._flatten(at)
        self.redraw()

    @property
    def row_count(self) -> int:
        """How many frames are visible."""
        return len(self._rows)

    @property
    def headline(self) -> str:
        """Samples in the window."""
        return self._tree.headline if self._tree else ""

    def row_text(self, index: int) -> str:
        """Return the frame's name."""
        return escape(self._rows[index].symbol)

    def draw_heading(self, width: int, ink: Palette) -> Line:
        """Return the headings."""
        count = f"{self._tree.unit.value or 'samples' if self._tree else '':>8}" if width >= _COUNT_WIDTH else ""
        return [Segment(f" total {' ' * _BAR}   self{count}  frame", ink.dim)]

    def draw_row(self, index: int, width: int, ink: Palette) -> Line:
        """Return one frame."""
        row = self._rows[index]
        mark = "▾ " if row.unfolded else "▸ " if row.foldable else "· "
        count = (
            f"{format_value(row.total, self._tree.unit if self._tree else Unit.NONE):>8}"
            if width >= _COUNT_WIDTH
            else ""
        )
        left = [
            Segment(f"{format_percent(row.total_share * 100, sign=True):>6} ", ink.value),
            Segment(bar(round(row.total_share, 2), 1, _BAR), ink.bar),
            Segment(f" {format_percent(row.own_share * 100, sign=True) if row.own else '':>6}", ink.text),
            Segment(count + "  ", ink.dim),
        ]
        used = sum(len(segment.text) for segment in left)
        indent = min(row.depth, max(0, width - used - 16))
        name = fit(escape(row.symbol), max(0, width - used - indent - 2)).rstrip()
        look = ink.value if row.own_share >= 0.01 else ink.text
        return [*left, Segment(" " * indent + mark, ink.faint), *self.marked(name, look, ink)]

    def action_fold(self, unfold: bool) -> None:
        """Fold or unfold; where that is done already go to the caller or the first callee."""
        if not self._rows:
            return
        row = self._rows[self.cursor]
        if unfold and row.unfolded:
            self.move_to(self.cursor + 1)
        elif unfold or row.unfolded:
            self._set(row.path, unfold)
        else:
            self._go_to(row.path[:-1])

    def action_flip(self) -> None:
        """Fold what is unfolded, and the other way round."""
        if self._rows:
            row = self._rows[self.cursor]
            self._set(row.path, not row.unfolded)

    def action_flip_all(self) -> None:
        """Unfold everything; a second time fold everything."""
        self._all = not self._all
        self._asked.clear()
        self._flatten(self._path)
        self.move_to(self.cursor)

    def find(self, text: str, step: int) -> bool:
        """Go to a frame of that name; unfolds everything, for a match may be hidden."""
        if text and not self._all:
            self._all = True
            self._asked.clear()
            self._flatten(self._path)
        return super().find(text, step)

    @property
    def _path(self) -> Path | None:
        return self._rows[self.cursor].path if self._rows else None

    def _set(self, path: Path, unfold: bool) -> None:
        self._asked[path] = unfold
        self._flatten(path)
        self.move_to(self.cursor)

    def _go_to(self, path: Path) -> None:
        at = next((index for index, row in enumerate(self._rows) if row.path == path), self.cursor)
        self.move_to(at)

    def _flatten(self, at: Path | None) -> None:
        """List the visible frames again and keep the cursor on `at`, or on the nearest caller of it left."""
        if self._tree is None:
            return
        share = 2.0 if self._all is False else 0.0 if self._all else _UNFOLD_SHARE
        unfolded = calltree.hot_paths(self._tree, share) - {path for path, on in self._asked.items() if not on}
        self._rows = list(calltree.flatten(self._tree, unfolded | {path for path, on in self._asked.items() if on}))
        places = {row.path: index for index, row in enumerate(self._rows)}
        while at and at not in places:
            at = at[:-1]
        self.put_cursor(places[at] if at else self.cursor)
