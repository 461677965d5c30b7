"""Every command that asks the kernel, with standard streams that are closed, full, or read by nobody."""

from pathlib import Path

import pytest

from tests.cli.streams import WAYS, check_ended, run_with

pytestmark = pytest.mark.kernel
COMMANDS = {
    "list": ["list", "software"],
    "long_list": ["list", "tracepoint:*"],
    "programs": ["programs", "-s", "0.25"],
    "run": ["run", "-q", "-e", "BEGIN { print(1); exit(); }"],
    "run_json": ["run", "-f", "json", "-e", "interval:ms:50 { @++; print(@); if (@ == 3) { exit(); } }"],
    "run_to_the_end": ["run", "-q", "-B", "full", "-e", "BEGIN { @ = 1; exit(); }"],
    "batch": ["batch", "-n", "1", "syscalls"],
    "batch_json": ["batch", "--json", "-n", "1", "syscalls"],
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", COMMANDS)
def test_output_that_cannot_be_written_ends_a_command(name: str, way: str, tmp_path: Path) -> None:
    check_ended(way, run_with(way, tmp_path, *COMMANDS[name]), prints=True)


@pytest.mark.parametrize("way", [">/dev/full", ">&-", "2>&-", "| true"])
def test_output_that_cannot_be_written_ends_the_doctor(way: str, tmp_path: Path) -> None:
    check_ended(way, run_with(way, tmp_path, "doctor"), prints=True, code=0)


@pytest.mark.parametrize("way", ["2>&-", "2>/dev/full", ">&-"])
def test_a_refused_script_keeps_its_code(way: str, tmp_path: Path) -> None:
    check_ended(way, run_with(way, tmp_path, "run", "-e", "nonsense"), prints=False, code=3)


def test_errors_that_nobody_reads_do_not_end_a_run(tmp_path: Path) -> None:
    ended = run_with("2>/dev/full", tmp_path, "run", "-e", 'BEGIN { errorf("x"); print(1); exit(4); }')
    assert (ended.code, ended.out) == (4, "1\n\n\n")
