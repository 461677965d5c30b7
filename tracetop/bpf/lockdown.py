"""How far the kernel is locked down, and the one way in which it says so.

Owns: that one question. The privileged tracer process.
"""

from pathlib import Path


def lockdown_mode() -> str:
    """Return the kernel's lockdown: ``none``, ``integrity`` or ``confidentiality``; empty where it does not say."""
    try:
        return selected(Path("/sys/kernel/security/lockdown").read_text())
    except OSError:
        return ""


def selected(choices: str) -> str:
    """Return the word in brackets of a kernel's list of choices, e.g. of ``none [integrity] confidentiality``."""
    return choices.partition("[")[2].partition("]")[0]
