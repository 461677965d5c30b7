"""Texts that are longer than there is room for, and such as cannot be read: said, and never one for another."""

import ctypes
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kernel.batch import Batch, Tick, batch

pytestmark = pytest.mark.kernel
PATH_BYTES = 128


def lines_until(running: Batch, words: list[str]) -> list[str]:
    """Return what `execs` has printed once each of the words is in it."""
    lines: list[str] = []

    def all_there(tick: Tick) -> bool:
        lines.extend(tick["panes"]["execs"]["lines"])
        return all(any(word in line for line in lines) for word in words)

    running.ticks_until(all_there)
    return lines


def test_arguments_that_are_left_out_are_marked() -> None:
    many = [f"a{i}" for i in range(1, 18)]
    with batch("execs", "-i", "0.25") as running:
        running.tick()
        subprocess.run(["/bin/true", "tt-many", *many], check=True)
        subprocess.run(["/bin/true", "tt-long", "x" * 300], check=True)
        subprocess.run(["/bin/true", "tt-whole", *many[:13]], check=True)
        lines = lines_until(running, ["tt-many", "tt-long", "tt-whole"])
    ends = {
        word: next(line for line in lines if word in line).split(f"{word} ")[1]
        for word in ("tt-many", "tt-long", "tt-whole")
    }
    assert ends == {
        "tt-many": f"{' '.join(many[:14])} ...",
        "tt-long": f"{'x' * 256}..",
        "tt-whole": " ".join(many[:13]),
    }


def test_an_argument_that_cannot_be_read_is_said() -> None:
    """The call itself fails with EFAULT: nothing is at that address."""
    libc = ctypes.CDLL(None, use_errno=True)
    argv = (ctypes.c_void_p * 4)(ctypes.addressof(name := ctypes.create_string_buffer(b"tt-bad")), 16, 0, 0)
    with batch("execs", "-i", "0.25") as running:
        running.tick()
        libc.syscall(59 if os.uname().machine == "x86_64" else 221, b"/bin/true", argv, None)
        lines = lines_until(running, ["tt-bad"])
    assert name.value == b"tt-bad"
    assert any(line.endswith("tt-bad (unread)") for line in lines)


def test_paths_that_differ_at_their_end_do_not_fall_together_unmarked(tmp_path: Path) -> None:
    """Below the room for a path they are two; beyond it they are one, which says that it is cut."""
    folder = tmp_path / ("f" * 40)
    deep = folder / ("d" * 60) / ("e" * 60)
    paths = [folder / "one", folder / "two", deep / "one", deep / "two"]
    deep.mkdir(parents=True)
    assert len(str(paths[0])) < PATH_BYTES < len(str(paths[2])) - 3
    name = "import ctypes; ctypes.CDLL(None).prctl(15, b'tt-opens', 0, 0, 0)"
    code = f"import os, sys\n{name}\nfor path in sys.argv[1:]: os.close(os.open(path, os.O_CREAT | os.O_RDWR))"
    with batch("opens", "-c", "tt-opens", "-i", "0.25") as running:
        running.tick()
        subprocess.run([sys.executable, "-S", "-c", code, *map(str, paths)], check=True)
        cut = str(paths[2])[:PATH_BYTES] + ".."

        def opened(tick: Tick) -> dict[str, int]:
            rows = tick["panes"]["opens"]["rows"]
            return {cell: row["opens_total"] for row in rows for cell in row.values() if "f" * 40 in str(cell)}

        tick = running.ticks_until(lambda tick: cut in opened(tick))
    assert opened(tick) == {str(paths[0]): 1, str(paths[1]): 1, cut: 2}
