"""What became of each suite on each kernel, kept in results.json, and the README's table made of it."""

import json
from pathlib import Path
from typing import Any

from tests.vm.suites import SUITES

_FILE = Path(__file__).with_name("results.json")
_TITLES = {
    "scripts": "bundled scripts, against a known load",
    "cases": "cases of the language",
    "functions": "kprobes and fentry",
    "hotplug": "CPUs that come and go",
    "dashboard": "dashboard",
}


def keep(series: str, found: dict[str, Any]) -> None:
    """Put the result of a kernel's suites beside what is there."""
    results = json.loads(_FILE.read_text()) if _FILE.exists() else {}
    known = results.setdefault(series, {"release": "", "suites": {}})
    known["release"] = found["release"]
    for suite, outcomes in found["outcomes"].items():
        told = {test: why for test, why in found["told"].items() if found["suites"].get(test) == suite}
        known["suites"][suite] = {"outcomes": outcomes, "told": told}
    _FILE.write_text(json.dumps(results, indent=1, sort_keys=True) + "\n")


def table() -> str:
    """Return the table of kernels: how many tests of each suite pass, of how many, and how many say what they lack."""
    results = json.loads(_FILE.read_text())
    lines = [f"| kernel | {' | '.join(_TITLES.values())} |", f"|{'---|' * (len(_TITLES) + 1)}"]
    for series in sorted(results, key=lambda each: [int(part) for part in each.split(".")]):
        cells = [_cell(results[series]["suites"].get(suite)) for suite in _TITLES]
        lines.append(f"| {results[series]['release']} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(suite: dict[str, Any] | None) -> str:
    if suite is None:
        return "not tried"
    outcomes = suite["outcomes"]
    passed, lacks = outcomes.get("passed", 0), outcomes.get("lacks", 0)
    cell = f"{passed} of {sum(outcomes.values())}"
    return f"{cell}, {lacks} refused" if lacks else cell


assert set(_TITLES) == set(SUITES)
