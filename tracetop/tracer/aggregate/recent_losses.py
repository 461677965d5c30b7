"""What a pane has lost lately, as its rates are about lately: a loss of an hour ago is no word about the last tick.

Owns: the growth of counts over a window of time. Refuses to own: what counts as lost (`PaneFrame.losses`). Tracer.
"""

from collections import deque
from collections.abc import Mapping

from tracetop.model.frame import LOSS_WINDOW_S


class RecentLosses:
    """Counts that only grow, until they are counted anew."""

    def __init__(self) -> None:
        self._marks: deque[tuple[float, Mapping[str, int]]] = deque([(float("-inf"), {})])
        """What was lost up to a time; the first is the last one before the window."""

    def update(self, now_s: float, losses: Mapping[str, int]) -> dict[str, int]:
        """Take what is lost so far, by kind; return how much of it was within the window."""
        before = self._marks[-1][1]
        if any(count < before.get(kind, 0) for kind, count in losses.items()) or before.keys() - losses.keys():
            self._marks = deque([(now_s, {})])
        self._marks.append((now_s, losses))
        while len(self._marks) > 1 and self._marks[1][0] <= now_s - LOSS_WINDOW_S:
            self._marks.popleft()
        start = self._marks[0][1]
        return {kind: count - start.get(kind, 0) for kind, count in losses.items() if count > start.get(kind, 0)}
