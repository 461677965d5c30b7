"""Within a guest: runs tests and says at the end, in one line of JSON for the host, how each suite went.

python -m tests.vm.guest SUITE,SUITE [PYTEST ARGUMENT]...
"""

import json
import platform
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.vm.suites import RESULT, SUITES

_ROOT = Path(__file__).parents[2]
_TEST_LIMIT_S = 400
"""For one test: an emulated processor is about fifteen times slower."""
_LEFT_OUT = ("--deselect", "tests/kernel/scripts/test_library.py::test_bpftrace_takes_the_very_same_file")
"""What is not about the kernel."""


class Tally:
    """Counts outcomes by suite."""

    def __init__(self) -> None:
        self.outcomes: dict[str, Counter[str]] = {}
        self.told: dict[str, str] = {}
        """What did not pass, or could not be, by test."""
        self.suites: dict[str, str] = {}
        """The suites of these tests."""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take what became of a test; of its set-up and its end only failures."""
        if report.when != "call" and not report.failed:
            return
        path = report.nodeid.partition("::")[0]
        suite = next(name for name, files in SUITES.items() if path in files)
        lacks = dict(report.user_properties).get("lacks")
        outcome = "lacks" if report.passed and lacks else report.outcome
        self.outcomes.setdefault(suite, Counter())[outcome] += 1
        if outcome != "passed":
            name = report.nodeid.rpartition("::")[2]
            self.told[name], self.suites[name] = str(lacks or "failed"), suite


def main() -> int:
    """Return pytest's exit code."""
    suites, *words = sys.argv[1:]
    files = [file for suite in suites.split(",") for file in SUITES[suite]]
    tally = Tally()
    options = ["-p", "no:cacheprovider", "-m", "kernel or vm", "-o", f"timeout={_TEST_LIMIT_S}", *_LEFT_OUT]
    code = pytest.main([*options, "--rootdir", str(_ROOT), *files, *words], plugins=[tally])
    found = {"release": platform.release(), "outcomes": tally.outcomes, "told": tally.told, "suites": tally.suites}
    print(f"\n{RESULT}{json.dumps(found)}", flush=True)
    return int(code)


if __name__ == "__main__":
    sys.exit(main())
