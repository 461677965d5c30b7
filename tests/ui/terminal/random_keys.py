"""Anything typed, clicked and pasted, for as long as wanted: after Esc three times every key works.

    python -m tests.ui.terminal.random_keys --seed 1 --minutes 10 [--load 6] [--real]

The same seed types the same. On a dashboard of written-down frames, or (`--real`, as root) on one of this machine.
"""

import argparse
import os
import random
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import psutil

from tests.ui.terminal.real_terminal import FAKE, Screen

SPECIAL = (
    *("\r", "\t", "\x1b[Z", "\x7f", "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D", "\x1b[5~", "\x1b[6~", "\x1b[H", "\x1b[F"),
    *(
        "\x01",
        "\x05",
        "\x0b",
        "\x0f",
        "\x10",
        "\x12",
        "\x15",
        "\x17",
        "\x0a",
        "\x1b\r",
        "\x1bOP",
        "\x1bOS",
        "\x1b[I",
        "\x1b[O",
    ),
)
"""Keys that are no characters, without Ctrl-C, Ctrl-Q, Ctrl-Z and F10; and a terminal's focus that comes and goes."""
LETTERS = "".join(map(chr, range(0x20, 0x7F))).replace("q", "") + "äß漢"
PROMPTS = "f:/te?\x10"
TEXTS = (
    "views { @a = count(); }",
    "hot { @a = count(); }",
    "refused { @b = count(); }",
    "BEGIN { @x = 1; }",
    "nginx",
    "12",
)
SIZES = ((160, 50), (100, 30), (60, 20), (20, 5), (80, 24), (250, 60), (41, 11))
PATIENCE_S = 10.0
_LOOKS = 20
"""Looks at what the process does, one each 50 ms: one that mostly waits has nothing left to do."""
CHECKS = {
    ":": "new pane",
    "f": "filter",
    "/": "search",
    "t": "latency of",
    "?": "Esc closes",
    "\x10": "Search for commands",
}
"""A key, and what the screen shows after it and not before."""
BAR = ("f filter", "/ search")
"""What the key bar says with the same words."""


@contextmanager
def load(processes: int) -> Iterator[None]:
    """Keep the CPUs busy meanwhile."""
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(processes)]
    try:
        yield
    finally:
        for one in busy:
            one.kill()
            one.wait()


class Typist:
    """Types what a seed says."""

    def __init__(self, seed: int, arguments: tuple[str, ...]) -> None:
        self._random = random.Random(seed)
        self._arguments = arguments
        self.last: deque[str] = deque(maxlen=12)
        """The bursts that were typed last."""
        self.bursts = self.ended = 0
        self.screen = self._start()

    def _start(self) -> Screen:
        screen = Screen(self._arguments, (100, 30), VISUAL="true", XDG_STATE_HOME="/nonexistent")
        assert screen.shows("? help")
        screen.read_for(1.0)
        return screen

    def burst(self) -> None:
        """Type something, at once or slowly, on a terminal of any size."""
        pick = self._random
        self.bursts += 1
        if pick.random() < 0.05:
            self.screen.resize(*pick.choice(SIZES))
        keys = "".join(self._key() for _ in range(pick.randint(1, 25)))
        self.last.append(keys)
        self.screen.type(keys, pause_s=pick.choice((0.0, 0.0, 0.0, 0.005)))
        alive = self.screen.read_for(pick.choice((0.0, 0.02, 0.1, 0.4)))
        if not alive:  # the palette, or a click on the bar, has a way to quit
            code = self.screen.exit_code()
            assert code == 0, f"it ended with {code}:\n{self.screen.output.decode(errors='replace')[-3000:]}"
            self.ended += 1
            self.screen = self._start()

    def _key(self) -> str:
        pick = self._random
        kind = pick.random()
        if kind < 0.55:
            return pick.choice(LETTERS)
        if kind < 0.70:
            return pick.choice(SPECIAL)
        if kind < 0.80:
            return pick.choice(PROMPTS)
        if kind < 0.86:
            return "\x1b[27u"  # Esc, as terminals write it that tell it from the start of another key
        if kind < 0.92:
            text = pick.choice(TEXTS) + pick.choice(("\r", "", "\r1", "\rx"))
            return pick.choice((text, f":{text}", f"\x1b[200~{text}\x1b[201~"))
        x, y, button = pick.randint(1, 100), pick.randint(1, 30), pick.choice((0, 0, 0, 2, 64, 65))
        return f"\x1b[<{button};{x};{y}M" + (f"\x1b[<{button};{x};{y}m" if button < 64 else "")

    def dead_key(self) -> str:
        """Press Esc three times, then every key of `CHECKS`; return the first that does not work, with the screen."""
        screen = self.screen
        screen.resize(100, 30)
        self._until_done()
        if not screen.reads_until(self._has_terminal, PATIENCE_S):  # the editor of Ctrl-O has it for a moment
            return "it never came back from the editor"
        self._until_done()
        screen.escape()
        for key, shown in CHECKS.items():
            if not screen.reads_until(partial(self._shows, shown, False), PATIENCE_S):
                return f"before {key!r} the screen has {shown!r}:\n{screen.text}"
            screen.type(key)
            if not screen.reads_until(partial(self._shows, shown, True), PATIENCE_S):
                return f"{key!r} does not show {shown!r}:\n{screen.text}"
            screen.escape(2)
        return ""

    def _until_done(self) -> None:
        """Wait until what was typed was done: on a busy machine that takes longer than to type it."""
        process, end = psutil.Process(self.screen.pid), time.monotonic() + 6 * PATIENCE_S
        running = _LOOKS
        while running > _LOOKS // 2 and time.monotonic() < end:
            running = 0
            for _ in range(_LOOKS):
                self.screen.read_for(0.05)
                running += process.status() == psutil.STATUS_RUNNING

    def _has_terminal(self) -> bool:
        output = self.screen.output
        return output.rfind(b"\x1b[?1049h") > output.rfind(b"\x1b[?1049l")

    def _shows(self, wanted: str, is_wanted: bool) -> bool:
        text = self.screen.text
        for words in BAR:
            text = text.replace(words, "")
        return (wanted in text) is is_wanted


def run(seed: int, seconds: float, arguments: tuple[str, ...] = FAKE, *, told: bool = False) -> str:
    """Type for so long; return what was found, empty for nothing."""
    typist = Typist(seed, arguments)
    end = time.monotonic() + seconds
    found = ""
    try:
        while not found and time.monotonic() < end:
            for _ in range(20):
                typist.burst()
            found = typist.dead_key()
            if told:
                print(f"\r{typist.bursts} bursts, {typist.ended} ends", end="", flush=True)
    finally:
        typist.screen.close()
    return f"seed {seed}, {typist.bursts} bursts, the last ones {list(typist.last)}: {found}" if found else ""


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--load", type=int, default=0, help="processes that keep the CPUs busy")
    parser.add_argument("--real", action="store_true", help="tracetop itself, with its tracer")
    options = parser.parse_args()
    arguments = ("-m", "tracetop") if options.real else FAKE
    with load(options.load):
        found = run(options.seed, 60 * options.minutes, arguments, told=os.isatty(1))
    print(found or "every key works")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
