"""Where tracefs is, and mounting it when it is not.

Owns: that one question. Refuses to own: what is read there. The privileged tracer process.
"""

import ctypes
import os
from collections.abc import Iterable
from pathlib import Path

from tracetop.errors import KernelError

_PLACES = (Path("/sys/kernel/tracing"), Path("/sys/kernel/debug/tracing"))
_MS_NOSUID, _MS_NODEV, _MS_NOEXEC = 2, 4, 8


def find_tracefs() -> Path | None:
    """Return the directory where tracefs is mounted, or None."""
    return next((place for place in _PLACES if _has_events(place)), None)


def tracefs() -> Path:
    """Return the directory where tracefs is mounted. KernelError where it is not."""
    found = find_tracefs()
    if found is None:
        raise _absent("nothing is mounted at /sys/kernel/tracing")
    return found


def ensure_tracefs() -> Path:
    """Return the directory of tracefs, mounted now where it was not. KernelError where that fails."""
    found = find_tracefs()
    if found is not None:
        return found
    target = _PLACES[0]
    libc = ctypes.CDLL(None, use_errno=True)
    flags = ctypes.c_ulong(_MS_NOSUID | _MS_NODEV | _MS_NOEXEC)
    if libc.mount(b"tracefs", bytes(target), b"tracefs", flags, None) != 0:
        raise _absent(f"mounting it at {target}: {os.strerror(ctypes.get_errno())}")
    return tracefs()


def _has_events(place: Path) -> bool:
    try:
        return (place / "events").is_dir()
    except PermissionError:
        return False


def _absent(why: str) -> KernelError:
    return KernelError(
        "tracefs is not there",
        why=why,
        hint="as root: mount -t tracefs nodev /sys/kernel/tracing (in a container: on the host)",
    )


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


def cpu_spans(cpus: Iterable[int]) -> str:
    """Return CPUs as the kernel writes a list of them, such as ``0-3,8``; the reverse of `cpu_list`."""
    spans: list[list[int]] = []
    for cpu in sorted(cpus):
        if spans and cpu == spans[-1][-1] + 1:
            spans[-1][1:] = [cpu]
        else:
            spans.append([cpu])
    return ",".join("-".join(map(str, span)) for span in spans)


def lockdown_mode() -> str:
    """Return the kernel's lockdown: ``none``, ``integrity`` or ``confidentiality``; empty where it does not say."""
    try:
        return selected(Path("/sys/kernel/security/lockdown").read_text())
    except OSError:
        return ""


def selected(choices: str) -> str:
    """Return the word in brackets of a kernel's list of choices, e.g. of ``none [integrity] confidentiality``."""
    return choices.partition("[")[2].partition("]")[0]
