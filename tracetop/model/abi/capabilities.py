"""Capabilities that tracing takes: their numbers, and which sets of them are enough. Pure."""

CAPABILITIES = {
    "CAP_DAC_OVERRIDE": 1,
    "CAP_DAC_READ_SEARCH": 2,
    "CAP_SYS_ADMIN": 21,
    "CAP_PERFMON": 38,
    "CAP_BPF": 39,
}
"""By name, their bits: those that matter here."""
WANTED = ("CAP_BPF", "CAP_PERFMON", "CAP_DAC_READ_SEARCH")
"""The least that is enough to trace without being root, the last for the folders of tracefs."""


def capability_set(status: str, field: str) -> int:
    """Return the bits of a set (``CapEff``, ``CapAmb``) in the text of a /proc/PID/status, 0 where it has none."""
    line = next((line for line in status.splitlines() if line.startswith(f"{field}:")), ": 0")
    return int(line.split()[1], 16)


def named(capabilities: int) -> set[str]:
    """Return the names of those in a set that matter here."""
    return {name for name, bit in CAPABILITIES.items() if capabilities >> bit & 1}


def may_trace(capabilities: int) -> bool:
    """Say whether a set is enough to load and attach: CAP_SYS_ADMIN, or its two parts since v5.8."""
    held = named(capabilities)
    return "CAP_SYS_ADMIN" in held or {"CAP_BPF", "CAP_PERFMON"} <= held


def may_read_all(capabilities: int) -> bool:
    """Say whether a set is enough to read what only root may, as tracefs is."""
    return bool(named(capabilities) & {"CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH"})
