"""The base of everything drawn: a widget of cached lines that repaints only the cells that changed.

Owns: the cache of lines and the comparison of old with new. Refuses to own: what the lines say (each view's
`draw`). A widget's size and data decide its lines; nothing here knows frames. Screen process.
"""

from collections.abc import Sequence
from typing import Protocol, cast

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from tracetop.ui.draw.theme import Palette

Line = Sequence[Segment]
"""Segments of one line. The text in them is already escaped; its cells are at most the widget's width."""

_GAP = 5
"""Two changed spans closer than this are sent as one: moving the cursor costs about as many bytes."""


class HasPalette(Protocol):
    """What these widgets ask of their app."""

    palette: Palette
    """Another object whenever the theme changes."""


def palette_of(widget: Widget) -> Palette:
    """Return the styles of the theme in force."""
    return cast("HasPalette", widget.app).palette


def changed_spans(old: Line, new: Line) -> list[tuple[int, int]]:
    """Return the half-open cell ranges in which two lines of one width differ, near ones joined."""
    same = next((place for place, pair in enumerate(zip(old, new, strict=False)) if pair[0] != pair[1]), 0)
    start_x = sum(
        segment.cell_length for segment in old[:same]
    )  # most lines begin as they did: by segment, not by cell
    spans: list[tuple[int, int]] = []
    for x, (before, after) in enumerate(zip(_cells(old[same:]), _cells(new[same:]), strict=True), start_x):
        if before is after or before == after:
            continue
        start = spans.pop()[0] if spans and x - spans[-1][1] < _GAP else x
        spans.append((start, x + 1))
    return spans


def _cells(line: Line) -> list[tuple[str, Style | None]]:
    """Return character and style by cell; each of a segment with wide characters as the segment and a place in it."""
    cells: list[tuple[str, Style | None]] = []
    for segment in line:
        text, style, _ = segment
        length = segment.cell_length
        parts = text if length == len(text) else [f"{place} {text}" for place in range(length)]
        cells += [(part, style) for part in parts]
    return cells


def finished(line: Line, width: int, paper: Style) -> list[Segment]:
    """Return the line on its background, cut or filled with blanks to exactly `width` cells."""
    on_paper = [Segment(text, paper + style if style else paper) for text, style, _ in line if text]
    have = sum(segment.cell_length for segment in on_paper)
    if have < width:
        return [*on_paper, Segment(" " * (width - have), paper)]
    return on_paper if have == width else Segment.adjust_line_length(on_paper, width)


class LineView(Widget):
    """A widget that draws itself line by line from `draw`, and repaints what changed when `redraw` is called."""

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._raw: list[Line] = []
        self._done: list[list[Segment]] = []
        self._strips: list[Strip] = []
        self._drawn_for: tuple[int, int, Palette] | None = None

    def draw(self, width: int, height: int, ink: Palette, /) -> Sequence[Line]:
        """Return at most `height` lines of at most `width` cells."""
        raise NotImplementedError

    def redraw(self) -> None:
        """Draw again and repaint the cells that changed; cheap where nothing did."""
        width, height = self.size
        if not width or not height or not self.is_attached:
            return
        ink = palette_of(self)
        raw: list[Line] = list(self.draw(width, height, ink)[:height])
        raw += [()] * (height - len(raw))
        paper = Style(bgcolor=self.background_colors[1].rich_color)
        if self._drawn_for != (width, height, ink):
            self._drawn_for = (width, height, ink)
            self._done = [finished(line, width, paper) for line in raw]
            self._strips = [Strip(line, width) for line in self._done]
            self.refresh()
        else:
            regions: list[Region] = []
            for y, line in enumerate(raw):
                if line != self._raw[y]:
                    done = finished(line, width, paper)
                    regions += [Region(start, y, end - start, 1) for start, end in changed_spans(self._done[y], done)]
                    self._done[y], self._strips[y] = done, Strip(done, width)
            if regions:
                self.refresh(*regions)
        self._raw = raw

    def render_line(self, y: int) -> Strip:
        """Return a cached line."""
        return self._strips[y] if y < len(self._strips) else Strip.blank(self.size.width, Style.null())

    def on_resize(self, event: events.Resize) -> None:
        """Draw for the new size."""
        event.stop()
        self.redraw()
