"""Who gets how much of the screen: panes in the grid, and views in a pane.

Owns: the arithmetic. Refuses to own: widgets. Pure; screen process.
"""

from collections.abc import Sequence

import msgspec

WIDE = 100
"""From this width on panes stand in two columns."""
_TINY = 12
"""Below this height there is room for one pane and nothing else."""
_LINES_AROUND = 2
"""Header and key bar."""
_LEAST_WIDE = 8
"""Lines of a pane in two columns."""
_LEAST_STACKED = 10
"""Lines from which on stacked panes share alike."""
_BESIDE = ((4, 8), (1, 6))
"""Stacked: lines of a pane without the focus, and at least as many for the one with it."""
_SMALL_VIEW, _LEAST_VIEW = 2, 5


class Arrangement(msgspec.Struct, frozen=True):
    """Where the panes stand."""

    shown: range
    """Which of them are on the screen, from 0."""
    columns: int = 1
    lines: int = 0
    """Lines of each pane but the current one, which gets the rest; 0: all share alike."""
    tabs: bool = False
    """Whether a line of tabs is needed, for not all are on the screen."""


def arrange(count: int, current: int, width: int, height: int) -> Arrangement:
    """Return where `count` panes stand on a screen of `width` by `height` cells, `current` among the shown ones."""
    if height < _TINY:
        return Arrangement(range(current, current + 1))
    room = height - _LINES_AROUND
    if width >= WIDE:
        return _in_columns(count, current, room)
    if room // count >= _LEAST_STACKED:
        return Arrangement(range(count))
    for lines, least in _BESIDE:
        if (count - 1) * lines + least <= room:
            return Arrangement(range(count), lines=lines)
    return Arrangement(range(current, current + 1), tabs=True)


def _in_columns(count: int, current: int, room: int) -> Arrangement:
    columns = min(count, 2)
    if -(-count // columns) * _LEAST_WIDE <= room:
        return Arrangement(range(count), columns)
    most = columns * max(1, (room - 1) // _LEAST_WIDE)
    pages = -(-count // most)
    on_page = -(-count // pages)
    first = current // on_page * on_page
    shown = range(first, min(first + on_page, count))
    return Arrangement(shown, min(columns, len(shown)), tabs=True)


def share(small: Sequence[bool], chosen: int, room: int) -> tuple[int, ...]:
    """Return the lines of each view of a pane with `room` lines; 0 for one that is folded to its heading.

    Every view but an only one has a heading of one line. `small`: which need no more than two lines. The chosen view
    comes first where there is not room for all.
    """
    if len(small) == 1:
        return (max(1, room),)
    left = room - len(small)
    lines = [0] * len(small)
    for place in (chosen, *(place for place in range(len(small)) if place != chosen)):
        least = _SMALL_VIEW if small[place] else _LEAST_VIEW
        if place == chosen or least <= left:
            lines[place] = max(1, min(least, left))
            left -= lines[place]
    growing = [place for place, have in enumerate(lines) if have and not small[place]]
    growing = growing or [place for place, have in enumerate(lines) if have]
    for place in range(max(0, left)):
        lines[growing[place % len(growing)]] += 1
    return tuple(lines)
