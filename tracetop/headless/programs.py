"""What ``tracetop programs`` prints: the BPF programs and maps of the machine, as aligned text or one JSON object.

Owns: that layout. Pure but for `out`; screen process.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, TextIO

import msgspec

from tracetop.errors import ExitCode
from tracetop.headless.streams import complain
from tracetop.model.frame import Column, ColumnKind, Table
from tracetop.model.wire.inquiries import Answer, Loaded
from tracetop.model.wire.messages import Fatal
from tracetop.view.numbers import format_percent, format_value
from tracetop.view.table import cell_text
from tracetop.view.text import cell_width, escape, fit

_GAP = "  "
_NUMBER_WIDTH = 8
_TEXTS = (ColumnKind.TEXT,)


def print_programs(answers: Iterable[Answer], out: TextIO, *, as_json: bool) -> int:
    """Print what is loaded; return the exit code."""
    for answer in answers:
        if isinstance(answer, Fatal):
            complain(answer.diagnostic)
            return int(answer.diagnostic.code)
        if isinstance(answer, Loaded):
            out.write(_json(answer) if as_json else "".join(f"{line}\n" for line in _text(answer)))
    return ExitCode.OK


def _json(loaded: Loaded) -> str:
    tables = {"programs": loaded.programs, "maps": loaded.maps}
    found = {name: [_named(table.columns, row.cells) for row in table.rows] for name, table in tables.items()}
    return msgspec.json.encode({"measured": loaded.measured, **found}).decode() + "\n"


def _named(columns: Sequence[Column], cells: Sequence[Any]) -> dict[str, Any]:
    escaped = (escape(cell) if isinstance(cell, str) else cell for cell in cells)
    return {column.id: cell for column, cell in zip(columns, escaped, strict=True)}


def _text(loaded: Loaded) -> Iterator[str]:
    totals = {column.id: total for column, total in zip(loaded.programs.columns, loaded.programs.sums, strict=True)}
    percent = format_percent(totals["cpu_percent"], sign=True, width=7)
    cost = f"{percent} of a core" if loaded.measured else "cost unknown: this kernel keeps no statistics (before 5.8)"
    yield f"{loaded.programs.rows_total} programs, {cost}"
    yield from _lines(loaded.programs)
    yield ""
    maps = {column.id: total for column, total in zip(loaded.maps.columns, loaded.maps.sums, strict=True)}
    yield f"{loaded.maps.rows_total} maps, {format_value(maps['memory_bytes'], loaded.maps.columns[3].unit)}"
    yield from _lines(loaded.maps)


def _lines(table: Table) -> Iterator[str]:
    """Yield the heading and one line a row, each column as wide as what stands in it."""
    if not table.rows:
        return
    pairs = list(enumerate(table.columns))
    columns = [
        [column.title, *(cell_text(row.cells[place], column, _NUMBER_WIDTH) for row in table.rows)]
        for place, column in pairs
    ]
    widths = [max(map(cell_width, cells)) for cells in columns]
    for line in zip(*columns, strict=True):
        cells = (
            fit(text, width, "<" if column.kind in _TEXTS else ">")
            for text, width, (_, column) in zip(line, widths, pairs, strict=True)
        )
        yield _GAP.join(cells).rstrip()
