"""Helpers: a dashboard on a fake source, and what its screen shows."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import TypeVar
from unittest.mock import patch

from rich.style import Style
from textual.pilot import Pilot
from textual.strip import Strip

from tests.ui.fake import FakeSource
from tests.ui.textual_private import draw_now, shown
from tracetop.model.filter import Filter
from tracetop.model.wire.messages import CheckScript, Command, Complete
from tracetop.ui.app import Dashboard

PANES = ("syscalls", "latency", "processes", "stacks")


class Driven:
    """A running dashboard, its source, and the pilot that presses its keys."""

    pilot: Pilot[None]

    def __init__(self, source: FakeSource, filter_: Filter) -> None:
        self.source = source
        self.now_s = 0.0
        """What the dashboard's clock says."""
        self.app = Dashboard(source, PANES, filter_, clock=lambda: self.now_s)

    async def tick(self, times: int = 1) -> None:
        """Let frames come."""
        for _ in range(times):
            self.source.tick()
            await self.pilot.pause()
        await self.pilot.pause()  # a view that a frame brought is laid out only now

    async def press(self, *keys: str) -> None:
        """Press keys, one after the other."""
        for key in keys:
            await self.pilot.press(key)
            await self.pilot.pause()

    async def type(self, text: str) -> None:
        """Type into a prompt."""
        await self.press(*text)

    async def put(self, text: str) -> None:
        """Put a text into the script prompt, and wait until it was checked and completed."""
        area = self.app.script_prompt.area
        area.insert(text)
        await self.pilot.pause()
        wanted = {CheckScript, Complete} if area.text.strip() else set()
        for _ in range(500):
            if wanted <= {type(one) for one in self.source.sent if getattr(one, "script", "") == area.text}:
                break
            await self.pilot.pause(0.01)
        await self.pilot.pause()

    @property
    def has_quit(self) -> bool:
        """Whether the app was told to end."""
        return self.app.return_code is not None

    @property
    def strips(self) -> list[Strip]:
        """What is on the screen."""
        return shown(self.app.screen)

    @property
    def lines(self) -> list[str]:
        """The text on the screen."""
        return [strip.text for strip in self.strips]

    @property
    def view_lines(self) -> list[str]:
        """The text of the view that has, or had last, the focus."""
        x, y, width, height = self.app.grid.pane.view.region
        return [line[x : x + width] for line in self.lines[y : y + height]]

    def style_of(self, text: str) -> Style | None:
        """The style that a text on the screen begins in."""
        segments = (segment for strip in self.strips for segment in strip)
        return next(segment.style for segment in segments if text in segment.text)

    @property
    def text(self) -> str:
        """The text on the screen as one string."""
        return "\n".join(self.lines)

    def picture(self) -> str:
        """Text and styles of the screen: under each line of text one with a letter for the style of each cell."""
        letters: dict[str, str] = {}
        rows: list[str] = []
        for strip in self.strips:
            styles = "".join(_letter(segment.style, letters) * segment.cell_length for segment in strip)
            rows += ["".join(segment.text for segment in strip).rstrip(), styles]
        legend = [f"{letter} {name}" for name, letter in letters.items()]
        return "\n".join([*rows, "", *legend, ""])


def _letter(style: Style | None, letters: dict[str, str]) -> str:
    name = str(style)
    return letters.setdefault(name, chr(ord("A") + len(letters)) if len(letters) < 26 else chr(71 + len(letters)))


@asynccontextmanager
async def dashboard(
    size: tuple[int, int] = (160, 50), ticks: int = 2, filter_: Filter | None = None, source: FakeSource | None = None
) -> AsyncIterator[Driven]:
    """Run a dashboard that has had some frames; its clock stands still."""
    driven = Driven(source or FakeSource(), filter_ or Filter())
    settle = partial(idle, driven.app)
    with patch("textual.pilot.wait_for_idle", settle), patch("textual.app.wait_for_idle", settle):
        async with driven.app.run_test(size=size) as driven.pilot:
            await driven.pilot.pause()
            await driven.tick(ticks)
            yield driven


async def idle(app: Dashboard, *_: float) -> None:
    """Return when the screen is drawn and no task can go on: all wait for a timer, a file or a thread.

    Stands in for Textual's own, which looks every 20 ms whether the process used the CPU meanwhile: most of the time
    of a test that presses ten keys.
    """
    ready = asyncio.get_running_loop()._ready  # type: ignore[attr-defined]
    await asyncio.sleep(0)
    while True:
        while ready:
            await asyncio.sleep(0)
        draw_now(app.screen)
        if not ready:
            return


Kind = TypeVar("Kind", bound=Command)


@asynccontextmanager
async def typed(text: str, *keys: str, size: tuple[int, int] = (160, 50)) -> AsyncIterator[Driven]:
    """Run a dashboard whose script prompt has this text, after these keys."""
    async with dashboard(size) as on:
        await on.press(":")
        await on.put(text)
        await on.press(*keys)
        yield on


def text_of(on: Driven) -> str:
    """Return what is in the script prompt."""
    return on.app.script_prompt.area.text


def sent(on: Driven, kind: type[Kind]) -> list[Kind]:
    """Return the commands of one kind that the source was sent."""
    return [command for command in on.source.sent if isinstance(command, kind)]
