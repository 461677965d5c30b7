"""Drives the real dashboard on the running kernel under a load, and saves what a terminal shows as screenshots/*.svg.

python -m scripts.screenshots          as root; half a minute
"""

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from scripts.svg import render
from scripts.terminal import Terminal
from tests.load.build import build_loads

DIRECTORY = Path(__file__).resolve().parents[1] / "screenshots"
LOADS = (
    "pingpong 100000000",
    "blocks 100000000",
    "faults 1000000000",
    "sleeper 1000000 5",
    "busy 600",
    "spinners 60 40 1000",
)
LIMIT_S = 15.0
WATCHED_S = 12.0
"""Long enough for the heat map and the sparklines to have something to say."""


@contextmanager
def loads(programs: Mapping[str, Path]) -> Iterator[None]:
    """Keep the machine busy while the block runs."""
    with ExitStack() as stack:
        for name, *arguments in map(str.split, LOADS):
            command: list[str | Path] = ["nice", programs[name], *arguments]
            process = stack.enter_context(
                subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, start_new_session=True)
            )
            stack.callback(process.kill)
        yield


def panes_live(text: str) -> bool:
    """Say whether all four panes count."""
    return text.count("complete") >= 4 and "loading" not in text


def first_line(part: str) -> Callable[[str], bool]:
    """Return the condition that the screen's first line, which says the filter, has `part`."""
    return lambda text: part in text.partition("\n")[0]


def take(terminal: Terminal, name: str, title: str) -> None:
    """Save what the terminal shows."""
    DIRECTORY.mkdir(exist_ok=True)
    (DIRECTORY / f"{name}.svg").write_text(render(terminal.screen, title))


def main() -> None:
    """Take the three pictures."""
    tracetop = Path(sys.executable).with_name("tracetop")
    with (
        tempfile.TemporaryDirectory() as directory,
        loads(build_loads(Path(directory))),
        Terminal([tracetop]) as terminal,
    ):
        terminal.wait_for(panes_live, limit_s=LIMIT_S)
        terminal.run(WATCHED_S)
        take(terminal, "dashboard", "tracetop: four live panes")

        terminal.send("Tab", "Tab", "Enter")
        terminal.wait_for(first_line("pid "), limit_s=LIMIT_S)
        terminal.run(WATCHED_S)
        take(terminal, "drill-down", "tracetop: all panes follow one process")

        terminal.send("Esc")
        terminal.wait_for(first_line("all processes"), limit_s=LIMIT_S)
        terminal.send("Tab", "i", "z")
        terminal.run(WATCHED_S)
        take(terminal, "flame", "tracetop: where the kernel spends its time, as a flame view")
        terminal.send("q")
        terminal.run(1)


if __name__ == "__main__":
    main()
