"""A pane's status in words: its state, what its numbers are worth, what it costs; filters and ages.

Owns: the wording, so that the screen and the headless text say the same. Pure; screen process.
"""

from collections.abc import Mapping

from tracetop.model.filter import Filter
from tracetop.model.frame import LOSS_WINDOW_S, Column, ColumnKind, Cost, Hot, Number, PaneFrame, PaneState, Table
from tracetop.model.program import Unit
from tracetop.view.numbers import format_cell, format_count, format_percent, format_value
from tracetop.view.table import cell_text, title_of
from tracetop.view.text import escape

LOWER_BOUND = "≥"
"""Before a number that may be too low, because something was lost."""
ESTIMATE = "≈"
"""Before a number that was scaled back from a sample, or may be wrong by how its script is written."""
_STALE_S = 2.0
"""Ages below this are not worth a word."""


def state_text(pane: PaneFrame) -> str:
    """Return ``on``, ``off``, ``loading…`` or ``failed: …``, ``asking: …`` (escaped, one line)."""
    if pane.state is PaneState.FAILED:
        return f"failed: {escape(pane.diagnostic.what)}" if pane.diagnostic else "failed"
    if pane.state is PaneState.ASKING:
        return f"asking: {hot_text(pane.hot)}" if pane.hot else "asking"
    return "loading…" if pane.state is PaneState.LOADING else pane.state.value


def loss_text(pane: PaneFrame) -> str:
    """Return what is missing of late, ``incomplete: at least 12 updates dropped in 30 s``; empty if nothing is."""
    lost = _lost(pane.recent_losses)
    return f"incomplete: at least {lost} in {LOSS_WINDOW_S:.0f} s" if lost else ""


def earlier_loss_text(pane: PaneFrame) -> str:
    """Return what is missing from the totals alone, ``earlier at least 12 updates dropped``; empty if nothing is."""
    lost = "" if pane.recent_losses else _lost(pane.losses)
    return f"earlier at least {lost}" if lost else ""


def _lost(losses: Mapping[str, int]) -> str:
    return ", ".join(_lost_of_kind(kind, count) for kind, count in losses.items() if count)


def _lost_of_kind(kind: str, count: int) -> str:
    name, _, of = kind.partition(" ")
    match name:
        case "update":
            return f"{format_count(count, name)} dropped (map full)"
        case "event":
            return f"{format_count(count, name)} missed"
        case "sum":
            return f"{format_value(count, Unit(of))} without a stack"
        case "stack":
            return f"{format_count(count, name)} lost ({escape(of)})"
    return f"{format_count(count, name)} lost"


def bound_sign(pane: PaneFrame) -> str:
    """Return ``≥`` where the pane's totals are lower bounds, ``≈`` where they are estimates, else nothing."""
    return LOWER_BOUND if pane.losses else "" if pane.complete else ESTIMATE


def sampling_text(pane: PaneFrame) -> str:
    """Return ``sampled 1 in 64, estimates``; empty where every event is counted."""
    return f"sampled 1 in {pane.sample}, estimates" if pane.sample > 1 else ""


def limit_text(pane: PaneFrame) -> str:
    """Return why numbers may be too low by how the script is written, ``@seen evicts old entries``; else nothing."""
    return ", ".join(map(escape, pane.limits))


def hot_text(hot: Hot) -> str:
    """Return ``410k/s ≈ 8.0% of a core``: what a script would cost."""
    return f"{format_value(hot.events_per_s)}/s {ESTIMATE} {format_percent(hot.percent, sign=True)} of a core"


def cost_text(cost: Cost) -> str:
    """Return ``0.4% of a core`` and how it comes about; empty where nothing was measured yet."""
    if not cost.events_per_s:
        return ""
    share = format_percent(cost.percent, sign=True, width=6)
    return f"{share} of a core ({cost.ns_per_event:.0f} ns at {format_value(cost.events_per_s)}/s)"


def table_totals(table: Table, sign: str = "") -> str:
    """Return a table's sums as one line, each number after `sign`: every rate and the first total."""
    pairs = [pair for pair in zip(table.columns, table.sums, strict=True) if pair[1] is not None]
    rates = [pair for pair in pairs if pair[0].kind is ColumnKind.RATE]
    totals = [pair for pair in pairs if pair[0].kind is ColumnKind.TOTAL]
    shown = (*rates[:1], *totals[:1], *rates[1:])
    return "  ".join(with_title(sign + format_cell(total, column), column) for column, total in shown)


def with_title(number: str, column: Column) -> str:
    """Return ``12 errors/s``; the unnamed map's rate, whose title is ``/s`` alone, as ``12/s``."""
    return f"{number}{'' if column.title.startswith('/') else ' '}{title_of(column)}"


def number_text(view: Number, sign: str = "") -> str:
    """Return the cells of a map without a key, each with its title."""
    pairs = zip(view.columns, view.cells, strict=True)
    return "  ".join(f"{title_of(column)} {sign}{cell_text(value, column, 7)}" for column, value in pairs)


def filter_text(filter_: Filter) -> str:
    """Return whose events count: ``pid 812``, ``comm nginx*``, both, or ``all processes``."""
    parts = [f"pid {filter_.pid}" if filter_.pid else "", f"comm {escape(filter_.comm)}" if filter_.comm else ""]
    return " and ".join(part for part in parts if part) or "all processes"


def age_text(age_s: float) -> str:
    """Return ``3 s old`` for data old enough to say so, else nothing."""
    return f"{age_s:.0f} s old" if age_s >= _STALE_S else ""
