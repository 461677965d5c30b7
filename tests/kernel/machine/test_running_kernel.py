"""The running kernel answers what the compiler asks: names, constants, functions, and what it does not take."""

import re
from pathlib import Path

import pytest

from tracetop.bpf import RunningKernel
from tracetop.model.ctype import CKind
from tracetop.model.kinds import ProbeKind

pytestmark = pytest.mark.kernel


@pytest.fixture(scope="module")
def kernel() -> RunningKernel:
    return RunningKernel()


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        ("TCP_ESTABLISHED", 1, CKind.ENUM),
        ("PIDTYPE_TGID", 1, CKind.ENUM),
        ("ENOENT", 2, CKind.INT),
        ("AF_INET6", 10, CKind.INT),
        ("TASK_UNINTERRUPTIBLE", 2, CKind.INT),
    ],
)
def test_constants_are_enumerators_or_macros(kernel: RunningKernel, name: str, value: int, kind: CKind) -> None:
    found = kernel.constant(name)
    assert found
    assert (found[0], found[1].kind) == (value, kind)


def test_what_the_kernel_does_not_name_is_none(kernel: RunningKernel) -> None:
    assert kernel.constant("NO_SUCH_CONSTANT") is None
    assert kernel.struct("no_such_struct") is None
    assert kernel.named_type("no_such_t") is None
    assert kernel.function("no_such_function") is None
    assert kernel.raw_tracepoint("no_such_event") is None


def test_functions_are_code_of_the_kernel_and_described(kernel: RunningKernel) -> None:
    names = list(kernel.function_names())
    code = set(re.findall(r"^[0-9a-f]+ [tTwW] (\S+)", Path("/proc/kallsyms").read_text(), re.MULTILINE))
    assert len(names) > 10_000
    assert set(names[::50]) <= code
    assert {"vfs_read", "do_nanosleep"} <= set(names)
    read = kernel.function("vfs_read")
    assert read
    assert [(each.name, each.type.kind) for each in read.parameters] == [
        ("file", CKind.POINTER),
        ("buf", CKind.POINTER),
        ("count", CKind.INT),
        ("pos", CKind.POINTER),
    ]
    assert (read.returns.alias, read.returns.signed) == ("ssize_t", True)


def test_a_raw_tracepoint_names_what_it_passes(kernel: RunningKernel) -> None:
    found = kernel.raw_tracepoint("sched_wakeup")
    assert found
    (task,) = found.parameters
    assert task.type.element
    assert (task.name, task.type.element.name) == ("p", "task_struct")


def test_what_this_kernel_takes_it_does_not_refuse(kernel: RunningKernel) -> None:
    """The rest of the tests puts programs on all of these."""
    kinds = (ProbeKind.TRACEPOINT, ProbeKind.RAW_TRACEPOINT, ProbeKind.PROFILE, ProbeKind.UPROBE, ProbeKind.BEGIN)
    assert [kernel.refuses(kind) for kind in kinds] == [""] * len(kinds)


@pytest.mark.parametrize("kind", [ProbeKind.KPROBE, ProbeKind.KRETPROBE])
def test_kprobes_are_refused_just_where_the_kernel_has_none(kernel: RunningKernel, kind: ProbeKind) -> None:
    has_kprobes = Path("/sys/kernel/tracing/kprobe_events").exists()
    assert (kernel.refuses(kind) == "") is has_kprobes
