"""Which CPUs there are, from the kernel's lists under /sys.

Owns: those lists. Refuses to own: what is done on a CPU. Any process.
"""

from pathlib import Path

_CPUS = Path("/sys/devices/system/cpu")


def online_cpus() -> list[int]:
    """Return the CPUs that run now: each needs a perf event of its own."""
    return cpu_list((_CPUS / "online").read_text())


def possible_cpus() -> int:
    """Return how many CPUs the kernel allows for: the values that a per-CPU map holds for each key."""
    return len(cpu_list((_CPUS / "possible").read_text()))


def cpu_list(text: str) -> list[int]:
    """Return the numbers in a kernel's list of CPUs, such as ``0-3,8``."""
    spans = (part.partition("-") for part in text.strip().split(",") if part)
    return [cpu for low, _, high in spans for cpu in range(int(low), int(high or low) + 1)]
