"""The lines that scripts printed, of all the frames between two that are printed.

Owns: putting them together, and counting those that never came. Refuses to own: when a frame is printed (`batch`).
Screen process.
"""

import msgspec

from tracetop.model.frame import Frame, Log, PaneFrame


class Gathered:
    """What each pane's script has printed since the last frame that was printed."""

    def __init__(self) -> None:
        self._logs: dict[str, Log] = {}
        self._skipped: dict[str, int] = {}

    def add(self, frame: Frame) -> None:
        """Take in the lines of a frame, printed or not. A script that was loaded anew counts from 0 again."""
        for name, pane in frame.panes.items():
            for view in pane.views:
                if isinstance(view, Log):
                    self._add(name, view)

    def whole(self, frame: Frame) -> Frame:
        """Return the frame with all lines that were gathered in its logs, and begin anew."""
        panes = {name: self._whole(name, pane) for name, pane in frame.panes.items()}
        self._logs = {name: msgspec.structs.replace(log, first=_end(log), lines=()) for name, log in self._logs.items()}
        return msgspec.structs.replace(frame, panes=panes)

    def _add(self, name: str, log: Log) -> None:
        before = self._logs.get(name)
        if before is None or log.first < _end(before):
            before = msgspec.structs.replace(log, first=log.first if before is None else 0, lines=())
            self._skipped[name] = 0
        self._skipped[name] += log.first - _end(before)
        lines = before.lines + log.lines
        self._logs[name] = msgspec.structs.replace(log, first=_end(log) - len(lines), lines=lines)

    def _whole(self, name: str, pane: PaneFrame) -> PaneFrame:
        log = self._logs.get(name)
        if log is None:
            return pane
        log = msgspec.structs.replace(log, lost=max(log.lost, self._skipped[name]))
        views = tuple(log if isinstance(view, Log) else view for view in pane.views)
        return msgspec.structs.replace(pane, views=views)


def _end(log: Log) -> int:
    """Return the number of the line behind a log's last."""
    return log.first + len(log.lines)
