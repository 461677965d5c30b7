"""A distribution: bars by size, percentiles, and a heat map over time on the same rows.

Owns: the history of ticks and which of the two is shown. Refuses to own: buckets, percentiles and intensities
(`view.histogram`). Screen process.
"""

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment
from textual.binding import BindingType

from tracetop.model.frame import Histogram, HistRow, View
from tracetop.model.program import Unit
from tracetop.ui.dialogue.keys import MOVE
from tracetop.ui.dialogue.wishes import PanePending
from tracetop.ui.draw.line_view import Line
from tracetop.ui.draw.theme import HEAT_STEPS, Palette
from tracetop.ui.views.base import PaneView
from tracetop.view import histogram
from tracetop.view.blocks import bar
from tracetop.view.histogram import Estimate, History
from tracetop.view.numbers import ABSENT, format_count, format_value
from tracetop.view.text import escape, fit

BOTH, BARS, HEAT = "histogram and heat map", "histogram", "heat map"
_LABEL = 17
_COUNT = 7
_BOTH_WIDTH = 64
"""From this width on the two stand side by side."""
_FOUR_WIDTH = 54
"""From this width on there is room for all four percentiles."""
_NAMED_WIDTH = _FOUR_WIDTH + 16
"""From this width on they say what they are about."""
_STEADY_TICKS = 30
"""Ticks whose values keep their row where no heat map shows them: rows should not come and go with every tick."""
_SHADES = " ·░▒▓█"
"""Heat without colour: one mark a step, so that the map reads in black and white too."""


class HistogramView(PaneView):
    """A hist or lhist; of a keyed one the distribution under the cursor, up and down go through the keys."""

    BINDING_GROUP_TITLE = "Histogram"
    BINDINGS: ClassVar[list[BindingType]] = [*MOVE]

    def __init__(self, pane: str, view: Histogram) -> None:
        super().__init__(pane)
        self._view = view
        self._history: dict[str, History] = {}
        self._chosen = ""
        self._mode = BOTH
        self._wide = True

    def remember(self, view: View) -> None:
        """Add the tick's distributions to the heat map."""
        assert isinstance(view, Histogram)
        self._history = {
            row.id: self._history.get(row.id, History(linear=view.linear)).pushed(row.recent) for row in view.rows
        }

    def show(self, view: View, _pending: PanePending) -> None:
        """Draw this distribution."""
        assert isinstance(view, Histogram)
        self._view = view
        self.redraw()

    def forget(self) -> None:
        """Begin a new heat map."""
        self._history.clear()

    def next_view(self) -> str:
        """Change between bars and heat map, and both where both fit."""
        modes = [BOTH, HEAT, BARS] if self._wide else [BARS, HEAT]
        now = self._mode if self._mode in modes else BARS
        self._mode = modes[(modes.index(now) + 1) % len(modes)]
        self.redraw()
        return self._mode

    @property
    def headline(self) -> str:
        """How many values the distribution has."""
        row = self._row
        return format_count(sum(row.total.values()), "event") if row else ""

    @property
    def status(self) -> str:
        """Which key of how many."""
        return f"{self._place() + 1}/{self._view.rows_total}" if len(self._view.rows) > 1 else ""

    @property
    def _row(self) -> HistRow | None:
        return self._view.rows[self._place()] if self._view.rows else None

    def _place(self) -> int:
        return next((place for place, row in enumerate(self._view.rows) if row.id == self._chosen), 0)

    def draw(self, width: int, height: int, ink: Palette) -> Sequence[Line]:
        """Return the percentiles, the names of the columns, and one line a bar."""
        row = self._row
        if row is None or not row.total:
            return [[Segment(fit(" no events yet", width), ink.dim)]]
        self._wide = width >= _BOTH_WIDTH
        lines = [self._percentiles(row, ink, width)]
        if row.key:
            lines.insert(
                0, [Segment(" " + fit(", ".join(escape(str(part)) for part in row.key), width - 1), ink.title)]
            )
        with_heading = height > len(lines) + 3
        rows = max(1, height - len(lines) - with_heading)
        mode = self._mode if self._wide or self._mode != BOTH else BARS
        chart = self._chart(row, mode, (width, rows), ink)
        return [*lines, *(chart if with_heading else chart[1:])][:height]

    def _percentiles(self, row: HistRow, ink: Palette, width: int) -> Line:
        unit = self._view.unit
        now = histogram.summary(row.recent, self._view.linear)
        named = (("p50", now.p50), ("p90", now.p90), ("p99", now.p99), ("max", now.max))
        line: list[Segment] = [Segment(" last interval " if width >= _NAMED_WIDTH else "", ink.dim)]
        for name, estimate in named if width >= _FOUR_WIDTH else (named[0], *named[2:]):
            line += [Segment(f" {name} ", ink.dim), Segment(f"{_text(estimate, unit):<8}", ink.value)]
        return line

    def _chart(self, row: HistRow, mode: str, size: tuple[int, int], ink: Palette) -> list[Line]:
        """Return the heading and the bars, the lowest values first; both pictures share the rows."""
        view, (width, rows) = self._view, size
        history = self._history.get(row.id, History(linear=view.linear))
        room = max(4, width - _LABEL - 3)
        heat_cells = {BARS: 0, HEAT: room, BOTH: (room - _COUNT) // 2}[mode]
        within = histogram.merge([*history.ticks[-(heat_cells or _STEADY_TICKS) :], row.recent])
        bars = histogram.bars(row.recent, view.linear, rows=rows, within=within) if within else ()
        bar_cells = max(0, room - heat_cells - _COUNT - 2) if mode != HEAT else 0
        peak = max((one.count for one in bars), default=0)
        shown = histogram.heatmap(history, heat_cells, rows, finest=1, within=within) if heat_cells and within else ()
        heat = shown[::-1]  # the lowest values first, on the same rows as the bars
        lines = [self._chart_heading(bar_cells, heat_cells, ink)]
        for place, one in enumerate(bars):
            line: list[Segment] = [Segment(f" {one.label(view.unit):>{_LABEL}} ", ink.text if one.count else ink.faint)]
            if bar_cells:
                line += [
                    Segment(bar(one.count, peak, bar_cells), ink.bar),
                    Segment(f"{format_value(one.count) if one.count else '':>{_COUNT}}  ", ink.value),
                ]
            if heat:
                line += _shaded(heat[place], ink)
            lines.append(line)
        return lines

    def _chart_heading(self, bar_cells: int, heat_cells: int, ink: Palette) -> Line:
        unit = "bytes" if self._view.unit is Unit.BYTES else "range"
        text = f" {unit:>{_LABEL}} "
        if bar_cells:
            text += fit("last interval" if bar_cells > len("last interval") else "", bar_cells)
            text += f"{'count':>{_COUNT}}  "
        if heat_cells:
            text += fit("time → now", heat_cells, ">")
        return [Segment(text, ink.dim)]

    def action_move(self, by: int) -> None:
        """Go to another key of a keyed distribution."""
        if self._view.rows:
            place = max(0, min(self._place() + by, len(self._view.rows) - 1))
            self._chosen = self._view.rows[place].id
            self.moved()

    def action_page(self, by: int) -> None:
        """Go ten keys on or back."""
        self.action_move(10 * by)

    def action_edge(self, way: int) -> None:
        """Go to the first or the last key."""
        self.action_move(way * (1 << 30))


def _text(estimate: Estimate | None, unit: Unit) -> str:
    return estimate.text(unit) if estimate else ABSENT


def _shaded(levels: Sequence[int], ink: Palette) -> Line:
    """Return one row of the heat map, neighbours of one shade as one segment."""
    line: list[Segment] = []
    for level in levels:
        step = -(-level * HEAT_STEPS // histogram.LEVELS)
        if line and line[-1].style is ink.heat[step]:
            line[-1] = Segment(line[-1].text + _SHADES[step], ink.heat[step])
        else:
            line.append(Segment(_SHADES[step], ink.heat[step]))
    return line
