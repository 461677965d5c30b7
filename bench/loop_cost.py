"""What a traced program itself feels: nanoseconds per call of a getppid loop, untraced and traced.

    python -m bench.loop_cost [--rounds N]          as root; a minute

The same counts by tracetop's pane *System calls* and by bpftrace running the same script. BPF statistics are off: they
would cost every event two clock reads.
"""

import argparse
import statistics
import subprocess
import tempfile
from contextlib import nullcontext
from pathlib import Path

from bench.peers import PROBES, TRACETOP, bpftrace_version, traced
from bench.table import format_table
from tests.load.build import build_loads

CALLS = 2_000_000
SCRIPT = PROBES / "syscalls.bt"
PEERS = {"untraced": (), "tracetop": (*TRACETOP, "batch", SCRIPT), "bpftrace": ("bpftrace", SCRIPT)}


def ns_per_call(program: Path) -> float:
    """Return what the loop says of itself."""
    return float(subprocess.run([program, str(CALLS)], capture_output=True, text=True, check=True).stdout.split()[1])


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description="ns per call of a traced loop")
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    seen: dict[str, list[float]] = {name: [] for name in PEERS}
    with tempfile.TemporaryDirectory() as directory:
        program = build_loads(Path(directory))["calls"]
        for _ in range(rounds):
            for name, command in PEERS.items():
                with traced(command) if command else nullcontext():
                    seen[name].append(ns_per_call(program))
    medians = {name: statistics.median(values) for name, values in seen.items()}
    rows = [
        [name, f"{ns:.0f}", f"+{ns - medians['untraced']:.0f}", f"{min(seen[name]):.0f}-{max(seen[name]):.0f}"]
        for name, ns in medians.items()
    ]
    print(f"\n{SCRIPT.name}, {bpftrace_version()}, median of {rounds} rounds of {CALLS:,} calls")
    print(format_table(["getppid loop", "ns a call", "added", "range"], rows))


if __name__ == "__main__":
    main()
