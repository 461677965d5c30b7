"""The colours: two themes of our own, and the few styles that views draw with, made from the theme in force.

Owns: what each style means. Refuses to own: who uses it. Colour never carries meaning alone: every state is also
a word or a mark. Pure.
"""

from dataclasses import dataclass

from rich.style import Style
from textual.color import Color
from textual.theme import Theme

DARK = Theme(
    name="tracetop-dark",
    primary="#7aa2f7",
    secondary="#9d7cd8",
    accent="#e0af68",
    foreground="#c8d0e8",
    background="#14161e",
    surface="#1a1d27",
    panel="#232735",
    success="#9ece6a",
    warning="#e0af68",
    error="#f7768e",
    dark=True,
)
LIGHT = Theme(
    name="tracetop-light",
    primary="#2e59c4",
    secondary="#7847bd",
    accent="#8f5e15",
    foreground="#2b3045",
    background="#f7f8fc",
    surface="#eef0f7",
    panel="#dfe3ef",
    success="#3d7a1f",
    warning="#8f5e15",
    error="#b8304c",
    dark=False,
)


def for_terminal(colorfgbg: str) -> Theme:
    """Return the theme for a terminal by its COLORFGBG (``0;15``: black on white); dark where it says nothing."""
    paper = colorfgbg.rpartition(";")[2]
    return LIGHT if paper in ("7", "15") else DARK


HEAT_STEPS = 5
"""Shades of the heat map above empty; few, so that neighbours share one and a tick costs few bytes."""


@dataclass(frozen=True, eq=False)
class Palette:
    """Styles of one theme."""

    text: Style
    dim: Style
    faint: Style
    """Rules, borders, empty cells."""
    title: Style
    value: Style
    """The number a row is read for."""
    bar: Style
    spark: Style
    violet: Style
    """Of a script's own variables."""
    good: Style
    warn: Style
    bad: Style
    key: Style
    """A key to press."""
    cursor: Style
    """Laid over a whole row."""
    cursor_idle: Style
    """The same in a pane without the focus."""
    match: Style
    """What a search found."""
    border: Style
    focus: Style
    heat: tuple[Style, ...]
    """From empty to hottest, HEAT_STEPS + 1 of them."""
    flame: tuple[Style, ...]
    """Fills of the frames of a flame."""
    flame_cursor: Style


def palette(theme: Theme) -> Palette:
    """Return the styles for a theme."""
    generated = theme.to_color_system().generate()
    names = ("foreground", "background", "primary", "secondary", "accent", "success", "warning", "error")
    colors = {name: _opaque(generated[name], theme.dark) for name in names}
    ink, paper, primary = colors["foreground"], colors["background"], colors["primary"]

    def over(color: Color, amount: float) -> Style:
        return Style(color=paper.blend(color, amount).rich_color)

    def fill(color: Color) -> Style:
        return Style(color=paper.rich_color, bgcolor=color.rich_color)

    # from amber to red, near enough to read one text on all of them
    shades = [colors["accent"].blend(colors["error"], part) for part in (0.0, 0.5, 0.2, 0.7, 0.35)]
    hot = [primary, colors["secondary"], colors["error"], colors["accent"]]
    return Palette(
        text=over(ink, 0.92),
        dim=over(ink, 0.62),
        faint=over(ink, 0.3),
        title=over(ink, 1.0) + Style(bold=True),
        value=over(ink, 1.0),
        bar=over(primary, 0.85),
        spark=over(primary, 0.5),
        violet=over(colors["secondary"], 1.0),
        good=over(colors["success"], 0.9),
        warn=over(colors["warning"], 1.0),
        bad=over(colors["error"], 1.0) + Style(bold=True),
        key=over(primary, 1.0) + Style(bold=True),
        cursor=Style(bgcolor=paper.blend(primary, 0.28).rich_color),
        cursor_idle=Style(bgcolor=paper.blend(ink, 0.08).rich_color),
        match=Style(color=paper.rich_color, bgcolor=colors["accent"].rich_color),
        border=over(ink, 0.25),
        focus=over(primary, 1.0),
        heat=(over(ink, 0.2), *(_heat(paper, hot, step / (HEAT_STEPS - 1)) for step in range(HEAT_STEPS))),
        flame_cursor=Style(color=paper.rich_color, bgcolor=ink.rich_color, bold=True),
        flame=tuple(fill(paper.blend(color, 0.85)) for color in shades),
    )


def _heat(paper: Color, stops: list[Color], at: float) -> Style:
    """Return the shade at `at` (0 to 1) of the way along the stops, the coldest near the paper."""
    place = at * (len(stops) - 1)
    low = min(int(place), len(stops) - 2)
    color = stops[low].blend(stops[low + 1], place - low)
    return Style(color=paper.blend(color, 0.7 + 0.3 * at).rich_color)


def _opaque(value: str, dark: bool) -> Color:
    """Return a colour that can be blended; a terminal's own default is taken for black or white."""
    color = Color.parse(value)
    if color.ansi is not None and color.ansi < 0:
        return Color.parse("white" if dark else "black")
    return Color(color.r, color.g, color.b)
