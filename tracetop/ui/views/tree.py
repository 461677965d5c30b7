"""A call tree that folds and unfolds: share with callees, own share, and the frame, one line each.

Owns: which paths are unfolded. Refuses to own: weights and order (`view.calltree`). Screen process.
"""

from typing import ClassVar

from rich.segment import Segment
from textual.binding import BindingType

from tracetop.model.frame import StackTree, View
from tracetop.ui.dialogue.keys import bind
from tracetop.ui.dialogue.wishes import PanePending
from tracetop.ui.draw.line_view import Line
from tracetop.ui.draw.theme import Palette
from tracetop.ui.views.base import RowsView, marked
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


class TreeRows:
    """The frames of a tree that are visible."""

    nothing = "no samples yet"

    def __init__(self, tree: CallTree) -> None:
        self.tree = tree
        self._lines: list[calltree.Line] = []
        self._asked: dict[Path, bool] = {}
        """What the user folded (False) or unfolded (True) by hand."""
        self.all: bool | None = None
        """Whether all was unfolded (True) or folded (False) at once."""

    def __len__(self) -> int:
        """Return how many frames are visible."""
        return len(self._lines)

    def at(self, index: int) -> calltree.Line | None:
        """Return a visible frame, None where there are none."""
        return self._lines[index] if self._lines else None

    def take(self, tree: CallTree, cursor: int) -> int:
        """Have this tree shown; return where the cursor, which was at `cursor`, goes."""
        self.tree = tree
        return self._listed(cursor)

    def fold(self, index: int, *, unfold: bool) -> int:
        """Fold or unfold a frame; return where it is now."""
        self._asked[self._lines[index].path] = unfold
        return self._listed(index)

    def fold_all(self, cursor: int, *, unfold: bool) -> int:
        """Fold or unfold everything; return where the cursor goes."""
        self.all = unfold
        self._asked.clear()
        return self._listed(cursor)

    def caller(self, index: int) -> int:
        """Return where a frame's caller is, the frame's own place where that is not shown."""
        path = self._lines[index].path[:-1]
        return next((place for place, line in enumerate(self._lines) if line.path == path), index)

    def _listed(self, cursor: int) -> int:
        """List the visible frames again; return where the frame at `cursor`, or its nearest caller left, is now."""
        at = self._lines[cursor].path if self._lines else ()
        share = 2.0 if self.all is False else 0.0 if self.all else _UNFOLD_SHARE
        unfolded = calltree.hot_paths(self.tree, share) - {path for path, on in self._asked.items() if not on}
        self._lines = list(calltree.flatten(self.tree, unfolded | {path for path, on in self._asked.items() if on}))
        places = {line.path: index for index, line in enumerate(self._lines)}
        while at and at not in places:
            at = at[:-1]
        return places[at] if at else max(0, min(cursor, len(self._lines) - 1))

    def text(self, index: int) -> str:
        """Return the frame's name."""
        return escape(self._lines[index].symbol)

    def draw_heading(self, width: int, ink: Palette) -> Line:
        """Return the headings."""
        count = f"{self.tree.unit.value or 'samples':>8}" if width >= _COUNT_WIDTH else ""
        return [Segment(f" total {' ' * _BAR}   self{count}  frame", ink.dim)]

    def draw_row(self, index: int, width: int, ink: Palette, wanted: str) -> Line:
        """Return one frame."""
        row = self._lines[index]
        mark = "▾ " if row.unfolded else "▸ " if row.foldable else "· "
        count = f"{format_value(row.total, self.tree.unit):>8}" if width >= _COUNT_WIDTH else ""
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
        return [*left, Segment(" " * indent + mark, ink.faint), *marked(name, wanted, look, ink)]


class TreeView(RowsView):
    """Kernel stacks as a call tree of the recent window."""

    BINDING_GROUP_TITLE = "Call tree"
    BINDINGS: ClassVar[list[BindingType]] = [
        bind("tree.fold", "left", "fold(False)", "fold this frame, or go to its caller", shown="←"),
        bind("tree.unfold", "right", "fold(True)", "unfold this frame, or go to its first callee", shown="→"),
        bind("tree.flip", "enter", "flip", "fold or unfold this frame", shown="Enter"),
        bind("tree.all", "E,asterisk", "flip_all", "unfold everything, or fold everything", shown="E *"),
    ]

    def __init__(self, pane: str, view: StackTree) -> None:
        self._rows = TreeRows(CallTree(view, recent=True))
        super().__init__(pane, self._rows)

    def show(self, view: View, _pending: PanePending) -> None:
        """Draw the tree, the cursor on the frame it was on."""
        assert isinstance(view, StackTree)
        self.cursor = self._rows.take(CallTree(view, recent=True), self.cursor)
        self.redraw()

    @property
    def headline(self) -> str:
        """Samples in the window."""
        return self._rows.tree.headline

    def action_fold(self, unfold: bool) -> None:
        """Fold or unfold; where that is done already go to the caller or the first callee."""
        row = self._rows.at(self.cursor)
        if row is None:
            return
        if unfold and row.unfolded:
            self.move_to(self.cursor + 1)
        elif unfold or row.unfolded:
            self.move_to(self._rows.fold(self.cursor, unfold=unfold))
        else:
            self.move_to(self._rows.caller(self.cursor))

    def action_flip(self) -> None:
        """Fold what is unfolded, and the other way round."""
        row = self._rows.at(self.cursor)
        if row is not None:
            self.move_to(self._rows.fold(self.cursor, unfold=not row.unfolded))

    def action_flip_all(self) -> None:
        """Unfold everything; a second time fold everything."""
        self.move_to(self._rows.fold_all(self.cursor, unfold=not self._rows.all))

    def find(self, text: str, step: int) -> bool:
        """Go to a frame of that name; unfolds everything, for a match may be hidden."""
        if text and not self._rows.all:
            self.cursor = self._rows.fold_all(self.cursor, unfold=True)
        return super().find(text, step)
