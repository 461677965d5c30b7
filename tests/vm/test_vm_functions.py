"""Probes on functions, on a kernel that has kprobes: scripts with what they must print, and bpftrace beside them."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.kernel.scripts.cases import Case, CaseTracer, check, read_cases, run_case
from tracetop.bpf import RunningKernel
from tracetop.errors import ExitCode
from tracetop.model.kinds import ProbeKind

pytestmark = pytest.mark.vm
CASES = read_cases(Path(__file__).with_name("functions.cases"))
BY_BOTH = """
kprobe:vfs_write /comm == "dd" && arg2 == 123/ { @arguments[arg2] = count(); @file = ((struct file *)arg0)->f_flags; }
kretprobe:vfs_write /comm == "dd" && retval == 123/ { @results = sum(retval); }
kfunc:vfs_read /comm == "dd" && args->count == 123/ { @reads[args->count] = count(); }
"""
DESCRIBED = Path("/sys/kernel/btf/overlay").exists()
"""Modules have types and functions of their own, since Linux 5.11."""
UNDESCRIBED = "its modules do not describe their functions (Linux 5.11)"
Record = Callable[[str, object], None]
DD = "/usr/bin/dd if=/dev/zero of=/dev/shm/written bs=123 count=7"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case(case: Case, tracer: CaseTracer, record_property: Record) -> None:
    """Or it is refused for what the kernel lacks, which is told with the result."""
    outcome = run_case(case, tracer, {})
    if outcome.code == ExitCode.KERNEL:
        assert "\nhint: " in outcome.err
        record_property("lacks", outcome.err.partition("\nwhy: ")[2].partition("\n")[0])
    else:
        check(case, outcome)


def test_this_kernel_takes_every_kind_of_probe_on_functions() -> None:
    kernel = RunningKernel()
    kinds = (ProbeKind.KPROBE, ProbeKind.KRETPROBE, ProbeKind.FENTRY, ProbeKind.FEXIT, ProbeKind.UPROBE)
    assert [kernel.refuses(kind) for kind in kinds] == [""] * len(kinds)


def test_a_module_has_its_functions_and_types(record_property: Record) -> None:
    kernel = RunningKernel()
    opened = kernel.function("ovl_open")
    if not DESCRIBED:
        assert opened is None
        record_property("lacks", UNDESCRIBED)
        return
    assert opened
    assert (opened.module, [each.name for each in opened.parameters]) == ("overlay", ["inode", "file"])
    assert kernel.function("ovl_open", "vmlinux") is None
    assert kernel.struct("ovl_fs") is not None
    assert "ovl_open" in kernel.function_names()


def printed(*command: str) -> list[str]:
    """Return the lines that a tracer prints at its end, of maps only."""
    run = subprocess.run(command, check=False, capture_output=True, text=True, timeout=200)
    assert run.returncode == 0, run.stderr
    return sorted(line for line in run.stdout.splitlines() if line.startswith("@"))


def test_bpftrace_counts_the_same() -> None:
    """The one of Debian 12 wants descriptions of modules for any function of the kernel by its arguments."""
    script = BY_BOTH if DESCRIBED else BY_BOTH.partition("kfunc")[0]
    ours = printed(sys.executable, "-m", "tracetop", "run", "-e", script, "-c", DD)
    assert len(ours) == (4 if DESCRIBED else 3)
    assert ours == printed("bpftrace", "-e", script, "-c", DD)
