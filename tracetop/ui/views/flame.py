"""The flame view: the call tree as an icicle, callers on top, a cursor to walk on it and Enter to zoom.

Owns: the cursor and the zoomed frame. Refuses to own: the layout (`view.calltree`). Screen process.
"""

from collections.abc import Iterable, Sequence
from typing import ClassVar
from zlib import crc32

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.actions import SkipAction
from textual.binding import BindingType

from tracetop.model.frame import StackTree, View
from tracetop.ui.dialogue.keys import MOVE, bind
from tracetop.ui.dialogue.wishes import PanePending
from tracetop.ui.draw.line_view import Line
from tracetop.ui.draw.theme import Palette
from tracetop.ui.views.base import PaneView
from tracetop.view.calltree import CallTree, Path, Span, layout
from tracetop.view.numbers import format_percent, format_weight
from tracetop.view.text import escape, fit

_NAMED = 5
"""Narrower frames have no name: two letters and an ellipsis only look untidy."""


class FlameView(PaneView):
    """Kernel stacks as an icicle of the recent window; the last line names the frame under the cursor."""

    BINDING_GROUP_TITLE = "Flame"
    BINDINGS: ClassVar[list[BindingType]] = [
        *MOVE,
        bind("flame.left", "left", "beside(-1)", "frame to the left", shown="←"),
        bind("flame.right", "right", "beside(1)", "frame to the right", shown="→"),
        bind("flame.zoom", "enter", "zoom_in", "zoom in on this frame, or back out", shown="Enter"),
        bind("flame.out", "escape,backspace", "zoom_out", "back out of a zoomed frame", shown="Esc ⌫"),
    ]

    def __init__(self, pane: str, view: StackTree) -> None:
        super().__init__(pane)
        self._tree = CallTree(view, recent=True)
        self._root: Path = ()
        self._cursor: Path = ()
        self._spans: tuple[Span, ...] = ()
        self._wanted = ""
        self._top = 0

    def show(self, view: View, _pending: PanePending) -> None:
        """Draw this tree; a zoomed frame that was not sampled any more zooms out to its nearest caller."""
        assert isinstance(view, StackTree)
        self._tree = CallTree(view, recent=True)
        while self._root and self._tree.find(self._root) is None:
            self._root = self._root[:-1]
        self.redraw()

    @property
    def headline(self) -> str:
        """Samples in the window."""
        return self._tree.headline

    @property
    def status(self) -> str:
        """The zoomed frame."""
        return f"zoomed: {escape(self._root[-1])}" if self._root else ""

    def draw(self, width: int, height: int, ink: Palette) -> Sequence[Line]:
        """Return the rows of the icicle that hold the cursor, and a line about the frame under it."""
        rows = max(1, height - 1)
        self._spans = layout(self._tree, width, 256, self._root)
        at = self._at_cursor()
        depth = at.depth if at else 0
        self._top = max(min(self._top, depth), depth - rows + 1)
        by_row: list[list[Span]] = [[] for _ in range(rows)]
        for span in self._spans:
            if 0 <= span.depth - self._top < rows:
                by_row[span.depth - self._top].append(span)
        lines = [self._row(spans, at, ink) for spans in by_row]
        return [*lines, self._about(at, width, ink)] if height > 1 else lines

    def _row(self, spans: Iterable[Span], at: Span | None, ink: Palette) -> Line:
        line: list[Segment] = []
        x = 0
        for span in spans:
            line.append(Segment(" " * (span.x - x)))
            line.append(Segment(_label(span), self._look(span, at, ink)))
            x = span.x + span.width
        return line

    def _look(self, span: Span, at: Span | None, ink: Palette) -> Style:
        if self._wanted and self._wanted in escape(span.symbol).lower():
            return ink.match
        if span is at and self.has_focus:
            return ink.flame_cursor
        return ink.flame[crc32(span.symbol.encode(errors="surrogateescape")) % len(ink.flame)]

    def _about(self, at: Span | None, width: int, ink: Palette) -> Line:
        if at is None:
            return [Segment(fit("nothing sampled yet", width), ink.dim)]
        node = self._tree.find(at.path)
        own = self._tree.own(node) / (self._tree.samples or 1) if node is not None and not at.merged else 0.0
        share, self_share = (format_percent(part * 100, sign=True) for part in (at.share, own))
        what = f"{at.merged} thin frames" if at.merged else escape(at.symbol)
        numbers = f" {share} with callees, {self_share} self, {format_weight(at.total, self._tree.unit)}"
        name = fit(what, max(0, width - len(numbers))).rstrip()
        return [Segment(name, ink.title), Segment(numbers, ink.dim)]

    def _at_cursor(self) -> Span | None:
        """Return the span under the cursor, or of its nearest caller that is drawn."""
        places = {span.path: span for span in self._spans if not span.merged}
        path = self._cursor
        while path and path not in places:
            path = path[:-1]
        return places.get(path, self._spans[0] if self._spans else None)

    def _walk_to(self, span: Span | None) -> None:
        if span is not None:
            self._cursor = span.path
            self.moved()

    def action_move(self, by: int) -> None:
        """Go to the caller, or to the heaviest callee."""
        at = self._at_cursor()
        if at is not None:
            row = [span for span in self._spans if span.depth == at.depth + by and not span.merged]
            self._walk_to(next((span for span in row if _over(span, at) or _over(at, span)), None))

    def action_beside(self, by: int) -> None:
        """Go to the frame to the left or to the right."""
        at = self._at_cursor()
        if at is not None:
            row = [span for span in self._spans if span.depth == at.depth and not span.merged]
            place = row.index(at) + by
            self._walk_to(row[place] if 0 <= place < len(row) else None)

    def action_page(self, by: int) -> None:
        """Go several frames up or down."""
        for _ in range(max(1, self.size.height // 2)):
            self.action_move(by)

    def action_edge(self, way: int) -> None:
        """Go to the outermost frame, or down the heaviest callees to the end."""
        if way < 0:
            self._walk_to(self._spans[0] if self._spans else None)
        else:
            for _ in self._spans:
                self.action_move(1)

    def action_zoom_in(self) -> None:
        """Give the frame under the cursor the whole width; from the frame that has it, go back out."""
        at = self._at_cursor()
        if at is not None:
            self._root = self._root[:-1] if at.path == self._root else at.path
            self._cursor = self._root
            self._walk_to(at)

    def action_zoom_out(self) -> None:
        """Go back out of a zoomed frame; where none is zoomed the key means what it means elsewhere."""
        if not self._root:
            raise SkipAction
        self._root = ()
        self.moved()

    def find(self, text: str, step: int) -> bool:
        """Mark all frames of that name and go to the next one."""
        self._wanted = text.lower()
        named = [s for s in self._spans if self._wanted and self._wanted in escape(s.symbol).lower() and not s.merged]
        at = self._at_cursor()
        here = named.index(at) if at in named else -1
        self._walk_to(named[(here + step) % len(named)] if named else at)
        return bool(named)

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on a frame; a second click on it zooms."""
        place = event.get_content_offset(self)
        if place is None:
            return
        row = [span for span in self._spans if span.depth == place.y + self._top and not span.merged]
        hit = next((span for span in row if span.x <= place.x < span.x + span.width), None)
        if hit is not None and hit.path == self._cursor:
            self.action_zoom_in()
        else:
            self._walk_to(hit)


def _over(upper: Span, lower: Span) -> bool:
    return upper.path == lower.path[: len(upper.path)]


def _label(span: Span) -> str:
    """Return the name in the span's cells where it says something, a thin line at the left keeps neighbours apart."""
    name = escape(span.symbol) if span.width >= _NAMED or (span.merged and len(span.symbol) < span.width) else ""
    return "▏" + fit(name, span.width - 1)
