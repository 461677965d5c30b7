"""What scripts cost in the kernel, an event at a time, by the kernel's own BPF statistics.

    python -m bench.kernel_cost [SCRIPT]... [--rounds N] [--check]          as root; some minutes

For every script that has a hand-written counterpart in bench/hand/, of tracetop/library/ or of bench/scripts/ (what no
bundled script does: a line for every event, a walk through the kernel's structs), five candidates run under the same
load, one after the other and several times over, never two at once:

- empty: programs that do nothing, on the hooks of the hand-written one: the floor of the statistics themselves;
- bare: the least C that counts what the script counts, attached by tracetop's own loader;
- hand: the same with a live filter by pid and comm in front, which is the job that tracetop's programs do;
- tracetop: `tracetop batch SCRIPT.bt`, filter and all;
- bpftrace: the same file under the bpftrace that is installed.

A script's cost is the run_time_ns of all its programs over the run_cnt of the busiest: what one event of the load's
main kind brings with it. The median over the rounds is shown; `net` is less the empty programs'.

With --check the exit code is 1 where tracetop's net cost is over 1.25 times the hand-written one's, or its gross cost
over 0.7 times bpftrace's. The second is not asked where the hand-written program itself is over it (`floor`): what is
left there is the kernel's own work, such as walking a stack.
"""

import argparse
import math
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.peers import PROBES, TRACETOP, bpftrace_version, traced
from bench.programs import Record, program_runs
from bench.table import format_table, judged
from tests.load.build import build_loads
from tracetop.bpf import RunTimeStats

HAND = Path(__file__).with_name("hand")
SCRIPTS = (PROBES, Path(__file__).with_name("scripts"))
NET_LIMIT = 1.25
GROSS_LIMIT = 0.7
LOADS = {
    "syscalls": ("calls 1000000",),
    "latency": ("calls 1000000",),
    "runqueue": ("pingpong 100000", "forks 300"),
    "blockio": ("blocks 10000",),
    "processes": ("calls 500000", "pingpong 50000", "faults 100000", "blocks 2000", "forks 300"),
    "stacks": ("busy 4",),
    "opens": ("opens 300000",),
    "kmem": ("opens 100000", "faults 20000"),
    "tasks": ("calls 1000000",),
    "prints": ("blocks 20000",),
}

GROSS = ("empty", "bare", "hand", "tracetop", "bpftrace")
NET = ("bare", "hand", "tracetop")
Cost = Mapping[str, float]
"""Nanoseconds by candidate."""


def candidates(script: str) -> dict[str, Sequence[str | Path]]:
    """Return the commands by name, in the order in which they run."""
    by_hand = (sys.executable, "-m", "bench.hand", HAND / f"{script}.c")
    source = next(path for folder in SCRIPTS if (path := folder / f"{script}.bt").exists())
    return {
        "empty": (*by_hand, "--empty"),
        "bare": (*by_hand, "--bare"),
        "hand": by_hand,
        "tracetop": (*TRACETOP, "batch", source),
        "bpftrace": ("bpftrace", source),
    }


def measure(command: Sequence[str | Path], loads: Sequence[Sequence[str | Path]]) -> list[Record]:
    """Return what each program that `command` attaches did during one run of the loads."""
    with traced(command) as pid, RunTimeStats():
        before = program_runs(pid)
        for load in loads:
            subprocess.run(load, stdout=subprocess.DEVNULL, check=True)
        after = program_runs(pid)
    return [Record(after[id_].runs - was.runs, after[id_].ns - was.ns) for id_, was in before.items() if id_ in after]


def measure_script(script: str, programs: Mapping[str, Path], rounds: int) -> Cost:
    """Return the median cost of each candidate; says on standard error what each round gave, program by program."""
    loads = [_command(load, programs) for load in LOADS[script]]
    seen: dict[str, list[float]] = {}
    for round_ in range(rounds):
        for name, command in candidates(script).items():
            programs_did = [record for record in measure(command, loads) if record.runs]
            cost_ns = sum(record.ns for record in programs_did) / max(record.runs for record in programs_did)
            seen.setdefault(name, []).append(cost_ns)
            detail = ", ".join(f"{record.ns / record.runs:.0f} x {record.runs}" for record in programs_did)
            print(f"{script} {round_ + 1}/{rounds} {name}: {cost_ns:.0f} ns of {detail}", file=sys.stderr)
    return {name: statistics.median(values) for name, values in seen.items()}


def _command(load: str, programs: Mapping[str, Path]) -> list[str | Path]:
    name, *arguments = load.split()
    return [programs[name], *arguments]


def row(script: str, cost: Cost) -> list[str]:
    """Return a script's line of the table."""
    gross = [f"{cost[name]:.0f}" for name in GROSS]
    net = [f"{cost[name] - cost['empty']:.0f}" for name in NET]
    ratios = [judged(net_ratio(cost), NET_LIMIT), f"{floor(cost):.2f}", judged(gross_ratio(cost), gross_limit(cost))]
    return [script, *gross, *net, *ratios]


def net_ratio(cost: Cost) -> float:
    """Return tracetop's cost over the hand-written one's, both less the empty programs'.

    Less than a nanosecond is below what the statistics resolve, and counts as one.
    """
    return max(cost["tracetop"] - cost["empty"], 1) / max(cost["hand"] - cost["empty"], 1)


def floor(cost: Cost) -> float:
    """Return the hand-written program's cost over bpftrace's."""
    return cost["hand"] / cost["bpftrace"]


def gross_ratio(cost: Cost) -> float:
    """Return tracetop's cost over bpftrace's."""
    return cost["tracetop"] / cost["bpftrace"]


def gross_limit(cost: Cost) -> float:
    """Return what tracetop's cost over bpftrace's may be."""
    return GROSS_LIMIT if floor(cost) <= GROSS_LIMIT else math.inf


def main() -> int:
    """Measure, print the table, judge."""
    parser = argparse.ArgumentParser(description="ns per event of ten scripts")
    parser.add_argument("script", nargs="*", default=list(LOADS), help=f"of {', '.join(LOADS)}")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--check", action="store_true", help="fail where a target is missed")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        programs = build_loads(Path(directory))
        costs = {script: measure_script(script, programs, arguments.rounds) for script in arguments.script}
    headings = ["ns per event", *GROSS, *(f"net {name}" for name in NET), "to hand", "floor", "to bpftrace"]
    print(f"\n{bpftrace_version()}, median of {arguments.rounds} rounds")
    print(format_table(headings, [row(script, cost) for script, cost in costs.items()]))
    missed = [s for s, cost in costs.items() if net_ratio(cost) > NET_LIMIT or gross_ratio(cost) > gross_limit(cost)]
    return 1 if arguments.check and missed else 0


if __name__ == "__main__":
    sys.exit(main())
