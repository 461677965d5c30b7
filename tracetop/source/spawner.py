"""A small process that starts tracers for the screen, and keeps the privilege to do so when the screen gives it up.

Owns: the tracer's command line, environment and exit status. It is forked from the screen before anything large is
loaded, waits on a socket, and ends when the screen does. The tracer's pipes are made by the screen and passed on.
"""

import contextlib
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from typing import NoReturn

from tracetop.errors import PrivilegeError
from tracetop.model.abi.capabilities import WANTED, named
from tracetop.source.privileges import ambient_capabilities, has_privilege, sudo_user

_ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
"""All that a root tracer gets to see: what the user's shell exports is not to steer a compiler that runs as root.

And `TZ`, which says how times are printed."""
_ZONE = re.compile(r":?(/etc/localtime|(/usr/share/zoneinfo/)?[A-Za-z0-9<][A-Za-z0-9_+\-,./:<>]*)")
"""A time zone by its name, or by its rules; of files only those that the system has for it."""
TRACER = (sys.executable, "-I", "-m", "tracetop.tracer")
"""The command that a tracer is; ``-I`` so that neither the folder nor the environment can slip it other modules."""
RUNNER = (*TRACER, "run")
"""The command of a tracer that runs one script."""
_FIRST, _AGAIN, _KILL, _LEAVE = b"F", b"A", b"K", b"L"
_END_S = 2.0
"""How long a tracer may take to end once its input has, until it is killed."""


def needs_sudo() -> bool:
    """Say whether a tracer has to be started through sudo. PrivilegeError where there is none."""
    if has_privilege():
        return False
    if shutil.which("sudo") is None:
        lacks = [name for name in WANTED if name not in named(ambient_capabilities())]
        raise PrivilegeError(
            "tracetop needs root, or capabilities, to load BPF programs",
            why=f"this is not root, it has not {', '.join(lacks)}, and there is no sudo on this machine",
            hint=f"run it as root, or with {', '.join(WANTED)} as ambient capabilities, or install sudo",
        )
    return True


def sudo_refused() -> PrivilegeError:
    """Return the error of a tracer that sudo did not start."""
    return PrivilegeError(
        "the tracer was not started",
        why="sudo did not allow it",
        hint="run tracetop as root, or as a user who may use sudo or has the capabilities to trace",
    )


class Spawner:
    """The screen's end of the socket."""

    def __init__(
        self, tracer: tuple[str, ...] = TRACER, *, privileged: bool = True, bereft: Callable[[], object] = bool
    ) -> None:
        """Fork. PrivilegeError where no tracer could be started anyway; not `privileged`: without sudo, as it is.

        `bereft` is called in the helper process when this one has ended without `close`.
        """
        sudo_user()  # refused before anything runs as root, where it is nobody
        self.through_sudo = privileged and needs_sudo()
        """True where tracers are started through sudo."""
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._started = False
        self._child = os.fork()
        if self._child == 0:
            self._socket.close()
            _serve(theirs, tracer, bereft, sudo=self.through_sudo)
        theirs.close()

    def spawn(self) -> tuple[int, int]:
        """Start a tracer; return (descriptor to write commands to, descriptor to read messages from).

        PrivilegeError where the helper process is gone.
        """
        while self.exit_status(0) is not None:
            pass  # of a tracer before, that nobody waited for
        command_read, command_write = os.pipe()
        message_read, message_write = os.pipe()
        try:
            order = _AGAIN if self._started else _FIRST
            socket.send_fds(self._socket, [order], [command_read, message_write])
        except OSError as error:
            os.close(command_write)
            os.close(message_read)
            raise PrivilegeError(
                "cannot start another tracer",
                why="the helper process that could has ended",
                hint="leave tracetop and start it again",
            ) from error
        finally:
            os.close(command_read)
            os.close(message_write)
        self._started = True
        return command_write, message_read

    def kill(self) -> None:
        """Kill the running tracer, where that is ours to do."""
        with contextlib.suppress(OSError):  # the spawner is gone: the tracer ends with its input
            self._socket.send(_KILL)

    def exit_status(self, timeout_s: float) -> int | None:
        """Return the exit status of the tracer that ended, negative for a signal; None where it has not."""
        try:
            if not select.select([self._socket], [], [], timeout_s)[0]:
                return None
            data = self._socket.recv(16)
        except (OSError, ValueError):  # the spawner is gone, or `close` was called meanwhile
            return None
        return int(data) if data else None

    def close(self) -> None:
        """End the helper process, which sees to it that no tracer outlives it; idempotent."""
        if self._socket.fileno() >= 0:
            with contextlib.suppress(OSError):  # the spawner is gone
                self._socket.send(_LEAVE)
            self._socket.close()
            os.waitpid(self._child, 0)


def _serve(screen: socket.socket, argv: tuple[str, ...], bereft: Callable[[], object], *, sudo: bool) -> NoReturn:
    """Start tracers until the screen has gone; this is a forked copy of the screen."""
    for number in (signal.SIGQUIT, signal.SIGABRT):  # sent to the group, they end the screen; a tracer takes them
        signal.signal(number, lambda *_: None)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):  # the whole group is told: the screen's to answer
        signal.signal(number, signal.SIG_IGN)
    tracer: subprocess.Popen[bytes] | None = None
    try:
        while True:
            if tracer and _ends_first(tracer, screen):
                screen.send(str(tracer.wait()).encode())
                tracer = None
            order, descriptors, _, _ = socket.recv_fds(screen, 1, 2)
            if order in (b"", _LEAVE):
                if not order:
                    bereft()
                break
            if order == _KILL and tracer:
                _kill(tracer)
            elif len(descriptors) == 2:
                if tracer:
                    _end(tracer)
                tracer = _start(descriptors, argv, sudo=sudo, again=order == _AGAIN)
        if tracer:
            _end(tracer)
    except BaseException:  # nothing above this frame belongs to this process
        os._exit(1)
    os._exit(0)


def _ends_first(tracer: subprocess.Popen[bytes], screen: socket.socket) -> bool:
    """Wait for what comes first, the tracer's end or an order of the screen."""
    pidfd = os.pidfd_open(tracer.pid)
    try:
        return pidfd in select.select([pidfd, screen.fileno()], [], [])[0]
    finally:
        os.close(pidfd)


def _start(descriptors: list[int], argv: tuple[str, ...], *, sudo: bool, again: bool) -> subprocess.Popen[bytes]:
    """Start a tracer on the two pipe ends, which it takes over; it begins in the folder that the user stands in."""
    if sudo:  # a second time the terminal is the dashboard's: nobody could type a password
        how = ("-n",) if again else ("-p", "[tracetop] password of %p to load BPF programs: ")
        argv = ("sudo", *how, "--", *argv)
    environment = {**os.environ} if sudo else {**_ENVIRONMENT, **_time_zone()}
    try:
        return subprocess.Popen(argv, stdin=descriptors[0], stdout=descriptors[1], env=environment)
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


def _time_zone() -> dict[str, str]:
    """Return what the environment says of the time zone, where it leads to no other file than one of a zone."""
    zone = os.environ.get("TZ")
    if zone is None or (zone and not (_ZONE.fullmatch(zone) and ".." not in zone)):
        return {}
    return {"TZ": zone}


def _kill(tracer: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(PermissionError):  # through sudo it is root's: it ends with its input
        tracer.kill()


def _end(tracer: subprocess.Popen[bytes]) -> None:
    """Give a tracer whose input has ended a moment to do so too."""
    try:
        tracer.wait(_END_S)
    except subprocess.TimeoutExpired:
        _kill(tracer)
