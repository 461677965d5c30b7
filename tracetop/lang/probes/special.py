"""Probes of the tool itself, BEGIN and END, and kinds that have no place here: what to use instead of them."""

from tracetop.lang.probes.asked import Asked
from tracetop.lang.probes.hook import Hook

INSTEAD = {
    "watchpoint": "trace who writes there with a uprobe or fentry on the function that does",
    "asyncwatchpoint": "trace who writes there with a uprobe or fentry on the function that does",
    "iter": "count with tracepoint:sched probes, or list with ps, lsof and /proc what is there already",
    "self": "use interval:s:1 and a condition, or BEGIN and END",
    "test": "use BEGIN, and exit(1) where a condition does not hold",
    "bench": "use BEGIN with a loop, and print the difference of nsecs",
}
"""Kinds of bpftrace's that are not taken, each with what serves."""


def once(asked: Asked) -> list[Hook]:
    """``BEGIN`` and ``END``, in either case."""
    if asked.parts not in ((), ("*",)):
        raise asked.malformed(asked.kind.value)
    return [Hook(asked.kind, asked.probe.text.partition(":")[0])]
