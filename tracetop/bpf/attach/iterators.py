"""Programs that the kernel runs for each thing of a kind that it has: each time that a file is read to its end."""

import os
from contextlib import suppress

from tracetop.bpf.sys.syscalls import IterAttr, PerfLinkAttr, bpf
from tracetop.bpf.sys.uapi import Command
from tracetop.model.kinds import ProbeKind

_READ_BYTES = 1 << 16


def run_through(program_fd: int) -> None:
    """Run a program once for each thing there is now. OSError where the kernel does not.

    Since Linux commit ac51d99bf81c ("bpf: Create anonymous bpf iterator"), in v5.8.
    """
    link = bpf(Command.LINK_CREATE, PerfLinkAttr(prog_fd=program_fd, attach_type=ProbeKind.ITER.facts.attach_type))
    try:
        file = bpf(Command.ITER_CREATE, IterAttr(link_fd=link))
        try:
            with suppress(BlockingIOError):  # after very many without output it asks to be read again
                while os.read(file, _READ_BYTES):
                    pass
        finally:
            os.close(file)
    finally:
        os.close(link)
