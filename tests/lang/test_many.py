"""What a compile takes grows with the script and not with its square: counted in lines of Python, which do not vary."""

import sys
from types import FrameType
from typing import Any

import pytest

from tests.lang.fake_kernel import FakeKernel
from tracetop.errors import ScriptError
from tracetop.lang import compile_script

STATEMENTS = {
    "maps": "@m{i}[pid] = {i};",
    "lookups": "@r = @s[{i}];",
    "variables": "$v{i} = {i}; @ = sum($v{i});",
    "lines": 'printf("{i} %d", pid);',
    "loops": "for ($i : 0..2) {{ @ = sum($i); }}",
}
CLAUSES = {
    "maps that are deleted": "interval:s:1 {{ @m{i}[pid] = nsecs; delete(@m{i}[pid]); }}",
    "hooks": "interval:ms:1{i} {{ @m[{i}] = count(); }}",
}
FEW, MANY = 60, 240
MORE = 1.1
"""How much more than in proportion is too much; where the work is a square, it is 4 times as much."""


def lines_run(text: str) -> int:
    """Return how many lines of Python a compile runs; too large a clause is refused when it has been written."""
    count = 0

    def trace(_frame: FrameType, event: str, _argument: object) -> Any:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        compile_script(text, "t", FakeKernel())
    except ScriptError as error:
        if "too much for one program" not in error.diagnostic.what:
            raise
    finally:
        sys.settrace(before)
    return count


def script(kind: str, count: int) -> str:
    """Return a script that does something so many times."""
    clause = CLAUSES.get(kind, "")
    body = "\n".join((clause or STATEMENTS[kind]).format(i=i) for i in range(count))
    return "//! entries: 4\nBEGIN { @s[1] = 1; " + (f"}}\n{body}" if clause else f"{body} }}")


@pytest.mark.parametrize("kind", [*STATEMENTS, *CLAUSES])
def test_a_compile_takes_in_proportion_to_what_is_written(kind: str) -> None:
    lines_run(script(kind, 1))  # what is only done once
    few, many = (lines_run(script(kind, count)) for count in (FEW, MANY))
    assert many < MORE * MANY / FEW * few
