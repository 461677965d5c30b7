"""The base of everything drawn: a widget of cached lines that repaints only the cells that changed.

Owns: the cache of lines and the comparison of old with new. Refuses to own: what the lines say (each view's
`draw`). A widget's size and data decide its lines; nothing here knows frames. Screen process.
"""

from collections.abc import Sequence

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from tracetop.ui.theme import Palette, palette_of

Line = list[Segment]
"""Segments of one line. The text in them is already escaped; its cells are at most the widget's width."""

_GAP = 8
"""Two changed spans closer than this are sent as one: moving the cursor costs about as many bytes."""


def pad(line: Sequence[Segment], width: int, style: Style | None = None) -> Strip:
    """Return the line cut or filled with blanks to exactly `width` cells."""
    return Strip(line).adjust_cell_length(width, style)


def changed_spans(old: Strip, new: Strip) -> list[tuple[int, int]]:
    """Return the half-open cell ranges in which two strips of one width differ, near ones joined."""
    spans: list[tuple[int, int]] = []
    x = 0
    for before, after in _side_by_side(old, new):
        start, x = x, x + after.cell_length
        if before == after:
            continue
        if spans and start - spans[-1][1] < _GAP:
            start = spans.pop()[0]
        spans.append((start, x))
    return spans


def _side_by_side(old: Strip, new: Strip) -> list[tuple[Segment, Segment]]:
    """Return pairs of segments of equal extent; one pair for the whole line where the two are cut differently."""
    before, after = list(old), list(new)
    if [s.cell_length for s in before] == [s.cell_length for s in after]:
        return list(zip(before, after, strict=True))
    cuts = sorted(set(_ends(before)) | set(_ends(after)))
    return list(zip(_cut(old, cuts), _cut(new, cuts), strict=True))


def _ends(segments: list[Segment]) -> list[int]:
    x = 0
    return [x := x + segment.cell_length for segment in segments]


def _cut(strip: Strip, cuts: list[int]) -> list[Segment]:
    """Return one segment for each part between cuts; every part lies inside one segment of the strip."""
    return [next(iter(part), Segment("")) for part in strip.divide(cuts)]


class LineView(Widget):
    """A widget that draws itself line by line from `draw`, and repaints what changed when `redraw` is called."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes, markup=False)
        self._lines: list[Strip] = []
        self._drawn_with: Palette | None = None

    def draw(self, width: int, height: int, ink: Palette, /) -> Sequence[Sequence[Segment]]:
        """Return at most `height` lines of at most `width` cells."""
        raise NotImplementedError

    def redraw(self) -> None:
        """Draw again and repaint the cells that changed; cheap where nothing did."""
        width, height = self.size
        if not width or not height or not self.is_attached:
            return
        ink = palette_of(self.app)
        lines = [pad(line, width) for line in self.draw(width, height, ink)[:height]]
        lines += [Strip.blank(width)] * (height - len(lines))
        old, self._lines = self._lines, lines
        if len(old) != height or (old and old[0].cell_length != width) or ink is not self._drawn_with:
            self._drawn_with = ink
            self.refresh()
            return
        regions = [
            Region(start, y, end - start, 1)
            for y, (before, after) in enumerate(zip(old, lines, strict=True))
            if before is not after
            for start, end in changed_spans(before, after)
        ]
        if regions:
            self.refresh(*regions)

    def render_line(self, y: int) -> Strip:
        """Return a cached line."""
        return self._lines[y] if y < len(self._lines) else Strip.blank(self.size.width)

    def on_resize(self, event: events.Resize) -> None:
        """Draw for the new size."""
        event.stop()
        self.redraw()
