"""The cases of tests/cases on another kernel: each prints what it says, or is refused for what that kernel lacks."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.kernel.scripts.cases import Case, CaseTracer, check, read_cases, run_case
from tracetop.errors import ExitCode

pytestmark = pytest.mark.vm
CASES = [case for path in sorted((Path(__file__).parents[1] / "cases").glob("*.cases")) for case in read_cases(path)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(
    case: Case, tracer: CaseTracer, loads: Mapping[str, Path], record_property: Callable[[str, object], None]
) -> None:
    """A refusal has the kernel's exit code, a cause and a hint; which cases are refused is told with the result."""
    outcome = run_case(case, tracer, loads)
    if outcome.code == ExitCode.KERNEL and case.one("CODE") != str(int(ExitCode.KERNEL)):
        assert "\nwhy: " in outcome.err
        assert "\nhint: " in outcome.err
        record_property("lacks", outcome.err.partition("\nwhy: ")[2].partition("\n")[0])
        return
    check(case, outcome)
