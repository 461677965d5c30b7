"""Numbers of processes as users give them: that of a thread means the process that it is a thread of.

Tools like `ps -L`, `top -H` and a script's own ``tid`` show numbers of threads. Screen process.
"""

import sys
from contextlib import suppress
from pathlib import Path

from tracetop.model.filter import Filter


def process_of(number: int) -> int:
    """Return the process that a thread is of; any other number as it is."""
    with suppress(OSError):
        for line in Path(f"/proc/{number}/status").read_bytes().splitlines():
            name, _, value = line.partition(b":")
            if name == b"Tgid":
                return int(value)
    return number


def named_process(number: int) -> int:
    """Return the same, and say on standard error where it is another number."""
    process = process_of(number) if number else 0
    if process != number:
        print(f"note: {number} is a thread of process {process}: that process is traced", file=sys.stderr)
    return process


def of_process(wanted: Filter) -> Filter:
    """Return a filter by the process where it names one of its threads."""
    return Filter(process_of(wanted.pid), wanted.comm) if wanted.pid else wanted
