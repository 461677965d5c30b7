"""How the screen looks: at every size, in every theme, with text that is too long or hostile."""

import msgspec
import pytest

from tests.ui.driving import dashboard
from tests.ui.fake import FakeSource, failed
from tracetop.errors import Diagnostic
from tracetop.model.frame import PaneFrame, Row, Table
from tracetop.model.wire.messages import Refused
from tracetop.ui.actions import GROUPS
from tracetop.ui.draw.theme import DARK, for_terminal, palette
from tracetop.ui.prompts.help import HelpText

SIZES = [(250, 60), (160, 50), (100, 30), (80, 24), (60, 20), (40, 12), (20, 5), (5, 2), (1, 1)]


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_every_size_is_drawn_to_its_edges_and_survives_keys(size: tuple[int, int]) -> None:
    async with dashboard(size) as on:
        await on.press("tab", "tab", "down", "G", "z", "z", "tab", "i", "down", "i", "shift+tab")
        await on.tick()
        assert [len(on.lines), *{len(line) for line in on.lines}] == [size[1], size[0]]


async def test_a_resize_to_almost_nothing_and_back_brings_the_screen_back() -> None:
    async with dashboard() as on:
        before = on.lines
        await on.pilot.resize_terminal(20, 5)
        await on.tick(0)
        assert "System calls" in on.text
        await on.pilot.resize_terminal(160, 50)
        await on.pilot.pause()
        assert on.lines == before


@pytest.mark.parametrize(("paper", "dark"), [("15;0", True), ("0;15", False), ("0;default;7", False), ("", True)])
def test_the_theme_suits_the_terminal_s_background(paper: str, dark: bool) -> None:
    assert for_terminal(paper).dark is dark


async def test_a_narrow_histogram_gives_up_a_percentile_with_its_name() -> None:
    async with dashboard((100, 30)) as on:
        at = on.lines[2][50:]
        assert [word for word in at.split() if word in ("p50", "p90", "p99", "max")] == ["p50", "p99", "max"]


async def test_a_long_script_line_is_shown_where_its_error_is() -> None:
    source = FakeSource()
    line = "tracepoint:a:b { @ = count(); } " * 9 + "HERE" + " } " * 30
    diagnostic = Diagnostic(what="no", hint="write", excerpt=f"{line}\n{' ' * line.index('HERE')}^")
    source.changes["latency"] = lambda pane: msgspec.structs.replace(failed(pane), diagnostic=diagnostic)
    async with dashboard(source=source) as on:
        above = next(place for place, text in enumerate(on.lines) if "HERE" in text)
        assert on.lines[above + 1].index("^") == on.lines[above].index("HERE")
        before, after = on.lines[above].split("HERE")
        assert before.count("…") == after.count("…") == 1


async def test_hostile_names_are_drawn_as_text() -> None:
    evil = "\x1b]0;pwn\x07[red]\u202e\x9b"

    def spoil(pane: PaneFrame) -> PaneFrame:
        table = pane.views[0]
        assert isinstance(table, Table)
        cells = (7, evil, evil, *table.rows[0].cells[3:-1], evil)
        row = Row("7:7", cells, pid=7, comm=evil)
        spoilt = msgspec.structs.replace(table, rows=(row, *table.rows), name=evil)
        diagnostic = Diagnostic(what=evil, hint=evil)
        return msgspec.structs.replace(
            pane, title=evil, views=(spoilt,), notes=(evil,), limits=(evil,), diagnostic=diagnostic
        )

    source = FakeSource()
    source.changes["processes"] = spoil
    async with dashboard((250, 60), source=source) as on:
        await on.press("tab", "tab", "g", "enter")
        on.source.emit(Refused(Diagnostic(what=evil, hint=evil)))
        await on.pilot.pause()
        assert r"\x1b]0;pwn\x07[red]\u202e\x9b" in on.text
        assert all(char.isprintable() for line in on.lines for char in line)


@pytest.mark.parametrize("width", [68, 110, 140])
def test_no_line_of_the_help_is_cut_at_80_columns_or_more(width: int) -> None:
    lines = HelpText(GROUPS).draw(width, 200, palette(DARK))
    text = "\n".join("".join(segment.text for segment in line) for line in lines)
    assert "What the screen says" in text
    assert "…" not in text.replace("1 … 9", "")


async def test_themes_change_every_colour_and_no_text() -> None:
    async with dashboard() as on:
        dark, text = on.picture(), on.text
        on.app.theme = "tracetop-light"
        await on.pilot.pause()
        await on.pilot.pause()
        assert on.text == text
        assert on.picture() != dark
        assert "#14161e" not in on.picture()


async def test_without_colour_everything_is_grey(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with dashboard() as on:
        colours = {segment.style.color for strip in on.strips for segment in strip if segment.style}
        triplets = [colour.get_truecolor() for colour in colours if colour]
        assert triplets
        assert all(max(one) - min(one) <= 2 for one in triplets)
