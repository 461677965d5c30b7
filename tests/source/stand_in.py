"""A program that speaks the tracer's side of the protocol, without a kernel: what `Spawner` starts in these tests.

Says Hello, then repeats each command as a log line; a path as a filter's task name makes it ask for that file. Some
task names in a filter make it misbehave; its first word on the command line makes it do so from the start.
"""

import os
import signal
import sys
import time
from typing import NoReturn

from tracetop.errors import Diagnostic, ExitCode
from tracetop.model.filter import Filter
from tracetop.model.frame import Frame
from tracetop.model.wire import messages as m

HELLO = m.Hello(m.PROTOCOL, 0, "stand-in", "here")


def last_frame() -> Frame:
    return Frame(seq=1, time=0.0, elapsed_s=1.0, interval_s=1.0, filter=Filter(), panes={}, final=True)


def fatal() -> Diagnostic:
    return Diagnostic(what="no BPF here", hint="use another kernel", code=ExitCode.KERNEL)


def say(message: m.Message) -> None:
    data = m.encode(message)
    while data:
        data = data[os.write(1, data) :]


def misbehave(how: str) -> None:
    match how:
        case "die":
            os.kill(os.getpid(), signal.SIGKILL)
        case "leave":
            sys.exit(3)
        case "babble":
            os.write(1, b"\xff" * 64)
        case "fatal":
            say(m.Fatal(fatal()))
            sys.exit(int(ExitCode.KERNEL))
        case "hang":
            hang()
        case "slow":
            time.sleep(0.5)


def hang() -> NoReturn:
    """Stay whatever happens to the pipes."""
    while True:
        time.sleep(60)


def main() -> None:
    misbehave(sys.argv[1] if len(sys.argv) > 1 else "")
    say(m.Hello(m.PROTOCOL, os.getpid(), "stand-in", "here"))
    splitter = m.Splitter()
    while data := os.read(0, 65536):
        for body in splitter.feed(data):
            command = m.decode_command(body)
            if isinstance(command, m.Stop):
                say(last_frame())
                return
            say(m.LogLines((repr(command),)))
            if isinstance(command, m.SetFilter) and command.filter.comm.startswith("/"):
                say(m.ShowFile(command.filter.comm, 7))
            elif isinstance(command, m.SetFilter):
                misbehave(command.filter.comm)


if __name__ == "__main__":
    main()
