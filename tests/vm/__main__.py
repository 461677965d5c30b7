"""Runs tests in virtual machines, one for each kernel: python -m tests.vm [PYTEST ARGUMENT]...

--kernel SERIES     that kernel (5.10, 6.1, 6.12, 6.18, 7.3); may be repeated; 6.1 and 6.12 where it is left out
--all               all five, with all suites
--suite NAME        that suite (functions, hotplug, dashboard, scripts, cases); may be repeated; all but the cases
                    where it is left out
--record            keep what became of whole suites in tests/vm/results.json
--table             print the README's table of kernels from it, and run nothing
--run COMMAND ...   another command instead of tests
--fetch             only fetch the kernels
"""

import argparse
import json
import os
import sys
import time

from tests.load.build import build_loads
from tests.vm.kernels import FEW, KERNELS, cache, kernel
from tests.vm.machine import run
from tests.vm.results import keep, table
from tests.vm.suites import FEW as FEW_SUITES
from tests.vm.suites import RESULT, SUITES

_LIMIT_S = 900.0
_CASES_LIMIT_S = 3600.0
_SLOWNESS = 20
"""An emulated processor is about fifteen times slower than a real one."""


def main() -> int:
    """Return the first exit code that is not 0."""
    parser = argparse.ArgumentParser(prog="python -m tests.vm", description=__doc__, allow_abbrev=False)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--kernel", action="append", choices=KERNELS)
    parser.add_argument("--suite", action="append", choices=SUITES)
    for flag in ("all", "record", "table", "fetch"):
        parser.add_argument(f"--{flag}", action="store_true")
    parser.add_argument("--run", nargs=argparse.REMAINDER)
    options, words = parser.parse_known_args()
    if options.table:
        print(table())
        return 0
    if os.geteuid() != 0:
        os.execvp("sudo", ["sudo", sys.executable, "-B", "-m", "tests.vm", *sys.argv[1:]])
    suites = options.suite or (list(SUITES) if options.all else list(FEW_SUITES))
    command = options.run or [*_environment(), sys.executable, "-B", "-m", "tests.vm.guest", ",".join(suites), *words]
    code = 0
    for series in options.kernel or (KERNELS if options.all else FEW):
        image = kernel(series)
        if options.fetch:
            continue
        print(f"== Linux {image.modules.name}", file=sys.stderr, flush=True)
        started_s = time.monotonic()

        def heard(line: bytes, series: str = series) -> None:
            if options.record and not words and line.startswith(RESULT.encode()):
                keep(series, json.loads(line.removeprefix(RESULT.encode())))

        result = run(image, command, limit_s=_CASES_LIMIT_S if "cases" in suites else _LIMIT_S, heard=heard)
        print(f"== exit code {result} after {time.monotonic() - started_s:.0f} s", file=sys.stderr, flush=True)
        code = code or result
    return code


def _environment() -> list[str]:
    """Return the words that set what tests in a guest are told: that it is slow, and where programs are compiled."""
    loads = cache().parent / "loads"
    loads.mkdir(parents=True, exist_ok=True)
    build_loads(loads)
    return ["/usr/bin/env", f"TT_SLOWNESS={_SLOWNESS}", f"TT_LOADS={loads}"]


if __name__ == "__main__":
    sys.exit(main())
