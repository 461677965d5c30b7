"""A frame as aligned plain text, as ``top -b`` prints its screens: a head, then each pane with all of its rows.

Owns: the layout on paper. No colours, no control characters, no line wider than asked. Pure; screen process.
"""

import time
from collections.abc import Iterator

from tracetop.model.frame import Frame, Histogram, HistRow, Log, PaneFrame, PaneState, StackTree, Table, View
from tracetop.view import status
from tracetop.view.blocks import bar
from tracetop.view.calltree import CallTree, flatten, hot_paths
from tracetop.view.histogram import bars, summary
from tracetop.view.numbers import format_percent, format_value
from tracetop.view.table import cell_text, cells, heading, line, visible_columns
from tracetop.view.text import cell_width, escape, fit

_STACK_LINES = 40
"""Lines of a call tree at most; JSON has every stack."""
_HOT_SHARE = 0.02
"""A frame with a smaller share of the samples stays folded."""
_LABEL = 17
_COUNT = 7


def text(frame: Frame, width: int) -> str:
    """Return the frame in lines of at most `width` cells, each ended by a newline, and one empty line after them."""
    lines = [_head(frame)]
    for pane in frame.panes.values():
        lines += ["", *_pane(pane, width)]
    cut = (fit(each, width) if cell_width(each) > width else each for each in (*lines, ""))
    return "".join(f"{each.rstrip()}\n" for each in cut)


def _head(frame: Frame) -> str:
    clock = time.strftime("%H:%M:%S", time.localtime(frame.time))
    interval = f"every {frame.interval_s:g} s"
    tracer = f"tracer {format_percent(frame.tracer.cpu_percent, sign=True)} of a core"
    return "tracetop - " + ", ".join((clock, interval, status.filter_text(frame.filter), tracer))


def _pane(pane: PaneFrame, width: int) -> Iterator[str]:
    choice = " ".join((pane.variant, *pane.params)) if len(pane.variants) > 1 else " ".join(pane.params)
    title = f"{pane.title} ({choice})" if choice else pane.title
    parts = (
        status.state_text(pane),
        status.loss_text(pane),
        status.earlier_loss_text(pane),
        status.limit_text(pane),
        status.cost_text(pane.cost),
    )
    yield f"{escape(title)}: {', '.join(part for part in parts if part)}"
    if pane.diagnostic:
        yield from (f"  {escape(each)}" for each in pane.diagnostic.text().split("\n"))
    yield from (f"  {escape(note)}" for note in pane.notes)
    # One that is off has no numbers any more, but has ended itself perhaps, and what it printed was not shown yet.
    shown = [view for view in pane.views if pane.state is PaneState.ON or isinstance(view, Log)]
    yield from (each for view in shown for each in _view(view, status.bound_sign(pane), width))


def _view(view: View, sign: str, width: int) -> Iterator[str]:
    if isinstance(view, Table):
        yield from _table(view, sign, width)
    elif isinstance(view, Histogram):
        yield from _histogram(view, sign, width)
    elif isinstance(view, StackTree):
        yield from _stacks(view, sign)
    elif isinstance(view, Log):
        yield from (f"  {escape(each)}" for each in view.lines)
    else:
        yield f"  {status.number_text(view, sign)}"


def _table(table: Table, sign: str, width: int) -> Iterator[str]:
    columns = visible_columns(table, width, plain=True)
    parts = (status.table_totals(table, sign), f"{len(table.rows)} of {table.rows_total} rows")
    yield f"  {', '.join(filter(None, parts))}"
    yield line(heading(columns, table.sort))
    yield from (line(cells(row, columns, table.sums, exact=True)) for row in table.rows)


def _histogram(histogram: Histogram, sign: str, width: int) -> Iterator[str]:
    for row in histogram.rows:
        pairs = zip(histogram.key_columns, row.key, strict=True)
        key = " ".join(f"{escape(column.title)} {cell_text(cell, column, 12)}" for column, cell in pairs)
        yield f"  {key + ': ' if key else ''}{sign}{summary(row.recent, histogram.linear).text(histogram.unit)}"
        yield from _bars(histogram, row, width)
    if not histogram.rows:
        yield f"  {summary({}).text(histogram.unit)}"


def _bars(histogram: Histogram, row: HistRow, width: int) -> Iterator[str]:
    """Yield one line a bar: range, counts of the interval and since the reset, and the interval's as a bar."""
    recent = bars(row.recent, histogram.linear, within=row.total)
    total = bars(row.total, histogram.linear)
    peak = max((each.count for each in recent), default=0)
    room = max(width - _LABEL - 2 * (_COUNT + 1) - 1, 1)
    if recent:
        yield f"{fit('range', _LABEL, '>')} {fit('now', _COUNT, '>')} {fit('total', _COUNT, '>')}"
    for now, whole in zip(recent, total, strict=True):
        counts = f"{format_value(now.count):>{_COUNT}} {format_value(whole.count):>{_COUNT}}"
        yield f"{fit(now.label(histogram.unit), _LABEL, '>')} {counts} {bar(now.count, peak, room)}"


def _stacks(view: StackTree, sign: str) -> Iterator[str]:
    tree = CallTree(view, recent=False)
    recent = format_value(view.recent[0] if view.recent else 0, view.unit)
    yield f"  {sign}{tree.weight}, {recent} in the last {view.window_s:g} s"
    yield f"{'total':>6} {'self':>6}  function"
    lines = list(flatten(tree, hot_paths(tree, _HOT_SHARE)))
    for each in lines[:_STACK_LINES]:
        shares = f"{format_percent(100 * each.total_share):>6} {format_percent(100 * each.own_share):>6}"
        yield f"{shares}  {'  ' * each.depth}{escape(each.symbol)}"
    if len(lines) > _STACK_LINES:
        yield f"  … {len(lines) - _STACK_LINES} lines more"
