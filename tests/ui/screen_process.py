"""The dashboard as a process of its own on a fake source: for tests that need a real terminal."""

import sys

from tests.ui.driving import PANES
from tests.ui.fake import FakeSource
from tracetop.source.source import Listener
from tracetop.ui.app import run_dashboard


class Ticking(FakeSource):
    """Sends a frame every `interval_s` seconds."""

    def __init__(self, every_s: float) -> None:
        super().__init__()
        self._every_s = every_s

    def start(self, listener: Listener) -> None:
        super().start(listener)
        self.tick()
        self.run(self._every_s)


if __name__ == "__main__":
    sys.exit(run_dashboard(Ticking(float(sys.argv[1])), PANES))
