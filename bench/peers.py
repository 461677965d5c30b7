"""What the benchmarks compare tracetop with, how each is started, and when its probes are there."""

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from bench.programs import program_runs, tree

ROOT = Path(__file__).resolve().parents[1]
PROBES = ROOT / "tracetop" / "library"
TRACETOP = (str(Path(sys.executable).with_name("tracetop")),)
_STEADY_S = 0.7
_LIMIT_S = 30.0


@contextmanager
def traced(command: Sequence[str | Path]) -> Iterator[int]:
    """Run `command` until its BPF programs are loaded and attached, and while the block runs; yield its pid.

    RuntimeError where it ends, or has no programs after half a minute.
    """
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=ROOT
    ) as process:
        try:
            wait_until_steady(process)
            yield process.pid
        finally:
            end(process.pid)


def end(pid: int) -> None:
    """Kill the process and its descendants, and return when they are gone and their programs with them."""
    processes = tree(pid)
    # bpftrace would resolve and print its maps first: none of it is wanted.
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(processes)


def wait_until_steady(process: subprocess.Popen[bytes]) -> None:
    """Return once the same programs have been there for a while: each peer loads all before it attaches any."""
    start = since = time.monotonic()
    before: set[int] = set()
    while time.monotonic() - since < _STEADY_S or not before:
        time.sleep(0.05)
        if process.poll() is not None or time.monotonic() - start > _LIMIT_S:
            said = b"" if process.stderr is None or process.poll() is None else process.stderr.read()
            raise RuntimeError(f"{process.args!r} attached nothing: {said.decode(errors='replace').strip()}")
        now = set(program_runs(process.pid))
        if now != before:
            before, since = now, time.monotonic()


def bpftrace_version() -> str:
    """Return the installed bpftrace's version, e.g. ``bpftrace v0.17.0``."""
    return subprocess.run(["bpftrace", "--version"], capture_output=True, text=True, check=True).stdout.strip()
