"""Whole screens compared with stored ones, character by character and colour by colour.

TRACETOP_UPDATE_SNAPSHOTS=1 writes them anew; look at the difference before it is committed.
"""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
import textual

from tests.ui.driving import dashboard
from tests.ui.fake import FakeSource, failed, lossy
from tracetop.errors import Diagnostic
from tracetop.model.frame import PaneFrame
from tracetop.source.source import Ended

STORED = Path(__file__).parent / "snapshots"
Change = dict[str, Callable[[PaneFrame], PaneFrame]]
SCREENS: dict[str, tuple[tuple[int, int], tuple[str, ...], str, Change]] = {
    "default-160x50": ((160, 50), (), "tracetop-dark", {}),
    "default-100x30": ((100, 30), (), "tracetop-dark", {}),
    "default-80x24": ((80, 24), ("tab",), "tracetop-dark", {}),
    "default-60x20": ((60, 20), (), "tracetop-dark", {}),
    "tiny-20x5": ((20, 5), (), "tracetop-dark", {}),
    "wide-250x60-light": ((250, 60), ("tab", "tab", "down"), "tracetop-light", {}),
    "flame": ((160, 50), ("shift+tab", "i", "down", "down"), "tracetop-dark", {}),
    "drilled-down": ((160, 50), ("tab", "tab", "down", "enter"), "tracetop-dark", {}),
    "off-failed-lossy": ((160, 50), ("4",), "tracetop-dark", {"latency": failed, "syscalls": lossy}),
    "help": ((160, 50), ("question_mark",), "tracetop-dark", {}),
    "prompt": ((100, 30), ("f", "n", "g"), "tracetop-dark", {}),
    "heat-map-zoomed": ((120, 40), ("tab", "z", "i"), "tracetop-dark", {}),
}


@pytest.mark.parametrize("name", SCREENS)
async def test_the_screen_is_as_stored(name: str) -> None:
    size, keys, theme, changes = SCREENS[name]
    source = FakeSource()
    source.changes.update(changes)
    async with dashboard(size, ticks=20, source=source) as on:
        on.app.theme = theme
        await on.pilot.pause()
        await on.press(*keys)
        await on.tick(2)
        on.app.screen.refresh()  # a screen over another draws that again with itself only
        await on.pilot.pause()
        compare(name, on.picture())


async def test_the_banner_after_the_end_is_as_stored() -> None:
    async with dashboard((100, 30), ticks=5) as on:
        on.source.emit(Ended(Diagnostic(what="the tracer was killed", why="signal 9", hint="press R")))
        await on.tick(0)
        compare("ended", on.picture())


def compare(name: str, picture: str) -> None:
    """Compare with the stored file; blending and borders are Textual's, so its version is part of it."""
    stored = STORED / f"{name}.txt"
    head = f"textual {'.'.join(textual.__version__.split('.')[:2])}\n"
    if os.environ.get("TRACETOP_UPDATE_SNAPSHOTS"):
        STORED.mkdir(exist_ok=True)
        stored.write_text(head + picture)
    assert head + picture == stored.read_text()
