"""Runs the tests of this folder in virtual machines, one for each kernel: python -m tests.vm [PYTEST ARGUMENT]...

--kernel SERIES     that kernel (5.10, 6.1, 6.12, 6.18, 7.3); may be repeated; 6.1 and 6.12 where it is left out
--all               all five
--run COMMAND ...   another command instead of pytest
--fetch             only fetch the kernels
"""

import argparse
import os
import sys
import time

from tests.vm.kernels import FEW, KERNELS, kernel
from tests.vm.machine import run

_LIMIT_S = 600.0
_TESTS = "tests/vm tests/kernel/programs/test_hotplug.py"
_TEST_LIMIT_S = 300
"""For one test: an emulated processor is about fifteen times slower."""


def main() -> int:
    """Return the first exit code that is not 0."""
    if os.geteuid() != 0:
        os.execvp("sudo", ["sudo", sys.executable, "-B", "-m", "tests.vm", *sys.argv[1:]])
    parser = argparse.ArgumentParser(prog="python -m tests.vm", description=__doc__, allow_abbrev=False)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--kernel", action="append", choices=KERNELS)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("--fetch", action="store_true")
    parser.add_argument("--run", nargs=argparse.REMAINDER)
    options, words = parser.parse_known_args()
    pytest = [sys.executable, "-B", "-m", "pytest", "-p", "no:cacheprovider", "-m", "vm"]
    command = options.run or [*pytest, "-o", f"testpaths={_TESTS}", "-o", f"timeout={_TEST_LIMIT_S}", *words]
    code = 0
    for series in options.kernel or (KERNELS if options.all else FEW):
        image = kernel(series)
        if options.fetch:
            continue
        print(f"== Linux {image.modules.name}", file=sys.stderr, flush=True)
        started_s = time.monotonic()
        result = run(image, command, limit_s=_LIMIT_S)
        print(f"== exit code {result} after {time.monotonic() - started_s:.0f} s", file=sys.stderr, flush=True)
        code = code or result
    return code


if __name__ == "__main__":
    sys.exit(main())
