"""The dashboard in a terminal of a guest, up to four panes that count."""

from pathlib import Path

import pytest

from tests.e2e.tmux import Tmux

pytestmark = pytest.mark.vm


def live(screen: str) -> bool:
    """All four panes show that they count, and nothing loads or failed."""
    return screen.count("complete") >= 4 and "loading" not in screen


def test_four_panes_are_live_and_the_shell_is_back(tmp_path: Path) -> None:
    with Tmux(tmp_path) as tmux:
        tmux.start()
        tmux.wait_until(live, "four live panes")
        tmux.keys("q")
        tmux.wait_for("code=0")
