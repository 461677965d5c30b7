"""``tracetop run``: what one script prints, to a stream; its files and commands; and the command that it watches.

Owns: what each message of a run becomes, what ends a run, and the exit code. Refuses to own: what values look like,
which the tracer decides. Screen process: the source's thread writes, so that a slow reader slows the tracer and nothing
piles up; the caller's thread waits for signals, the command's end and the run's.
"""

import json
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum, auto
from typing import BinaryIO

import msgspec
from msgspec.structs import replace

from tracetop.errors import Diagnostic, ExitCode
from tracetop.headless.streams import OutputError, complain
from tracetop.model.wire import messages as m
from tracetop.source.child import Child
from tracetop.source.script_files import shown_file
from tracetop.source.source import Ended, Source
from tracetop.view.text import escape

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""Signals that end a run as ``exit()`` does."""


class Style(msgspec.Struct, frozen=True, kw_only=True):
    """How a run is shown."""

    quiet: bool = False
    """Without the line about attached probes."""
    verbose: bool = False
    buffered: bool = False
    """Written whenever enough has come together, not at once."""


class _Event(Enum):
    """What the caller's thread waits for."""

    STOP = auto()
    """A signal."""
    SIGNALLED = auto()
    """SIGUSR1, which is for the script."""
    CHILD_ENDED = auto()
    OUTPUT_LOST = auto()
    OVER = auto()


def run_script(source: Source, order: m.Run, style: Style, out: BinaryIO, child: Child | None = None) -> int:
    """Print the run of a script until it ends; return the exit code. Closes the source, ends the child.

    A signal ends it as ``exit()`` would, the second one at once. OutputError where `out` cannot be written to any more.
    """
    events: queue.SimpleQueue[_Event] = queue.SimpleQueue()

    def await_child(child: Child) -> None:
        child.wait()
        events.put(_Event.CHILD_ENDED)

    writer = _Writer(order, style, out, child, events)
    try:
        with _signals(events):
            try:
                source.start(writer.take)
                if child:
                    threading.Thread(target=await_child, args=(child,), daemon=True).start()
                return _wait(source, writer, child, events, verbose=style.verbose)
            finally:  # a signal that comes now changes nothing: the code is the script's
                source.close()
                if child:
                    child.end()
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def _wait(
    source: Source, writer: "_Writer", child: Child | None, events: "queue.SimpleQueue[_Event]", *, verbose: bool
) -> int:
    stopping = False
    while True:
        match events.get():
            case _Event.OVER:
                return writer.code
            case _Event.OUTPUT_LOST if writer.lost:
                raise writer.lost
            case _Event.SIGNALLED:
                source.send(m.Signalled())
                continue
            case _Event.STOP if stopping:
                raise KeyboardInterrupt
            case _Event.STOP:
                stopping = True
                writer.stop()
            case _Event.CHILD_ENDED if child and verbose:
                print(escape(child.epitaph()), file=sys.stderr)
        source.send(m.Stop())


class _Writer:
    """Writes what comes, in the source's thread."""

    def __init__(
        self,
        order: m.Run,
        style: Style,
        out: BinaryIO,
        child: Child | None,
        events: "queue.SimpleQueue[_Event]",
    ) -> None:
        self.code: int = ExitCode.OK
        self._order = order
        self._style = style
        self._out = out
        self._child = child
        self._events = events
        self.lost: OutputError | None = None
        """Why it cannot write any more."""
        self._finished = self._is_attached = False
        self._skips = False
        self._skipped = 0

    def stop(self) -> None:
        """From here on run no command that waits, but those of END: a script may have asked for thousands."""
        self._skips = True

    def take(self, message: m.Message | Ended) -> None:
        """Carry out one message; an output that is lost is an event, or the run would wait for its end for ever."""
        if self._finished:
            return
        try:
            self._take(message)
            if not self._style.buffered or self._finished:
                self._out.flush()
        except OutputError as lost:
            self.lost, self._finished = lost, True
            self._events.put(_Event.OUTPUT_LOST)

    def _take(self, message: m.Message | Ended) -> None:
        match message:
            case m.Output(data=data, error=True):
                self._print_error(data)
            case m.Output(data=data):
                self._out.write(data)
            case m.ShowFile(path=path, most=most):
                self._show_file(path, most)
            case m.Execute(command=command):
                self._execute(command)
            case m.Attached(probes=probes, over=over):
                self._attached(probes, over=over)
            case m.Drained():
                self._skips = False
            case m.Finished(code=code, notes=notes):
                self._end(code, *notes)
            case m.Fatal(diagnostic=diagnostic):
                self._fail(diagnostic)
            case Ended(diagnostic=Diagnostic() as diagnostic):
                too_much = diagnostic.code == ExitCode.TRACER and not self._is_attached
                hint = "run it again; where it ends again, the script is too much for the C compiler: simplify it"
                self._fail(replace(diagnostic, hint=hint) if too_much else diagnostic)
            case Ended():
                self._end(ExitCode.OK)

    def _fail(self, diagnostic: Diagnostic) -> None:
        self._out.flush()
        complain(diagnostic)
        if self._style.verbose and diagnostic.detail:
            print(escape(diagnostic.detail, keep="\n\t"), file=sys.stderr)
        self._end(diagnostic.code)

    def _attached(self, probes: int, *, over: bool) -> None:
        self._is_attached = True
        if not self._style.quiet:
            if self._order.json:
                line = json.dumps({"type": "attached_probes", "count": probes, "data": {"probes": probes}})
                self._out.write(f"{line}\n".encode())
            else:
                verb = "Loaded" if self._order.dry_run else "Attached"
                print(f"{verb} {probes} probe{'' if probes == 1 else 's'}", file=sys.stderr, flush=True)
        if self._child and not self._order.dry_run and not over:
            self._child.release()

    def _end(self, code: int, *notes: str) -> None:
        self._out.flush()
        skipped = [f"{self._skipped} commands of system() were not run any more"] if self._skipped else []
        for note in (*notes, *skipped):
            print(escape(note), file=sys.stderr)
        self.code = code & 0xFF
        self._finished = True
        self._events.put(_Event.OVER)

    def _print_error(self, data: bytes) -> None:
        self._out.flush()
        sys.stderr.write(data.decode(errors="surrogateescape"))
        sys.stderr.flush()

    def _show_file(self, path: str, most: int) -> None:
        data, error = shown_file(path, most)
        if error:
            self._print_error(error.encode())
            return
        self._said("cat", escape(data.decode(errors="surrogateescape"), keep="\n\t").encode())

    def _execute(self, command: str) -> None:
        if self._skips:
            self._skipped += 1
            return
        self._out.flush()
        done = subprocess.run(["/bin/sh", "-c", command], stdout=subprocess.PIPE, check=False)
        self._said("syscall", done.stdout)

    def _said(self, type_: str, data: bytes) -> None:
        if self._order.json:
            data = f"{json.dumps({'type': type_, 'data': data.decode(errors='backslashreplace')})}\n".encode()
        self._out.write(data)


@contextmanager
def _signals(events: "queue.SimpleQueue[_Event]") -> Iterator[None]:
    """Turn the signals that end a program into events, until left."""
    before = {number: signal.signal(number, lambda *_: events.put(_Event.STOP)) for number in STOPPING}
    before[signal.SIGUSR1] = signal.signal(signal.SIGUSR1, lambda *_: events.put(_Event.SIGNALLED))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
