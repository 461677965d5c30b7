"""Helpers: a dashboard on a fake source, and what its screen shows."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from rich.style import Style
from textual.pilot import Pilot

from tests.ui.fake import FakeSource
from tracetop.model.abi.control import Filter
from tracetop.model.wire.messages import CheckScript, Complete
from tracetop.ui.app import Dashboard

PANES = ("syscalls", "latency", "processes", "stacks")


class Driven:
    """A running dashboard, its source, and the pilot that presses its keys."""

    def __init__(self, app: Dashboard, source: FakeSource, pilot: Pilot[None]) -> None:
        self.app, self.source, self.pilot = app, source, pilot

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
        prompt = self.app.script_prompt
        prompt.area.insert(text)
        await self.pilot.pause()
        wanted = {CheckScript, Complete} if prompt.area.text.strip() else set()
        for _ in range(500):
            if wanted <= {type(one) for one in self.source.sent if getattr(one, "serial", 0) == prompt._serial}:
                break
            await self.pilot.pause(0.01)
        await self.pilot.pause()

    @property
    def lines(self) -> list[str]:
        """The text on the screen."""
        return ["".join(segment.text for segment in strip) for strip in self.app.screen._compositor.render_strips()]

    @property
    def text(self) -> str:
        """The text on the screen as one string."""
        return "\n".join(self.lines)

    def picture(self) -> str:
        """Text and styles of the screen: under each line of text one with a letter for the style of each cell."""
        letters: dict[str, str] = {}
        rows: list[str] = []
        for strip in self.app.screen._compositor.render_strips():
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
    source = source or FakeSource()
    app = Dashboard(source, PANES, filter_ or Filter(), clock=lambda: 0.0)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        driven = Driven(app, source, pilot)
        await driven.tick(ticks)
        yield driven
