"""The command of ``tracetop run -c``: a child that waits to execute it until the script's probes are attached.

Owns: the child, from the fork to its end. It runs with the rights of who started tracetop: under sudo those of the
user before it. Screen process; to be made before there are threads, and before root is given up.
"""

import os
import shlex
import shutil
import signal
import sys
from contextlib import suppress
from typing import NoReturn

from tracetop.errors import UsageError
from tracetop.source.privileges import become_caller

_NOT_EXECUTED = 127


class Child:
    """A forked process that waits."""

    def __init__(self, command: str) -> None:
        """Fork; `command` is split into words as a shell does. UsageError where there is no such program."""
        words = _words(command)
        self._go_read, self._go = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self._go)
            _execute(words, self._go_read)
        os.close(self._go_read)
        self._status: int | None = None

    def release(self) -> None:
        """Let it execute its program."""
        with suppress(BrokenPipeError):  # it was killed while it waited
            os.write(self._go, b"g")

    def wait(self) -> None:
        """Wait for its end."""
        self._status = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def epitaph(self) -> str:
        """Say how it ended."""
        status = self._status or 0
        if status < 0:
            return f"the command was ended by signal {-status}, {signal.strsignal(-status)}"
        return f"the command ended with exit code {status}"

    def end(self) -> None:
        """Ask it to end, where it still runs."""
        if self._status is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGTERM)
        os.close(self._go)


def _words(command: str) -> list[str]:
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise UsageError(
            "the command's quotes do not match", why=str(error), hint="quote it as for a shell: -c 'ls \"a b\"'"
        ) from error
    if not words or shutil.which(words[0]) is None:
        raise UsageError(
            f"cannot run the command {words[0] if words else ''}".rstrip(),
            why="there is no such program, or it is not executable" if words else "it is empty",
            hint="name a program as a shell finds it; for pipes and variables write -c 'sh -c \"...\"'",
        )
    return words


def _execute(words: list[str], go: int) -> NoReturn:
    """Wait for the word and become the program; end without it where the word never comes."""
    try:
        if os.read(go, 1):
            become_caller()
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)
            os.execvp(words[0], words)
    except BaseException as error:  # nothing above this frame belongs to this process
        print(f"tracetop: {words[0]}: {error}", file=sys.stderr, flush=True)
        os._exit(_NOT_EXECUTED)
    os._exit(0)
