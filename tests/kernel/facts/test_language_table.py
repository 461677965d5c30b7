"""The table in docs/language.md of what the newest bpftrace takes: each line's example runs here, or is refused."""

import re
from pathlib import Path

import pytest

from tests.kernel.scripts.cases import Case, CaseTracer, run_case
from tracetop.errors import ExitCode

pytestmark = pytest.mark.kernel
LANGUAGE = Path(__file__).parents[3] / "docs" / "language.md"
_CELLS = re.compile(r"(?<!\\)\|")
_CODE = re.compile(r"`([^`]+)`")


def rows() -> list[tuple[str, str, Case]]:
    """Return each line's feature, what is said of it ("yes", "no: ..."), and its example.

    The example's code is one line of a script each, or options where it begins with a dash.
    """
    text = LANGUAGE.read_text()
    table = text[text.index("<!-- newest -->") : text.index("<!-- /newest -->")]
    found = []
    for line in table.splitlines():
        cells = [cell.strip().replace(r"\|", "|") for cell in _CELLS.split(line)[1:-1]]
        if len(cells) == 3 and (code := _CODE.findall(cells[2])):
            options = [each for each in code if each.startswith("-")]
            script = "\n".join(each for each in code if not each.startswith("-"))
            items = [("NAME", cells[0]), ("OPTIONS", " ".join(options)), ("PROG", script)]
            found.append((cells[0], cells[1], Case("newest", items)))
    return found


ROWS = rows()


@pytest.mark.parametrize(("feature", "here", "case"), ROWS, ids=[feature for feature, _, _ in ROWS])
def test_a_line_is_true(feature: str, here: str, case: Case, tracer: CaseTracer) -> None:
    outcome = run_case(case, tracer, {})
    said = f"{feature}: {here}\n{case.one('PROG')}\n{outcome.out}\n{outcome.err}"
    if here.startswith("no"):
        assert outcome.code in {ExitCode.SCRIPT, ExitCode.KERNEL}, said
        assert "hint:" in outcome.err, said
    else:
        assert here.startswith("yes"), said
        assert outcome.code == 0, said


def test_the_table_has_its_lines() -> None:
    """A table that is not read any more would pass."""
    assert len(ROWS) > 40
