"""What Textual keeps to itself and only tests need: nothing else in the tests of the screen names it.

`tests/ui/draw/test_textual_private.py` says when one of the names is gone.
"""

from typing import Any

from textual.screen import Screen
from textual.strip import Strip


def shown(screen: Screen[Any]) -> list[Strip]:
    """Return what is on the screen, line by line."""
    return screen._compositor.render_strips()


def draw_now(screen: Screen[Any]) -> None:
    """Draw what has changed, as the screen's timer would."""
    screen._on_timer_update()
