"""Runs a command with standard streams that are closed, full, or a pipe whose reader has gone."""

import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

WAYS = (">/dev/full", ">&-", "2>&-", "2>/dev/full", "<&-", ">&- 2>&-", "| true", "2>&1 | true")
"""As a shell writes them."""


class Ended(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


def run_with(way: str, folder: Path, *words: str) -> Ended:
    """Run ``tracetop WORDS`` in that way; the folder is for what it leaves."""
    code, err = folder / "code", folder / "err"
    quiet = "" if "2>" in way else f'2>"{err}"'
    err.write_text("")
    # The reader of a pipe is gone before the command begins.
    inner, pipe, reader = way.partition("|")
    wait = "sleep 0.2; " if pipe else ""
    script = f'{{ {wait}"$@" {inner} {quiet}; echo $? >"{code}"; }} {pipe} {reader}'
    argv = ["bash", "-c", script, "bash", sys.executable, "-m", "tracetop", *words]
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=True)
    return Ended(int(code.read_text()), done.stdout, done.stderr + err.read_text())


def check_ended(way: str, ended: Ended, *, prints: bool, code: int = 0) -> None:
    """Fail where a command did not end as it should that `prints` and would end with `code`."""
    lost = prints and (">/dev/full" in way[:10] or way.startswith(">&-"))
    gone = prints and "|" in way
    assert ended.code == (1 if lost else 141 if gone else code), ended
    assert "Traceback" not in ended.err
    assert "Exception" not in ended.err
    silent = "2>" in way
    assert ("cannot write the output" in ended.err) == (lost and not silent), ended
    assert silent <= (ended.err == ""), ended
    if lost or gone or not prints:
        assert ended.out == ""
    else:
        assert ended.out != ""
