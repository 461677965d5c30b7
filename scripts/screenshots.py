"""Drives the real dashboard on the running kernel under a load, and saves what a terminal shows as screenshots/*.svg.

python -m scripts.screenshots          as root; a minute
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

TYPED = "tracepoint:sched:sched_switch { @[args.next_"
COMPLETED = "next_prio"
SCRIPT = (
    "tracepoint:syscalls:sys_enter_nanosleep { @start[tid] = nsecs; } "
    "tracepoint:syscalls:sys_exit_nanosleep /@start[tid]/ { $ns = nsecs - @start[tid]; delete(@start[tid]); "
    '@slept = hist($ns); printf("%-16s slept %6d us\\n", comm, $ns / 1000); }'
)


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


def text_has(part: str) -> Callable[[str], bool]:
    """Return the condition that the screen has `part` anywhere."""
    return lambda text: part in text


def take(terminal: Terminal, name: str, title: str) -> None:
    """Save what the terminal shows."""
    DIRECTORY.mkdir(exist_ok=True)
    (DIRECTORY / f"{name}.svg").write_text(render(terminal.screen, title))


def main() -> None:
    """Take the pictures."""
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
        terminal.send("i", "z", ":", *TYPED, "Tab")
        terminal.wait_for(text_has(COMPLETED), limit_s=LIMIT_S)
        terminal.run(1)
        take(terminal, "prompt", "tracetop: a script is typed, checked and completed")

        terminal.send("Esc", "Esc")
        terminal.send(":", SCRIPT, "Enter")
        terminal.wait_for(text_has("printed "), limit_s=LIMIT_S)
        terminal.run(WATCHED_S)
        take(terminal, "script", "tracetop: a script of one's own beside the shipped panes")
        terminal.send("q")
        terminal.run(1)


if __name__ == "__main__":
    main()
