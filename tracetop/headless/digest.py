"""A frame as one JSON object: the stable schema of ``tracetop batch --json``, described in docs/json.md.

Owns: names and shapes of that schema, and that every string in it is escaped. Refuses to own: when a frame is
printed. Fields are added to it, never renamed or removed. Pure; screen process.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from tracetop.errors import Diagnostic
from tracetop.model.frame import (
    Cell,
    Column,
    Frame,
    Histogram,
    HistRow,
    Log,
    Number,
    PaneFrame,
    PaneState,
    StackTree,
    Table,
    View,
)
from tracetop.model.program import LinearScale
from tracetop.view.calltree import CallTree, stacks
from tracetop.view.histogram import Buckets, bucket_bar, merge, summary
from tracetop.view.text import escape

Object = dict[str, Any]
"""A JSON object."""


def json_line(frame: Frame) -> str:
    """Return the frame as one line of JSON, without the newline."""
    return msgspec.json.encode(escaped(digest(frame))).decode()


def digest(frame: Frame) -> Object:
    """Return the frame as a JSON object whose strings are still as they came."""
    return {
        "time": frame.time,
        "seq": frame.seq,
        "interval_s": frame.interval_s,
        "elapsed_s": frame.elapsed_s,
        "filter": {"pid": frame.filter.pid or None, "comm": frame.filter.comm or None},
        "tracer": {"cpu_percent": frame.tracer.cpu_percent, "rss_bytes": frame.tracer.rss_bytes},
        "panes": {name: _pane(pane) for name, pane in frame.panes.items()},
    }


def escaped(value: Any) -> Any:
    """Return a value of JSON with all its strings escaped."""
    if isinstance(value, str):
        return escape(value)
    if isinstance(value, dict):
        return {escape(key): escaped(item) for key, item in value.items()}
    return [escaped(item) for item in value] if isinstance(value, list | tuple) else value


def _pane(pane: PaneFrame) -> Object:
    first, *others = [_view(view) for view in pane.views] or [{"view": None}]
    return {
        "title": pane.title,
        "state": pane.state.value,
        "complete": pane.complete and pane.state is PaneState.ON,
        "dropped": pane.dropped,
        "missed": pane.missed,
        "lost_recently": pane.recent_losses,
        "cost_percent": pane.cost.percent,
        "cost_ns_per_event": pane.cost.ns_per_event,
        "events_per_s": pane.cost.events_per_s,
        "error": _error(pane.diagnostic) if pane.diagnostic else None,
        "limits": pane.limits,
        "notes": pane.notes,
        "variant": pane.variant or None,
        "params": pane.params,
        "sample": pane.sample,
        **first,
        "views": others,
    }


def _error(diagnostic: Diagnostic) -> Object:
    return {
        "what": diagnostic.what,
        "why": diagnostic.why,
        "hint": diagnostic.hint,
        "where": diagnostic.where,
        "code": int(diagnostic.code),
    }


def _view(view: View) -> Object:
    match view:
        case Table():
            return _table(view)
        case Histogram():
            return _histogram(view)
        case StackTree():
            return _stacks(view)
        case Log():
            return {"view": "log", "name": view.name, "first": view.first, "lines": view.lines, "lost": view.lost}
        case Number():
            return {"view": "number", "name": view.name, "values": named(view.columns, view.cells)}


def _table(table: Table) -> Object:
    return {
        "view": "table",
        "name": table.name,
        "sort": {"column": table.sort.column, "descending": table.sort.descending},
        "rows": [
            {**named(table.columns, row.cells), "_id": row.id, **({"_exited": True} if row.exited else {})}
            for row in table.rows
        ],
        "rows_total": table.rows_total,
        "sums": {
            column.id: total for column, total in zip(table.columns, table.sums, strict=True) if total is not None
        },
    }


def named(columns: Sequence[Column], cells: Sequence[Cell]) -> Object:
    """Return cells by the ids of their columns."""
    return {column.id: cell for column, cell in zip(columns, cells, strict=True)}


def _histogram(histogram: Histogram) -> Object:
    whole = HistRow("", (), merge(row.recent for row in histogram.rows), merge(row.total for row in histogram.rows))
    return {
        "view": "histogram",
        "name": histogram.name,
        "unit": histogram.unit.value or None,
        **_distribution(whole, histogram.linear),
        "rows": [
            {"key": named(histogram.key_columns, row.key), **_distribution(row, histogram.linear)}
            for row in histogram.rows
            if histogram.key_columns
        ],
        "rows_total": histogram.rows_total if histogram.key_columns else 0,
    }


def _distribution(row: HistRow, linear: LinearScale | None) -> Object:
    indices = sorted(row.total.keys() | row.recent.keys())
    bars = [(bucket_bar(index, row.recent.get(index, 0), linear), row.total.get(index, 0)) for index in indices]
    return {
        **_summary(row.recent, linear),
        "since_reset": _summary(row.total, linear),
        "buckets": [{"low": bar.low, "high": bar.high, "count": bar.count, "total": total} for bar, total in bars],
    }


def _summary(buckets: Buckets, linear: LinearScale | None) -> Object:
    numbers = summary(buckets, linear)
    estimates = {"p50": numbers.p50, "p90": numbers.p90, "p99": numbers.p99, "max": numbers.max}
    return {
        "count": numbers.count,
        **{name: estimate and estimate.value for name, estimate in estimates.items()},
        "bounds": {
            name: estimate.sign.replace("≥", ">=") for name, estimate in estimates.items() if estimate and estimate.sign
        },
    }


def _stacks(tree: StackTree) -> Object:
    calls = CallTree(tree, recent=False)
    ended = sorted(stacks(calls), key=lambda item: (-calls.own(item[1]), item[0]))
    return {
        "view": "stacks",
        "name": tree.name,
        "unit": tree.unit.value or None,
        "samples": calls.samples,
        "samples_recent": tree.recent[0] if tree.recent else 0,
        "window_s": tree.window_s,
        "lost": sum(tree.lost.values()),
        "lost_by_reason": tree.lost,
        "rows": [
            {
                "stack": path,
                "self": calls.own(node),
                "total": calls.total(node),
                "self_recent": tree.self_recent[node],
                "total_recent": tree.recent[node],
            }
            for path, node in ended
        ],
        "rows_total": len(ended),
    }
