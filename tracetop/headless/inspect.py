"""What ``tracetop doctor``, ``list`` and ``programs`` print of the tracer's answers, as text or one JSON object.

Owns: those layouts. Refuses to own: what is found (`tracer.inspect`). Screen process.
"""

import os
import sys
from collections.abc import Iterable, Iterator
from typing import TextIO

import msgspec

from tracetop.errors import ExitCode
from tracetop.headless.digest import Object, escaped, named
from tracetop.headless.streams import complain
from tracetop.model.frame import ColumnKind, Table
from tracetop.model.wire.inquiries import Answer, Entry, Finding, Listing, Loaded, Remark, Verdict
from tracetop.model.wire.messages import Fatal
from tracetop.view.numbers import ABSENT, format_percent, format_value
from tracetop.view.table import cell_text
from tracetop.view.text import cell_width, escape, fit

_MARKS = {Verdict.GOOD: ("✓", "ok", "32"), Verdict.BAD: ("✗", "NO", "31"), Verdict.NONE: (ABSENT, "--", "33")}
"""By verdict: its mark, the same in ASCII, its colour."""
_TITLE_WIDTH = 36
_GAP = "  "
_NUMBER_WIDTH = 8
_TEXTS = (ColumnKind.TEXT,)


def print_findings(answers: Iterable[Answer], out: TextIO, *, as_json: bool) -> int:
    """Print findings as they come, or all of them as one JSON object; return the code of the first that is bad."""
    findings: list[Finding] = []
    for answer in answers:
        if isinstance(answer, Fatal):
            complain(answer.diagnostic)
            return int(answer.diagnostic.code)
        if isinstance(answer, Finding):
            findings.append(answer)
            if not as_json:
                out.write(_finding_text(answer, out))
                out.flush()
    code = next((each.code for each in findings if each.verdict is Verdict.BAD), ExitCode.OK)
    out.write(_findings_json(findings, code) if as_json else _verdict(findings))
    return int(code)


def _findings_json(findings: list[Finding], code: ExitCode) -> str:
    found = [msgspec.structs.asdict(each) for each in findings]
    return _json({"ok": not code, "code": int(code), "findings": found})


def _finding_text(finding: Finding, out: TextIO) -> str:
    mark = _mark(finding.verdict, out)
    lines = [f"{mark} {fit(escape(finding.title), _TITLE_WIDTH)} {escape(finding.detail)}".rstrip()]
    if finding.verdict is not Verdict.GOOD:
        lines += [
            f"    {name}: {escape(text)}" for name, text in (("why", finding.why), ("hint", finding.hint)) if text
        ]
    return "".join(f"{line}\n" for line in lines)


def _mark(verdict: Verdict, out: TextIO) -> str:
    """Return the mark, in ASCII where the output or the user wants no more than that."""
    plain = "NO_COLOR" in os.environ or (out.encoding or "").lower().replace("-", "") != "utf8"
    mark, ascii_mark, colour = _MARKS[verdict]
    if plain:
        return ascii_mark
    return f"\x1b[{colour}m{mark}\x1b[0m" if out.isatty() else mark


def _verdict(findings: list[Finding]) -> str:
    faults = [each for each in findings if each.verdict is Verdict.BAD]
    lacking = [each for each in findings if each.verdict is Verdict.NONE]
    if faults:
        return f"\n{len(faults)} of {len(findings)} checks failed; begin with the first: {escape(faults[0].title)}\n"
    beside = f"; {len(lacking)} things are not offered, and not needed for them" if lacking else ""
    return f"\nall panes of the dashboard can run{beside}\n"


def print_listing(answers: Iterable[Answer], out: TextIO) -> int:
    """Print probes on `out` and remarks on standard error; return the exit code."""
    for answer in answers:
        match answer:
            case Listing():
                out.write("".join(map(_entry_text, answer.entries)))
            case Remark():
                print(f"note: {escape(answer.text)}", file=sys.stderr)
            case Fatal():
                complain(answer.diagnostic)
                return int(answer.diagnostic.code)
    return ExitCode.OK


def _entry_text(entry: Entry) -> str:
    """Return a probe and its arguments, or where there are any the lines of a type alone, as they are in C."""
    if entry.lines and " " in entry.name:  # a type's lines begin with its name
        return "".join(f"{_indented(line)}\n" for line in (*entry.lines, ""))
    return "".join(f"{escape(line)}\n" for line in (entry.name, *(f"    {line}" for line in entry.lines)))


def _indented(line: str) -> str:
    """Return a line escaped but for the tabs that it begins with."""
    text = line.lstrip("\t")
    return "\t" * (len(line) - len(text)) + escape(text)


def print_programs(answers: Iterable[Answer], out: TextIO, *, as_json: bool) -> int:
    """Print what is loaded; return the exit code."""
    for answer in answers:
        if isinstance(answer, Fatal):
            complain(answer.diagnostic)
            return int(answer.diagnostic.code)
        if isinstance(answer, Loaded):
            out.write(_loaded_json(answer) if as_json else "".join(f"{line}\n" for line in _loaded_text(answer)))
    return ExitCode.OK


def _loaded_json(loaded: Loaded) -> str:
    tables = {"programs": loaded.programs, "maps": loaded.maps}
    found = {name: [named(table.columns, row.cells) for row in table.rows] for name, table in tables.items()}
    return _json({"measured": loaded.measured, **found})


def _json(answer: Object) -> str:
    return msgspec.json.encode(escaped(answer)).decode() + "\n"


def _loaded_text(loaded: Loaded) -> Iterator[str]:
    totals = named(loaded.programs.columns, loaded.programs.sums)
    percent = format_percent(totals["cpu_percent"], sign=True, width=7)
    cost = f"{percent} of a core" if loaded.measured else "cost unknown: this kernel keeps no statistics (before 5.8)"
    yield f"{loaded.programs.rows_total} programs, {cost}"
    yield from _lines(loaded.programs)
    yield ""
    maps = named(loaded.maps.columns, loaded.maps.sums)
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
