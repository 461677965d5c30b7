"""One script, run as bpftrace would run it: loaded, begun, attached, printed as its events come, ended.

Owns: the order of these steps, what an event asks for, and when the run is over. Refuses to own: what anything looks
like (`printed`), files and commands of the user (the reader has the rights that they need). The tracer's one thread.
"""

import os
import select
import struct
from contextlib import closing, suppress

from tracetop.bpf.session import Loaded
from tracetop.errors import TracetopError, UsageError
from tracetop.lang import compile_script
from tracetop.lang.options import Options
from tracetop.model import message as m
from tracetop.model.control import pack_control
from tracetop.model.kernel import Kernel
from tracetop.model.program import Exit, Format, MapAction
from tracetop.tracer.chores import Chores
from tracetop.tracer.pipe import Inbox, Outbox
from tracetop.tracer.printed import Printer
from tracetop.tracer.printing.decode import Names, raw_text, terminal_text

_CODE = struct.Struct("=q")
_CHUNK_CHARACTERS = 1 << 16
"""Text that is sent at once while more events wait; once none waits, all of it is sent."""
_TO_STDERR = ("errorf", "warnf")


def serve(inbox: Inbox, outbox: Outbox, kernel: Kernel, names: Names) -> None:
    """Carry out each `Run` that comes, one after the other, until the asker goes or stops without a run to stop."""
    while not inbox.closed:
        select.select([inbox.fd], [], [])
        for command in inbox.commands():
            if isinstance(command, m.Stop):
                return
            if isinstance(command, m.Run):
                os.set_blocking(outbox.fd, False)
                try:
                    ScriptRun(command, inbox, outbox, names).run(kernel)
                except TracetopError as error:
                    os.set_blocking(outbox.fd, True)
                    outbox.send(m.Fatal(error.diagnostic))


class ScriptRun:
    """A run, from its command to `Finished`."""

    def __init__(self, order: m.Run, inbox: Inbox, outbox: Outbox, names: Names) -> None:
        self._order = order
        self._inbox = inbox
        self._outbox = outbox
        self._names = names
        self._text: list[str] = []
        self._characters = 0
        self._over = False
        """True once the script, its process or the asker ended it."""
        self._exit_code: int | None = None
        """What the script gave to ``exit``, None where it has not."""

    def run(self, kernel: Kernel) -> None:
        """Carry it out. Raises what compiling, loading and attaching raise; an asker that has gone is no fault."""
        order = self._order
        options = Options(params=order.params, pid=order.pid, child=order.child, unsafe=order.unsafe)
        program = compile_script(order.script, order.name, kernel, options)
        target = _open_process(order.pid) if order.pid else None
        try:
            with suppress(BrokenPipeError), closing(Loaded.load(program)) as loaded:
                clean = terminal_text if order.terminal else raw_text
                self._live(loaded, Printer(loaded, self._names, json=order.json, clean=clean), target)
        finally:
            if target is not None:
                os.close(target)

    def _live(self, loaded: Loaded, printer: Printer, target: int | None) -> None:
        probes = sum(len(probe.names) for probe in loaded.program.probes)
        notes = loaded.program.notes
        loaded.set_control(pack_control(self._order.filter))
        if not self._order.dry_run:
            loaded.run_begin()
            loaded.attach()
            notes += loaded.notes
        self._outbox.send(m.Attached(probes))
        if not self._order.dry_run:
            self._take(loaded, printer)
            self._serve(loaded, printer, target)
            self._end(loaded, printer)
            notes += _losses(loaded)
        os.set_blocking(self._outbox.fd, True)
        self._outbox.send(m.Finished(self._exit_code or 0, notes))

    def _serve(self, loaded: Loaded, printer: Printer, target: int | None) -> None:
        """Print what comes until the run is over."""
        readers = [fd for fd in (self._inbox.fd, target) if fd is not None]
        events = [loaded.event_fd] if loaded.event_fd is not None else []
        chores = Chores(loaded, self._names.remember, self._order.pid, self._order.child)
        while not self._over:
            # While the reader does not keep up, events wait in the kernel's buffer, and those that find no room there
            # are counted.
            late = self._outbox.blocked
            readable, writable, _ = select.select(
                readers if late else readers + events, [self._outbox.fd] if late else [], [], chores.every_s
            )
            if writable:
                self._outbox.flush()
            if self._inbox.fd in readable:
                self._listen()
            self._over = self._over or target in readable
            if not late:
                self._take(loaded, printer)
            chores.do()

    def _listen(self) -> None:
        stops = [isinstance(command, m.Stop) for command in self._inbox.commands()]
        if self._inbox.closed:
            raise BrokenPipeError
        self._over = self._over or any(stops)

    def _end(self, loaded: Loaded, printer: Printer) -> None:
        """Take the probes off, print what they sent, run END, print the maps."""
        os.set_blocking(self._outbox.fd, True)
        loaded.detach()
        self._take(loaded, printer)
        left, self._exit_code = self._exit_code, None
        loaded.run_end()
        self._take(loaded, printer)
        self._exit_code = left if left is not None else self._exit_code
        if loaded.program.options.get("print_maps_on_exit") != "False":
            self._say("" if self._order.json else "\n\n")
            self._say(printer.maps())
        self._send_text()
        if lost := loaded.lost_events():
            self._outbox.send(m.Output(printer.lines.lost(lost).encode(), error=not self._order.json))

    def _take(self, loaded: Loaded, printer: Printer) -> None:
        """Do what events ask for until no more wait; a script that called ``exit`` asks for nothing any more."""
        while events := loaded.events():
            for number, payload in events:
                if self._exit_code is None:
                    self._do(loaded, printer, number, payload)
            if self._outbox.blocked and not os.get_blocking(self._outbox.fd):
                break
        self._send_text()

    def _do(self, loaded: Loaded, printer: Printer, number: int, payload: bytes) -> None:
        action = loaded.program.actions[number]
        match action:
            case Format(verb="cat"):
                self._send_text()
                self._outbox.send(m.ShowFile(printer.words(action, payload)))
            case Format(verb="system"):
                self._send_text()
                self._outbox.send(m.Execute(printer.words(action, payload)))
            case Format(verb=verb) if verb in _TO_STDERR:
                self._send_text()
                self._outbox.send(m.Output(os.fsencode(printer.text(number, payload)), error=True))
            case MapAction():
                (loaded.clear if action.verb == "clear" else loaded.zero)(action.map_name)
            case Exit():
                self._exit_code = int(_CODE.unpack_from(payload)[0])
                self._over = True
            case _:
                self._say(printer.text(number, payload))

    def _say(self, text: str) -> None:
        self._text.append(text)
        self._characters += len(text)
        if self._characters >= _CHUNK_CHARACTERS:
            self._send_text()

    def _send_text(self) -> None:
        if self._characters:
            self._outbox.send(m.Output("".join(self._text).encode(errors="surrogateescape")))
        self._text.clear()
        self._characters = 0


def _open_process(pid: int) -> int:
    """Return a descriptor that is readable once the process has ended. UsageError where there is none."""
    try:
        return os.pidfd_open(pid)
    except OSError as error:
        raise UsageError(
            f"no process {pid}", why=error.strerror or "", mend="name one that runs: `ps -e` lists them"
        ) from error


def _losses(loaded: Loaded) -> tuple[str, ...]:
    """Return a line for each thing that was counted too low."""
    drops = {name: count for name, count in loaded.drops().items() if count}
    notes = [
        f"{name} was full: {count} updates were dropped; make maps larger with config = {{ max_map_keys = NUMBER }}"
        for name, count in drops.items()
    ]
    if lost := loaded.lost_events():
        notes.append(f"{lost} events were lost, they came faster than they were printed: print less, or count in a map")
    if missed := loaded.missed():
        notes.append(f"{missed} hits were missed: they came while the same probe was at work on that CPU")
    return tuple(notes)
