"""Standard streams that are closed, full, or read by nobody: an exit code, no traceback, nothing on the wrong one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.streams import WAYS, check_ended, run_with
from tracetop.errors import ExitCode
from tracetop.headless.streams import Output, OutputError


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("words", [["--help"], ["--version"], ["--panes"], ["run", "--help"]], ids=" ".join)
def test_what_is_printed_cannot_be_written(way: str, words: list[str], tmp_path: Path) -> None:
    check_ended(way, run_with(way, tmp_path, *words), prints=True)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("words", [[], ["--nosuch"], ["batch", "-n", "none"], ["list", "-p", "x"]], ids=" ".join)
def test_a_refusal_keeps_its_code(way: str, words: list[str], tmp_path: Path) -> None:
    check_ended(way, run_with(way, tmp_path, *words), prints=False, code=ExitCode.USAGE)


def test_nothing_else_becomes_standard_output_or_error() -> None:
    """A closed descriptor is the next that is opened: what libraries print would go to whatever that is."""
    program = (
        "import os\nfrom tracetop.headless.streams import standard_streams\n"
        "with standard_streams():\n"
        "    opened = [os.open('/', os.O_RDONLY), *os.pipe()]\n"
        "    assert min(opened) > 2\n"
        "    assert all(os.get_inheritable(fd) for fd in (0, 1, 2))\n"
        "    raise SystemExit(7)\n"
    )
    closed = f"exec <&- >&- 2>&-; exec {sys.executable} -c '{program.replace(chr(39), chr(34))}'"
    assert subprocess.run(["bash", "-c", closed], check=False).returncode == 7


def test_once_it_is_lost_nothing_more_is_written() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    output = Output(writing, closefd=True)
    with pytest.raises(OutputError) as lost:
        output.write(b"x")
    assert lost.value.exit_code() == 141
    assert output.write(b"more") == 4
    assert output.failure is lost.value
    output.close()


def test_a_pipe_that_does_not_wait_is_waited_for() -> None:
    """Whoever shares a pipe may have made it non-blocking."""
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    slow = f"import os, time; time.sleep(0.3)\nwhile os.read({reading}, 65536): pass"
    with subprocess.Popen([sys.executable, "-c", slow], pass_fds=[reading]), Output(writing, closefd=True) as output:
        os.close(reading)
        left = memoryview(bytes(1 << 20))
        while left:
            left = left[output.write(left) :]
