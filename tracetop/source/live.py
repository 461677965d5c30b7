"""Frames from a tracer process on this machine.

Owns: the pipes to the tracer, the thread that reads them, and what to ask a new tracer for after the old one died.
Refuses to own: starting processes (`spawner`). Screen process; `send` is for any thread.
"""

import os
import select
import signal
import threading
from collections.abc import Iterator

import msgspec

from tracetop.errors import Diagnostic, ExitCode, PrivilegeError, TracerError, TracetopError
from tracetop.model import message as m
from tracetop.source.protocol import Ended, Listener
from tracetop.source.spawner import Spawner

_READ_BYTES = 1 << 18
_STOP_S = 1.0


class LiveSource:
    """A tracer, started at once and listened to from `start` on."""

    def __init__(self, spawner: Spawner) -> None:
        """Start the tracer. Where sudo asks for a password, return once the tracer runs or was refused."""
        self._spawner = spawner
        self._lock = threading.Lock()
        self._unsent = bytearray()
        self._wishes: dict[tuple[object, ...], m.Command] = {}
        self._listener: Listener = _nobody
        self._thread: threading.Thread | None = None
        self._closing = False
        interactive = spawner.asks_password
        self._commands, self._messages = spawner.spawn()
        os.set_blocking(self._commands, False)
        if interactive:
            select.select([self._messages], [], [])

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
        """Start another tracer after Ended, with everything that was last asked for."""
        if self._thread:
            self._thread.join()
        with self._lock:
            self._release()
            try:
                self._commands, self._messages = self._spawner.spawn()
            except TracetopError as error:
                self._listener(Ended(error.diagnostic))
                return
            os.set_blocking(self._commands, False)
            for wish in self._wishes.values():
                self._write(m.encode(wish))
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
            if self._commands >= 0:
                os.close(self._commands)  # the tracer ends with its input
                self._commands = -1
        if self._thread and self._thread.is_alive():
            self._thread.join(_STOP_S)
            self._spawner.kill()

    def _listen(self) -> None:
        fatal: Diagnostic | None = None
        greeted = False
        try:
            for message in self._read():
                greeted = greeted or isinstance(message, m.Hello)
                if isinstance(message, m.Fatal):
                    fatal = message.diagnostic
                self._listener(message)
            cause = self._cause(greeted=greeted)
            self._listener(Ended(fatal or cause))
        except TracerError as error:
            self._spawner.kill()
            self._listener(Ended(error.diagnostic))

    def _read(self) -> Iterator[m.Message]:
        splitter = m.Splitter()
        while data := os.read(self._messages, _READ_BYTES):
            for body in splitter.feed(data):
                yield m.decode_message(body)

    def _cause(self, *, greeted: bool) -> Diagnostic | None:
        """Say why the tracer ended, by its exit status and whether it ever said Hello; None where we asked it to."""
        status = self._spawner.exit_status(_STOP_S)
        if self._closing:
            return None
        if self._spawner.through_sudo and not greeted:
            return PrivilegeError(
                "the tracer was not started",
                why="sudo did not allow it",
                mend="run tracetop as root, or as a user who may use sudo",
            ).diagnostic
        why = f"exit status {status}"
        if status is None:
            why = "it closed its pipe"
        elif status < 0:
            why = f"killed by {signal.Signals(-status).name}"
        return Diagnostic(
            what="the tracer ended",
            why=why,
            mend="restart it; if it ends again, leave out the pane that was switched on last",
            code=ExitCode.TRACER,
        )

    def _remember(self, command: m.Command) -> None:
        match command:
            case m.Start():
                self._wishes = {(m.Start,): command}
            case m.SetFilter() | m.SetInterval():
                start = self._wishes.get((m.Start,))
                if isinstance(start, m.Start):
                    change = msgspec.structs.asdict(command)
                    self._wishes[(m.Start,)] = msgspec.structs.replace(start, **change)
            case m.SetSort():
                self._wishes[m.SetSort, command.pane, command.table] = command
            case m.SetEnabled() | m.SetParams() | m.SelectVariant() | m.SetOffsets():
                self._wishes[type(command), command.pane] = command

    def _write(self, data: bytes) -> None:
        """Write what the pipe takes; the rest goes out with the next command."""
        if self._commands < 0:
            return
        self._unsent += data
        try:
            written = os.write(self._commands, self._unsent)
        except BlockingIOError:
            return
        except BrokenPipeError:  # Ended comes, or has come, from the reading side
            written = len(self._unsent)
        del self._unsent[:written]

    def _release(self) -> None:
        for descriptor in (self._commands, self._messages):
            if descriptor >= 0:
                os.close(descriptor)
        self._unsent.clear()


def _nobody(message: object) -> None:
    """Stand in until `start` says who listens."""
