"""``tracetop batch``: frames from a source to a text stream, as ``top -b`` does, or as JSON lines.

Owns: what counts as a tick, what of the frames between two of them is printed with the second, when to stop, and the
exit code. Refuses to own: where frames come from (`source`) and
how they look (`report`, `digest`). Screen process; the source's thread fills a queue, the caller's thread prints.
"""

import queue
import shutil
import signal
from typing import TextIO

import msgspec

from tracetop.errors import Diagnostic, ExitCode
from tracetop.headless.digest import json_line
from tracetop.headless.report import text
from tracetop.headless.streams import complain
from tracetop.model.frame import Frame, Log, PaneFrame, PaneState
from tracetop.model.wire.messages import Fatal, Message, Refused
from tracetop.source.source import Ended, Source

_PAPER_WIDTH = 160
"""Cells of a line where the output is not a terminal."""
_WAITING = 64
"""Messages kept for a reader that is slower than the ticks; then the oldest go, and `seq` shows the gap."""

_WARM_UP = 2
"""Reads from the frame in which every pane has loaded to the first tick: the read between the two comes early, so
that a screen has something to show, and is not a whole interval."""


def run_batch(source: Source, ticks: int | None, as_json: bool, out: TextIO) -> int:
    """Print `ticks` frames (None: until interrupted), close the source and return the exit code.

    Frames before the first whole interval in which every pane ran are not printed and do not count. Ends early where
    the source does, where no pane can run at all, and on Ctrl-C (130). Raises what writing to `out` raises.
    """
    printed = _Printed(source, ticks, as_json, out)
    try:
        source.start(printed.keep)
        return printed.until_the_end()
    except KeyboardInterrupt:
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # it may come twice, as from timeout(1)
        try:
            printed.last_words()
        finally:
            signal.signal(signal.SIGINT, before)
        return 128 + signal.SIGINT
    finally:
        source.close()


class _Printed:
    """The ticks that are printed, and the messages that wait for it."""

    def __init__(self, source: Source, ticks: int | None, as_json: bool, out: TextIO) -> None:
        self._source = source
        self._ticks = ticks
        self._as_json = as_json
        self._out = out
        self._inbox: queue.SimpleQueue[Message | Ended] = queue.SimpleQueue()
        self._gathered = Gathered()

    def keep(self, message: Message | Ended) -> None:
        """Queue a message; never wait, since the source's thread must go on reading."""
        while self._inbox.qsize() >= _WAITING:
            try:
                self._inbox.get_nowait()
            except queue.Empty:
                break
        self._inbox.put(message)

    def until_the_end(self) -> int:
        """Print ticks until there were as many as wanted, or the source ends; return the exit code."""
        printed, first_seq, last_seq = 0, None, -1
        while True:
            message = self._inbox.get()
            if isinstance(message, Fatal | Ended):
                return _ended(message)
            if isinstance(message, Refused):
                complain(message.diagnostic)
            if not isinstance(message, Frame):
                continue
            self._gathered.add(message)
            loading = any(pane.state is PaneState.LOADING for pane in message.panes.values())
            if message.seq == last_seq or loading:
                continue
            if first_seq is None:
                first_seq = message.seq + _WARM_UP
            hopeless = _hopeless(message)
            if message.seq < first_seq and hopeless is None:
                continue
            last_seq, printed = message.seq, printed + 1
            if printed == self._ticks:
                self._finish()
            self._print(message)
            if hopeless is not None:
                return _ended(Fatal(hopeless))
            if printed == self._ticks:
                return ExitCode.OK

    def last_words(self) -> None:
        """Stop the scripts; where they still say something, such as in END, print one more tick that has it."""
        last = self._finish()
        if last is not None and self._gathered.has_lines():
            self._print(last)

    def _finish(self) -> Frame | None:
        """Stop the scripts and gather what they still print; return the last frame."""
        self._source.close()
        last = None
        while not self._inbox.empty():
            message = self._inbox.get()
            if isinstance(message, Frame):
                self._gathered.add(message)
                last = message
        return last

    def _print(self, frame: Frame) -> None:
        frame = self._gathered.whole(frame)
        self._out.write(json_line(frame) + "\n" if self._as_json else text(frame, _width(self._out)))
        self._out.flush()


def _hopeless(frame: Frame) -> Diagnostic | None:
    """Return the first pane's diagnostic where no pane at all can run."""
    panes = frame.panes.values()
    failed = [pane.diagnostic for pane in panes if pane.state is PaneState.FAILED]
    return failed[0] if failed and len(failed) == len(panes) else None


def _ended(message: Fatal | Ended) -> int:
    if message.diagnostic is None:
        return ExitCode.OK
    complain(message.diagnostic)
    return message.diagnostic.code


def _width(out: TextIO) -> int:
    return shutil.get_terminal_size().columns if out.isatty() else _PAPER_WIDTH


class Gathered:
    """The lines that each pane's script printed since the last frame that was printed, and how many never came."""

    def __init__(self) -> None:
        self._logs: dict[str, Log] = {}
        self._skipped: dict[str, int] = {}

    def add(self, frame: Frame) -> None:
        """Take in the lines of a frame, printed or not. A script that was loaded anew counts from 0 again."""
        for name, pane in frame.panes.items():
            for view in pane.views:
                if isinstance(view, Log):
                    self._add(name, view)

    def has_lines(self) -> bool:
        """Say whether there are lines that were not printed yet."""
        return any(log.lines for log in self._logs.values())

    def whole(self, frame: Frame) -> Frame:
        """Return the frame with all lines that were gathered in its logs, and start anew."""
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
    """Return the number of the line after a log's last."""
    return log.first + len(log.lines)
