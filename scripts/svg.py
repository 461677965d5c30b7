"""A terminal emulator's screen as an SVG picture. Pure."""

from collections.abc import Iterator, Mapping
from html import escape
from itertools import groupby

import pyte
from pyte.screens import Char

_CELL_WIDTH, _CELL_HEIGHT, _FONT_SIZE, _MARGIN = 8.4, 18.0, 14, 12
_BACKGROUND, _FOREGROUND = "#121212", "#d8d8d8"
_NAMED = {
    "black": "#1e1e1e", "red": "#cc5555", "green": "#55aa55", "brown": "#cdcd55", "blue": "#5487cc",
    "magenta": "#b05ab0", "cyan": "#7acaca", "white": "#cccccc",
    "brightblack": "#555555", "brightred": "#ff5555", "brightgreen": "#55cc55", "brightbrown": "#cdcd55",
    "brightyellow": "#ffff88", "brightblue": "#6699ff", "brightmagenta": "#ff88ff", "brightcyan": "#88ffff",
    "brightwhite": "#ffffff",
}  # fmt: skip
_SHADES = {"░": 0.25, "▒": 0.5, "▓": 0.75}


def render(screen: pyte.Screen, title: str) -> str:
    """Return the SVG of the whole screen."""
    width = screen.columns * _CELL_WIDTH + 2 * _MARGIN
    height = screen.lines * _CELL_HEIGHT + 2 * _MARGIN
    body = "\n".join(line for y in range(screen.lines) for line in _line(screen.buffer[y], y, screen.columns))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}">\n'
        f"<title>{escape(title)}</title>\n"
        f'<rect width="100%" height="100%" rx="8" fill="{_BACKGROUND}"/>\n'
        f'<g font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" font-size="{_FONT_SIZE}" '
        f'transform="translate({_MARGIN} {_MARGIN})" xml:space="preserve">\n{body}\n</g>\n</svg>\n'
    )


def _line(cells: Mapping[int, Char], y: int, columns: int) -> Iterator[str]:
    """Yield one rectangle a run of one background, then one text a run of one style."""
    styled = [(x, cells[x], *_colours(cells[x])) for x in range(columns)]
    for back, run in groupby(styled, key=lambda cell: cell[3]):
        xs = [x for x, *_ in run]
        if back != _BACKGROUND:
            yield _box(xs[0], y, 0, 0, len(xs), 1, back)
    for style, run in groupby(styled, key=lambda cell: (cell[2], cell[1].bold, cell[1].italics, cell[1].underscore)):
        yield from _run([(x, char.data) for x, char, *_ in run], y, *style)


def _run(
    cells: list[tuple[int, str]], y: int, colour: str, bold: bool, italic: bool, underlined: bool
) -> Iterator[str]:
    style = (
        f'fill="{colour}"'
        + ' font-weight="bold"' * bold
        + ' font-style="italic"' * italic
        + ' text-decoration="underline"' * underlined
    )
    text = ""
    start = cells[0][0]
    for x, data in [*cells, (cells[-1][0] + 1, "")]:
        shape = _block(data)
        if shape or not data:
            # Spaces at the ends need no ink.
            if text.strip():
                yield _text(start + len(text) - len(text.lstrip()), y, text.strip(), style)
            text, start = "", x + 1
        else:
            text += data
        if shape:
            left, top, width, height, opacity = shape
            yield _box(x, y, left, top, width, height, colour, opacity)


def _text(x: int, y: int, text: str, style: str) -> str:
    # textLength holds the columns together whatever font the viewer has.
    return (
        f'<text x="{x * _CELL_WIDTH:.1f}" y="{(y + 0.76) * _CELL_HEIGHT:.1f}" '
        f'textLength="{len(text) * _CELL_WIDTH:.1f}" {style}>{escape(text)}</text>'
    )


def _box(
    x: float, y: float, left: float, top: float, width: float, height: float, colour: str, opacity: float = 1
) -> str:
    """Return a rectangle at a cell, its four measures in cells."""
    return (
        f'<rect x="{(x + left) * _CELL_WIDTH:.2f}" y="{(y + top) * _CELL_HEIGHT:.2f}" '
        f'width="{width * _CELL_WIDTH:.2f}" height="{height * _CELL_HEIGHT:.2f}" fill="{colour}"'
        + (f' opacity="{opacity:g}"' if opacity < 1 else "")
        + "/>"
    )


def _block(data: str) -> tuple[float, float, float, float, float] | None:
    """Return left, top, width, height in cells and opacity of a block element; None for other characters."""
    if data in _SHADES:
        return 0, 0, 1, 1, _SHADES[data]
    if data == "▀":
        return 0, 0, 1, 0.5, 1
    if data == "▐":
        return 0.5, 0, 0.5, 1, 1
    if "▁" <= data <= "█":
        eighths = ord(data) - 0x2580
        return 0, 1 - eighths / 8, 1, eighths / 8, 1
    if "▉" <= data <= "▏":
        return 0, 0, (0x2590 - ord(data)) / 8, 1, 1
    return None


def _colours(cell: Char) -> tuple[str, str]:
    """Return the colours of ink and paper."""
    ink, paper = _colour(cell.fg, _FOREGROUND), _colour(cell.bg, _BACKGROUND)
    return (paper, ink) if cell.reverse else (ink, paper)


def _colour(name: str, default: str) -> str:
    return default if name == "default" else _NAMED.get(name, f"#{name}")
