"""Loops that the installed bpftrace knows too (while, unroll): both print the same for the same script."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.kernel.scripts.cases import Case, CaseTracer, read_cases, run_case

pytestmark = pytest.mark.kernel
CASES = Path(__file__).parents[2] / "cases" / "loops.cases"
SHARED = [
    "while",
    "while_break_and_continue",
    "while_in_while",
    "break_leaves_the_innermost_loop",
    "return_ends_the_clause",
    "condition_with_two_sides",
    "unroll",
]


@pytest.mark.parametrize("case", [c for c in read_cases(CASES) if c.one("NAME") in SHARED], ids=lambda case: case.name)
def test_bpftrace_prints_the_same(case: Case, tracer: CaseTracer, loads: Mapping[str, Path]) -> None:
    script = case.one("PROG")
    theirs = subprocess.run(["bpftrace", "-e", script], capture_output=True, text=True, timeout=30, check=True)
    assert said(run_case(case, tracer, loads).out) == said(theirs.stdout)


def said(out: str) -> list[str]:
    """Return the lines without those about the run itself."""
    return [line for line in out.splitlines() if line and not line.startswith("Attach")]
