"""Frames from a tracer process on this machine.

Owns: the pipes to the tracer, the thread that reads them, and what to ask a new tracer for after the old one died.
Refuses to own: starting processes (`spawner`). Screen process; `send` is for any thread.
"""

import os
import select
import signal
import threading
from collections.abc import Iterator
from typing import Any

import msgspec

from tracetop.errors import Diagnostic, ExitCode, TracerError, TracetopError
from tracetop.model.wire import messages as m
from tracetop.source.script_files import shown_file
from tracetop.source.source import Ended, Listener
from tracetop.source.spawner import Spawner, sudo_refused

_READ_BYTES = 1 << 18
_STOP_S = 1.0


class LiveSource:
    """A tracer, started at once and listened to from `start` on."""

    def __init__(self, spawner: Spawner) -> None:
        """Start the tracer. Where sudo asks for a password, return once the tracer runs.

        PrivilegeError where sudo refused, while the terminal is still the caller's.
        """
        self._spawner = spawner
        self._lock = threading.Lock()
        self._unsent = bytearray()
        self._wishes: dict[tuple[object, ...], m.Command] = {}
        self._listener: Listener = lambda _: None
        self._thread: threading.Thread | None = None
        self._closing = False
        self._wake = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._commands, self._messages = spawner.spawn()
        os.set_blocking(self._commands, False)
        self._first = b""
        """The first bytes of a tracer that sudo started: they say that it did."""
        if spawner.through_sudo:  # this first time it may ask on the terminal
            self._first = os.read(self._messages, _READ_BYTES)
            if not self._first:
                self.close()
                raise sudo_refused()

    def start(self, listener: Listener) -> None:
        """Begin to pass messages on, from this source's own thread."""
        self._listener = listener
        self._thread = threading.Thread(target=self._listen, name="tracetop-source", daemon=True)
        self._thread.start()

    def send(self, command: m.Command) -> None:
        """Pass a command on, and remember it for the next tracer. Never blocks."""
        with self._lock:
            self._remember(command)
            self._write(m.encode(command))

    def restart(self) -> None:
        """Start another tracer after Ended, with everything that was last asked for. Does nothing once closed."""
        if self._thread:
            self._thread.join()
        if self._closing:
            return
        try:
            with self._lock:
                self._release()
                self._commands, self._messages = self._spawner.spawn()
                os.set_blocking(self._commands, False)
                for wish in self._wishes.values():
                    self._write(m.encode(wish))
        except TracetopError as error:
            self._listener(Ended(error.diagnostic))
        else:
            self.start(self._listener)

    def close(self) -> None:
        """Ask the tracer to stop, wait a moment, then cut its input and kill it."""
        if self._closing:
            return
        self._closing = True
        self.send(m.Stop())
        if self._thread:
            self._thread.join(_STOP_S)
        with self._lock:
            self._commands = _closed(self._commands)  # the tracer ends with its input
        if self._thread is None:
            self._spawner.kill()  # it was never listened to: nothing of it is wanted
        elif self._thread.is_alive():
            self._thread.join(_STOP_S)
            self._spawner.kill()
            self._thread.join(_STOP_S)
        self._spawner.close()
        if self._thread is None or not self._thread.is_alive():
            self._release()
            self._wake = _closed(self._wake)

    def _listen(self) -> None:
        fatal: Diagnostic | None = None
        greeted = False
        try:
            for message in self._read():
                greeted = greeted or isinstance(message, m.Hello)
                if isinstance(message, m.Fatal):
                    fatal = message.diagnostic
                if isinstance(message, m.ShowFile) and message.serial:
                    self._show_file(message)
                else:
                    self._listener(message)
            cause = self._cause(greeted=greeted)
            self._listener(Ended(fatal or cause))
        except TracerError as error:
            self._spawner.kill()
            self._listener(Ended(error.diagnostic))

    def _show_file(self, asked: m.ShowFile) -> None:
        """Answer with a file that a pane's script shows: the tracer must not read it, which may read any."""
        data, error = shown_file(asked.path, asked.most)
        self.send(m.FileShown(asked.serial, data + os.fsencode(error)))

    def _read(self) -> Iterator[m.Message]:
        splitter = m.Splitter()
        first, self._first = self._first, b""
        while data := first or self._read_bytes():
            first = b""
            for body in splitter.feed(data):
                yield m.decode_message(body)

    def _read_bytes(self) -> bytes:
        """Wait for bytes from the tracer, empty at the end; meanwhile pass on commands that did not fit the pipe."""
        while True:
            with self._lock:
                writers = [self._commands] if self._unsent and self._commands >= 0 else []
            try:
                readable, writable, _ = select.select([self._messages, self._wake], writers, [])
            except OSError:  # `close` took the commands' end away
                continue
            if self._wake in readable:
                os.eventfd_read(self._wake)
            if writable:
                with self._lock:
                    self._write(b"")
            if self._messages in readable:
                return os.read(self._messages, _READ_BYTES)

    def _cause(self, *, greeted: bool) -> Diagnostic | None:
        """Say why the tracer ended, by its exit status and whether it ever said Hello; None where we asked it to."""
        status = self._spawner.exit_status(_STOP_S)
        if self._closing:
            return None
        if self._spawner.through_sudo and not greeted:
            return sudo_refused().diagnostic
        why = f"exit status {status}"
        if status is None:
            why = "it closed its pipe"
        elif status < 0:
            why = f"killed by signal {-status}, {signal.strsignal(-status)}"
        return Diagnostic(
            what="the tracer ended",
            why=why,
            hint="restart it; if it ends again, leave out the pane that was switched on last",
            code=ExitCode.TRACER,
        )

    def _remember(self, command: m.Command) -> None:
        start = self._wishes.get((m.Start,))
        match command:
            case m.Start():
                self._wishes = {(m.Start,): command}
            case m.SetSort():
                self._wish((m.SetSort, command.pane, command.table), command)
            case m.SetEnabled() | m.SetParams() | m.SelectVariant() | m.SetOffsets():
                self._wish((type(command), command.pane), command)
            case _ if isinstance(start, m.Start):
                self._wishes[(m.Start,)] = started_with(start, command)
        if isinstance(command, m.RemovePane | m.ReplaceScript):  # what was wished of the pane was of its script
            wishes = self._wishes.items()
            self._wishes = {key: wish for key, wish in wishes if getattr(wish, "pane", None) != command.pane}

    def _wish(self, key: tuple[object, ...], command: m.Command) -> None:
        """Keep the last command of its key, in the order of the last ones: a variant chosen switches its pane on."""
        self._wishes.pop(key, None)
        self._wishes[key] = command

    def _write(self, data: bytes) -> None:
        """Write what the pipe takes; the reading thread passes on the rest."""
        if self._commands < 0:
            return
        self._unsent += data
        try:
            written = os.write(self._commands, self._unsent)
        except BlockingIOError:
            written = 0
        except BrokenPipeError:  # Ended comes, or has come, from the reading side
            written = len(self._unsent)
        del self._unsent[:written]
        if self._unsent:
            os.eventfd_write(self._wake, 1)

    def _release(self) -> None:
        """Close what is left of the pipes to a tracer that has ended."""
        self._commands, self._messages = _closed(self._commands), _closed(self._messages)
        self._unsent.clear()


def started_with(start: m.Start, command: m.Command) -> m.Start:
    """Return the Start that opens what is open after the command."""
    panes = start.panes
    match command:
        case m.SetFilter() | m.SetInterval():
            return msgspec.structs.replace(start, **msgspec.structs.asdict(command))
        case m.AddPane():
            panes = (*panes, command.pane)
        case m.RemovePane():
            panes = tuple(pane for pane in panes if pane.name != command.pane)
        case m.ReplaceScript():
            panes = _changed(panes, command.pane, script=command.script, sample=0)
        case m.Proceed():
            panes = _changed(panes, command.pane, sample=command.sample)
    return msgspec.structs.replace(start, panes=panes)


def _changed(panes: tuple[m.PaneRequest, ...], name: str, **changes: Any) -> tuple[m.PaneRequest, ...]:
    return tuple(msgspec.structs.replace(pane, **changes) if pane.name == name else pane for pane in panes)


def _closed(descriptor: int) -> int:
    """Close a descriptor, where it is one, and return the number that stands for none."""
    if descriptor >= 0:
        os.close(descriptor)
    return -1
