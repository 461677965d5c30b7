"""What a tick sends to the terminal: it makes the screen right, and it is little."""

import io
import re
from collections.abc import Iterable
from typing import Any

import pytest
from rich.color import ColorSystem
from rich.console import Console
from textual.strip import Strip

from tests.ui.driving import Driven, dashboard
from tracetop.ui.draw.terminal import SmallUpdate, sgr_codes
from tracetop.ui.draw.textual_private import ChopsUpdate

Cell = tuple[str, tuple[str, ...]]
TOKEN = re.compile(r"\x1b\[([0-9;]*)([HCm])|(.)", re.DOTALL)
TRUECOLOR = Console(file=io.StringIO(), force_terminal=True, color_system="truecolor")


class Terminal:
    """As much of a terminal as an update uses. A wide character stands in its first cell, the second is empty."""

    def __init__(self, strips: Iterable[Strip]) -> None:
        self.rows = [list(cells_of(strip)) for strip in strips]

    def write(self, text: str) -> None:
        x = y = 0
        codes: tuple[str, ...] = ()
        for numbers, verb, char in TOKEN.findall(text):
            if verb == "H":
                y, x = (int(part) - 1 for part in numbers.split(";"))
            elif verb == "C":
                x += int(numbers)
            elif verb == "m":
                codes = tuple(numbers.split(";"))[1:]
            else:
                self.rows[y][x] = (char, codes)
                x += 1


def cells_of(strip: Strip) -> Iterable[Cell]:
    for text, style, _ in strip:
        for char in text:
            yield char, sgr_codes(style, ColorSystem.TRUECOLOR) if style else ()


def recorded(on: Driven, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Have every update of the screen encoded into the list that is returned."""
    sent: list[str] = []

    def display(update: Any) -> None:
        assert isinstance(update, ChopsUpdate), "a tick paints what changed, never the whole screen"
        sent.append(SmallUpdate(update).render_segments(TRUECOLOR))

    monkeypatch.setattr(on.app, "to_display", display)
    return sent


@pytest.mark.parametrize(
    "keys", [(), ("shift+tab", "i", "down"), ("tab", "i"), ("tab", "tab", "down", "down")], ids=str
)
async def test_updates_make_the_terminal_show_what_the_screen_is(
    keys: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with dashboard() as on:
        await on.press(*keys)
        await on.tick(2)
        terminal = Terminal(on.strips)
        sent = recorded(on, monkeypatch)
        await on.tick(5)
        for text in sent:
            terminal.write(text)
        assert sent
        assert terminal.rows == [list(cells_of(strip)) for strip in on.strips]


async def test_a_tick_with_two_fifths_of_the_rates_changed_sends_at_most_6000_bytes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with dashboard(ticks=40) as on:
        sent = recorded(on, monkeypatch)
        await on.tick(20)
        assert sum(len(text.encode()) for text in sent) / 20 <= 6000


async def test_a_frame_with_nothing_new_sends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async with dashboard() as on:
        sent = recorded(on, monkeypatch)
        frame = on.app.session.frame
        assert frame is not None
        on.source.emit(frame)
        await on.pilot.pause()
        assert sent == []
