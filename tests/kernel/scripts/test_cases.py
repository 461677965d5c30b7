"""Every case of tests/cases prints what it says, in a tracer process that runs one after the other."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.kernel.scripts.cases import Case, CaseTracer, check, read_cases, run_case

pytestmark = pytest.mark.kernel
CASES = [case for path in sorted((Path(__file__).parents[2] / "cases").glob("*.cases")) for case in read_cases(path)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case: Case, tracer: CaseTracer, loads: Mapping[str, Path]) -> None:
    check(case, run_case(case, tracer, loads))


def test_names_of_cases_are_unique() -> None:
    names = [case.name for case in CASES]
    assert len(names) == len(set(names))
