"""What a pattern of `tracetop list` means: which kinds are looked through, and what their probes may be called."""

from collections.abc import Iterable

import pytest

from tracetop.model.kinds import ProbeKind
from tracetop.tracer.inspect.list_probes import understand

NAMES = (
    "BEGIN",
    "interval:s:",
    "kprobe:tcp_sendmsg",
    "rawtracepoint:vmlinux:sched_switch",
    "software:page-faults:",
    "tracepoint:sched:sched_switch",
    "tracepoint:syscalls:sys_enter_execve",
    "uprobe:/bin/bash:readline",
    "usdt:/bin/prog:lib:probe",
)


def matching(pattern: str) -> Iterable[str]:
    """Return the names of those kinds that a pattern looks through, and that it matches."""
    wanted = understand(pattern)
    kinds = {kind.value for kind in wanted.kinds}
    return tuple(wanted.matching(name for name in NAMES if name.partition(":")[0] in kinds))


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("*", NAMES[:7]),
        ("tracepoint", ("tracepoint:sched:sched_switch", "tracepoint:syscalls:sys_enter_execve")),
        ("t:sched", ("tracepoint:sched:sched_switch",)),
        ("tracepoint:*switch", ("tracepoint:sched:sched_switch",)),
        ("tracepoint:sys*:*exec*", ("tracepoint:syscalls:sys_enter_execve",)),
        ("*sched_switch", ("rawtracepoint:vmlinux:sched_switch", "tracepoint:sched:sched_switch")),
        ("execve", ("tracepoint:syscalls:sys_enter_execve",)),
        ("sched:sched_switch", ("tracepoint:sched:sched_switch",)),
        ("s:page-faults", ("software:page-faults:",)),
        ("software:page-faults:100", ("software:page-faults:",)),
        ("interval", ("interval:s:",)),
        ("k:vmlinux:tcp_*", ("kprobe:tcp_sendmsg",)),
        ("rawtracepoint:sched:sched_switch", ("rawtracepoint:vmlinux:sched_switch",)),
        ("BEGIN", ("BEGIN",)),
        ("*probe:tcp*", ("kprobe:tcp_sendmsg",)),
        ("nothing", ()),
    ],
)
def test_a_pattern_finds_probes(pattern: str, expected: tuple[str, ...]) -> None:
    assert matching(pattern) == expected


@pytest.mark.parametrize(
    ("pattern", "kinds", "path", "found"),
    [
        ("uprobe:/bin/bash:read*", (ProbeKind.UPROBE,), "/bin/bash", True),
        ("uprobe:/bin/bash", (ProbeKind.UPROBE,), "/bin/bash", True),
        ("ur:bash:readline", (ProbeKind.URETPROBE,), "bash", False),
        ("uprobe:/bin/bash:write*", (ProbeKind.UPROBE,), "/bin/bash", False),
        ("usdt:*", (ProbeKind.USDT,), "*", False),
        ("/bin/bash", (ProbeKind.UPROBE, ProbeKind.USDT), "/bin/bash", True),
    ],
)
def test_a_binary_is_a_part_of_the_pattern(pattern: str, kinds: tuple[ProbeKind, ...], path: str, found: bool) -> None:
    wanted = understand(pattern)
    assert (wanted.kinds, wanted.path) == (kinds, path)
    assert ("uprobe:/bin/bash:readline" in wanted.matching(NAMES)) == found


def test_kinds_of_returns_are_listed_when_they_are_named() -> None:
    assert understand("kretprobe:*").kinds == (ProbeKind.KRETPROBE,)
    assert ProbeKind.KRETPROBE not in understand("*").kinds
    assert ProbeKind.KRETPROBE not in understand("k*:*").kinds
