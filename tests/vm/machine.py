"""A virtual machine that boots a kernel over the host's own root, which it cannot change, and runs one command there.

Emulated, so it needs no help of the processor: it works within a virtual machine too.
"""

import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from tests.vm.initrd import initrd
from tests.vm.kernels import Kernel

_MEMORY = "1536M"
_CPUS = "2"
_DISK_BYTES = 512 << 20
_TIMED_OUT, _FAILED = 124, 125
_CONSOLE_BYTES = 4000
_READ_ONLY = """
while read -r _ _ _ _ place _; do mount -o remount,bind,ro "$place"; done </proc/self/mountinfo 2>/dev/null
exec "$@"
"""
"""Makes all that is mounted read-only, in a mount namespace of its own."""


def run(kernel: Kernel, command: Sequence[str], *, limit_s: float, heard: Callable[[bytes], None] | None = None) -> int:
    """Run a command as root of a guest, in the current directory; print what it prints, return its exit code.

    124 where it takes longer than `limit_s`, 125 where the guest died; what its kernel said last is printed then.
    `heard` is told each line too.
    """
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tracetop-vm-")))
        archive = directory / "initrd"
        archive.write_bytes(initrd(kernel.modules, f"cd {shlex.quote(str(Path.cwd()))} && exec {shlex.join(command)}"))
        disk = directory / "disk"
        disk.touch()
        os.truncate(disk, _DISK_BYTES)
        ours, guests = socket.socketpair()
        stack.callback(ours.close)
        files = _share(stack, directory)
        words = [*_qemu(kernel, archive, directory / "console", guests.fileno(), files), *_drive(disk)]
        _start(stack, words, [guests.fileno()], directory / "qemu")
        guests.close()
        code = _forward(ours, time.monotonic() + limit_s, heard or (lambda _line: None))
        if code >= _TIMED_OUT:
            print(f"\nthe guest {'took too long' if code == _TIMED_OUT else 'died'}; its last words:", file=sys.stderr)
            for path in (directory / "qemu", directory / "console"):
                print(path.read_bytes()[-_CONSOLE_BYTES:].decode(errors="replace"), file=sys.stderr)
        return code


def _qemu(kernel: Kernel, archive: Path, console: Path, port: int, files: Path) -> list[str]:
    return [
        "qemu-system-x86_64",
        *("-machine", "pc", "-nodefaults", "-no-reboot", "-display", "none", "-serial", f"file:{console}"),
        # Probes patch the kernel's code, which emulated processors do not take well while others run: thread=single.
        # Copies by rep movsb, which these two features stand for, are slow when emulated.
        *("-accel", "tcg,thread=single", "-cpu", "max,-erms,-fsrm", "-smp", _CPUS),
        *("-m", _MEMORY, "-object", f"memory-backend-memfd,id=memory,size={_MEMORY},share=on"),
        *("-numa", "node,memdev=memory"),
        *("-kernel", str(kernel.image), "-initrd", str(archive)),
        *("-append", "console=ttyS0 quiet panic=-1 mitigations=off nokaslr audit=0 random.trust_cpu=on"),
        *("-chardev", f"socket,id=files,path={files}", "-device", "vhost-user-fs-pci,chardev=files,tag=host"),
        *("-chardev", f"socket,id=port,fd={port}", "-device", "virtio-serial-pci"),
        *("-device", "virtserialport,chardev=port,nr=1"),
    ]


def _drive(disk: Path) -> list[str]:
    return ["-drive", f"file={disk},format=raw,if=virtio,cache=unsafe"]


def _share(stack: ExitStack, directory: Path) -> Path:
    """Offer the host's root to the guest; return the socket where it is."""
    path = directory / "files"
    listening = stack.enter_context(socket.socket(socket.AF_UNIX))
    listening.bind(str(path))
    listening.listen(1)
    daemon = _daemon(listening.fileno())
    words = ["unshare", "--mount", "sh", "-c", _READ_ONLY, "sh", *daemon]
    _start(stack, words, [listening.fileno()], directory / "virtiofsd")
    return path


def _daemon(descriptor: int) -> list[str]:
    """Return the command of virtiofsd: a part of qemu's packages until Debian 12, then a package with other options."""
    older = Path("/usr/lib/qemu/virtiofsd")
    if older.exists():
        return [str(older), f"--fd={descriptor}", "-o", "source=/,sandbox=chroot,cache=always"]
    words = ("--shared-dir=/", "--sandbox=chroot", "--cache=always")
    return ["/usr/libexec/virtiofsd", f"--fd={descriptor}", *words]


def _start(stack: ExitStack, words: list[str], descriptors: list[int], log: Path) -> None:
    """Start a process that ends with this one, at the latest."""
    output = stack.enter_context(log.open("wb"))
    process = subprocess.Popen(
        ["setpriv", "--pdeathsig", "KILL", "--", *words],
        pass_fds=descriptors,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
    )
    stack.callback(process.wait)
    stack.callback(process.send_signal, signal.SIGKILL)


def _forward(port: socket.socket, deadline_s: float, heard: Callable[[bytes], None]) -> int:
    """Print what comes until the NUL; return the exit code after it."""
    end = rest_of_line = b""
    while True:
        port.settimeout(max(deadline_s - time.monotonic(), 0.001))
        try:
            data = port.recv(1 << 16)
        except TimeoutError:
            return _TIMED_OUT
        if not data:
            return _FAILED
        text, nul, rest = data.partition(b"\0") if not end else (b"", b"", data)
        sys.stdout.buffer.write(text)
        sys.stdout.buffer.flush()
        *lines, rest_of_line = (rest_of_line + text).split(b"\n")
        for line in lines:
            heard(line)
        end += nul + rest
        if found := re.fullmatch(rb"\0(\d+)\n", end):
            return int(found[1])
