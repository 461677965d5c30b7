"""``python -m tracetop.tracer [run]``: the privileged process. Started by `tracetop.source`, not by a person.

It serves a screen, or with ``run`` one script. Commands come on fd 0, messages leave on what was fd 1 at the start;
fds 1 and 2 then belong to the log.
"""

import contextlib
import os
import platform
import resource
import signal
import socket
import sys

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before numpy is loaded: it would start threads that spin and do nothing here

from tracetop.bpf import CapturedOutput, KernelSymbols, RunningKernel, UserSymbols, check_privileges
from tracetop.errors import Diagnostic, TracetopError
from tracetop.model.syscalls import SyscallNames
from tracetop.model.wire.messages import PROTOCOL, Fatal, Hello
from tracetop.tracer.aggregate.processes import ProcessTable
from tracetop.tracer.pipe import Inbox, Outbox, leave_folder, unforeseen
from tracetop.tracer.printing.machine_names import MachineNames


def main() -> int:
    """Serve the screen at the other end of the pipes; return the exit code."""
    _raise_descriptor_limit()
    # Ctrl-C, timeout(1) and a closed terminal tell the whole process group: that is the screen's to answer.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    output = CapturedOutput()
    outbox = Outbox(output.saved_stdout)
    try:
        kernel = RunningKernel(leave_folder())
        check_privileges()
        outbox.send(Hello(PROTOCOL, os.getpid(), platform.release(), socket.gethostname()))
        names = MachineNames(KernelSymbols(), UserSymbols())
        if sys.argv[1:] == ["run"]:
            from tracetop.tracer.script.script_run import serve  # noqa: PLC0415 - neither loads what only the other needs

            serve(Inbox(0), outbox, kernel, names)
        else:
            from tracetop.tracer.panes.loop import Loop  # noqa: PLC0415
            from tracetop.tracer.panes.script_content import Machine  # noqa: PLC0415
            from tracetop.tracer.script.printed_lines import FileRequests  # noqa: PLC0415

            files = FileRequests(outbox.send)
            machine = Machine(kernel, SyscallNames(kernel.arch), names, ProcessTable(), files)
            Loop(Inbox(0), outbox, machine, output.drain).run()
    except TracetopError as error:
        return _fail(outbox, error.diagnostic)
    except Exception as error:  # the screen is to show even what we did not foresee
        return _fail(outbox, unforeseen("the tracer failed", error, "with the log"))
    return 0


def _raise_descriptor_limit() -> None:
    """Take what the hard limit allows: a sampled probe needs one descriptor per CPU."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _fail(outbox: Outbox, diagnostic: Diagnostic) -> int:
    os.set_blocking(outbox.fd, True)
    with contextlib.suppress(BrokenPipeError):
        outbox.send(Fatal(diagnostic))
    return int(diagnostic.code)


if __name__ == "__main__":
    sys.exit(main())
