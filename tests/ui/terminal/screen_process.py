"""The dashboard as a process of its own on a fake source: for tests that need a real terminal."""

import sys

from tests.ui.driving import PANES
from tests.ui.fake import FakeSource
from tracetop.model.filter import Filter
from tracetop.model.frame import Frame, Log, PaneFrame, PaneState
from tracetop.source.source import Listener
from tracetop.ui.app import run_dashboard

LAST_WORDS = ("the end of it", "with \x1b[31m")
"""What a script prints in its END."""


class Ticking(FakeSource):
    """Sends a frame every `interval_s` seconds."""

    def __init__(self, every_s: float) -> None:
        super().__init__()
        self._every_s = every_s

    def start(self, listener: Listener) -> None:
        super().start(listener)
        self.tick()
        self.run(self._every_s)
        self._heard = listener

    def close(self) -> None:
        super().close()
        said = PaneFrame(
            name="mine", title="mine", state=PaneState.ON, views=(Log(name="x", first=0, lines=LAST_WORDS),)
        )
        frame = Frame(
            seq=99, time=0.0, elapsed_s=1.0, interval_s=1.0, filter=Filter(), panes={"mine": said}, final=True
        )
        self._heard(frame)


if __name__ == "__main__":
    sys.exit(run_dashboard(Ticking(float(sys.argv[1])), PANES))
