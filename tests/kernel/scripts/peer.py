"""The cases of tests/cases by the newest bpftrace: ``python -m tests.kernel.scripts.peer BPFTRACE [WORD...]``, as root.

Each case (those whose name has one of the WORDs, where there are any) is run by the program BPFTRACE, and what it
prints is compared with what the case says of us. A case with DIFFERS is left out, and a refusal (ERROR) need only be
one: its words are ours. Lists the cases where both differ; exits with 1 where there are any.
"""

import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from tests.kernel.scripts.cases import Case, Outcome, check, read_cases
from tests.load.build import build_loads
from tracetop.errors import ExitCode

CASES = Path(__file__).parents[2] / "cases"
# Cases need not be alone: most have only BEGIN, the others look at their own process.
_AT_ONCE = max(1, (os.cpu_count() or 1) - 1)
_LIMIT_S = 20.0
_OURS = ("EXPECT_STDERR", "ERROR", "CODE")
# What the peer says of this machine at each start.
_OF_THE_MACHINE = re.compile(
    r"^WARNING: (Could not read functions|Unknown error -1: couldn't set RLIMIT).*\n", re.MULTILINE
)


def run_by_peer(case: Case, bpftrace: str, loads: Mapping[str, Path], folder: Path) -> Outcome:
    """Run a case's script by `bpftrace`; standard output and error go through files in `folder`."""
    options = [word.format(**loads) for word in shlex.split(case.one("OPTIONS"))]
    parameters = shlex.split(case.one("PARAMS").format(**loads))
    command = [bpftrace, *options, "-e", case.one("PROG"), "--", *parameters]
    stem = folder / re.sub(r"\W", "_", case.name)
    out_path, err_path = stem.with_suffix(".out"), stem.with_suffix(".err")
    with out_path.open("wb") as out, err_path.open("wb") as err:
        run = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
    ends_itself = "-c" in options or ("exit(" in case.one("PROG") and not case.all("AFTER"))
    if not ends_itself and _attached(run, err_path):
        if after := shlex.split(case.one("AFTER").format(**loads)):
            subprocess.run(after, stdout=subprocess.DEVNULL, check=False, timeout=_LIMIT_S)
        time.sleep(0.05)
        run.send_signal(signal.SIGINT)
    try:
        run.wait(_LIMIT_S)
    except subprocess.TimeoutExpired:
        run.kill()
        run.wait()
    out_text = out_path.read_bytes().decode(errors="backslashreplace")
    err_text = _OF_THE_MACHINE.sub("", err_path.read_text(errors="replace"))
    return Outcome(out_text, err_text, run.returncode)


def differs(case: Case, outcome: Outcome) -> str:
    """Say how what the peer printed differs from what the case says; empty where it does not."""
    refused = outcome.code == 1
    if case.all("ERROR"):
        return "" if refused else f"not refused by the newest\nPROG {case.one('PROG')}\n{outcome.out}"
    code = int(case.one("CODE", "0"))
    if refused and code != int(ExitCode.INTERNAL):
        return f"refused by the newest\nPROG {case.one('PROG')}\n{outcome.err}"
    said = Case(case.file, [each for item in case.items if item[0] not in _OURS for each in _in_any_order(item)])
    try:
        check(said, replace(outcome, code=0))
    except AssertionError as error:
        return str(error)
    return "" if code in (outcome.code, 0) else f"exit code {outcome.code}, not {code}"


def _in_any_order(item: tuple[str, str]) -> list[tuple[str, str]]:
    """Return an item with each entry of a map by itself: the peer prints them as they lie in the kernel."""
    lines = item[1].split("\n")
    if item[0] == "EXPECT" and all(re.match(r"@[^ ]*: .", line) for line in lines):
        return [("EXPECT", line) for line in lines]
    return [item]


def compare(bpftrace: str, words: Sequence[str]) -> int:
    """Run the cases and print the differences; return how many there are."""
    cases = [case for path in sorted(CASES.glob("*.cases")) for case in read_cases(path)]
    asked = [case for case in cases if not case.all("DIFFERS") and (not words or any(w in case.name for w in words))]
    found = 0
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(_AT_ONCE) as pool:
        folder = Path(name)
        # A case may ask for what another user can read: the loads too.
        folder.chmod(0o755)
        loads = build_loads(folder)
        outcomes = pool.map(lambda case: run_by_peer(case, bpftrace, loads, folder), asked)
        for case, outcome in zip(asked, outcomes, strict=True):
            if difference := differs(case, outcome):
                found += 1
                print(f"--- {case.name}\n{difference}", flush=True)
    print(f"{len(asked) - found} cases alike, {found} not; {len(cases) - len(asked)} left out", flush=True)
    return found


def _attached(run: subprocess.Popen[bytes], err_path: Path) -> bool:
    """Wait until the peer has attached; say whether it has."""
    deadline = time.monotonic() + _LIMIT_S
    while time.monotonic() < deadline and run.poll() is None:
        if b"Attached " in err_path.read_bytes():
            return True
        time.sleep(0.02)
    return False


if __name__ == "__main__":
    sys.exit(1 if compare(sys.argv[1], sys.argv[2:]) else 0)
