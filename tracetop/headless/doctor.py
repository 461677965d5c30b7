"""What ``tracetop doctor`` prints: a line a check, causes and hints below those that are not good. Screen process."""

import os
from collections.abc import Iterable
from typing import TextIO

import msgspec

from tracetop.errors import ExitCode
from tracetop.headless.streams import complain
from tracetop.model.wire.inquiries import Answer, Finding, Verdict
from tracetop.model.wire.messages import Fatal
from tracetop.view.numbers import ABSENT
from tracetop.view.text import escape, fit

_MARKS = {Verdict.GOOD: "✓", Verdict.BAD: "✗", Verdict.NONE: ABSENT}
_ASCII_MARKS = {Verdict.GOOD: "ok", Verdict.BAD: "NO", Verdict.NONE: "--"}
_COLOURS = {Verdict.GOOD: "32", Verdict.BAD: "31", Verdict.NONE: "33"}
_TITLE_WIDTH = 36


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
                out.write(_text(answer, out))
                out.flush()
    code = next((each.code for each in findings if each.verdict is Verdict.BAD), ExitCode.OK)
    out.write(_json(findings, code) if as_json else _verdict(findings))
    return int(code)


def _json(findings: list[Finding], code: ExitCode) -> str:
    found = [
        {
            "id": each.id,
            "title": each.title,
            "verdict": each.verdict.value,
            "detail": escape(each.detail),
            "why": escape(each.why),
            "hint": escape(each.hint),
            "code": int(each.code),
        }
        for each in findings
    ]
    return msgspec.json.encode({"ok": not code, "code": int(code), "findings": found}).decode() + "\n"


def _text(finding: Finding, out: TextIO) -> str:
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
    mark = (_ASCII_MARKS if plain else _MARKS)[verdict]
    return f"\x1b[{_COLOURS[verdict]}m{mark}\x1b[0m" if out.isatty() and not plain else mark


def _verdict(findings: list[Finding]) -> str:
    faults = [each for each in findings if each.verdict is Verdict.BAD]
    lacking = [each for each in findings if each.verdict is Verdict.NONE]
    if faults:
        return f"\n{len(faults)} of {len(findings)} checks failed; begin with the first: {escape(faults[0].title)}\n"
    beside = f"; {len(lacking)} things are not offered, and not needed for them" if lacking else ""
    return f"\nall panes of the dashboard can run{beside}\n"
