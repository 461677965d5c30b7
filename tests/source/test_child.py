"""The command of `run -c` waits for its probes, keeps its words as a shell would, and never outlives its run."""

import os
import time
from pathlib import Path

import pytest

from tracetop.errors import UsageError
from tracetop.source.child import Child


def ended(pid: int) -> bool:
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None


def test_the_program_is_executed_only_when_released(tmp_path: Path) -> None:
    made = tmp_path / "made"
    child = Child(f"touch {made}")
    assert not made.exists()
    child.release()
    child.wait()
    assert made.exists()
    child.end()


def test_words_are_quoted_as_in_a_shell(tmp_path: Path) -> None:
    child = Child(f"sh -c 'echo \"$1\" > {tmp_path}/said' - 'a  b'")
    child.release()
    child.wait()
    assert (tmp_path / "said").read_text() == "a  b\n"
    assert child.epitaph() == "the command ended with exit code 0"
    child.end()


def test_how_it_ended_is_told() -> None:
    child = Child("sh -c 'exit 3'")
    child.release()
    child.wait()
    assert child.epitaph() == "the command ended with exit code 3"
    child.end()
    child = Child("sh -c 'kill -9 $$'")
    child.release()
    child.wait()
    assert child.epitaph().startswith("the command was ended by signal 9")
    child.end()


@pytest.mark.parametrize("released", [True, False])
def test_a_command_does_not_outlive_its_run(released: bool) -> None:
    child = Child("sleep 1000")
    if released:
        child.release()
    child.end()
    child.wait()
    assert not Path(f"/proc/{child.pid}").exists()


def test_a_child_that_is_never_released_ends_without_its_program(tmp_path: Path) -> None:
    """Its parent's end of the pipe closes when the parent dies, however it dies."""
    made = tmp_path / "made"
    child = Child(f"touch {made}")
    os.close(child._go)
    while not ended(child.pid):
        time.sleep(0.01)
    child.wait()
    assert not made.exists()


@pytest.mark.parametrize("command", ["/no/such/program", "", "'unmatched"])
def test_a_command_that_cannot_be_run_is_refused_before_anything_is_forked(command: str) -> None:
    with pytest.raises(UsageError):
        Child(command)
