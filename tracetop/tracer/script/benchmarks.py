"""What the measuring of a script's ``bench`` probes prints, as bpftrace prints it. Pure."""

import json

RUNS = 20_000
"""Of each probe."""
_RULE = "-" * 66


def benchmark_lines(measured: list[tuple[str, int]], *, as_json: bool) -> str:
    """Return the table of names and nanoseconds of a run, or one line of JSON."""
    if as_json:
        data = {name: {"average": took_ns, "iters": RUNS} for name, took_ns in measured}
        return f"{json.dumps({'type': 'benchmark_result', 'data': data})}\n"
    rows = [f"{name:<41}{took_ns:<17}{RUNS}\n" for name, took_ns in measured]
    return "".join((f"{'Benchmark':<41}{'Time(ns)':<17}Iterations\n", f"{_RULE}\n", *rows))
