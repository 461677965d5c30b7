"""Compiles a strange script in a process of its own first, where clang may die or hang without harm.

Owns: what is learnt from such a death. Refuses to own: an ordinary refusal, which the real load repeats and explains.
LLVM ends its process with exit(1) for some errors of a program (a stack over 512 bytes), and may crash or hang: in
the tracer that would take every running pane along. A `Trial` waits there; `main` is a child that shares nothing.
"""

import os
import subprocess
import sys
import time
from contextlib import suppress

import msgspec

from tracetop.bpf.load.compile import compile_program
from tracetop.bpf.load.loader import load_functions
from tracetop.errors import TracetopError, VerifierError
from tracetop.model.program import Program

LIMIT_S = 10.0
PROGRAM_LIMIT_S = 0.03
"""More for each program: clang takes 10 to 20 ms for a short one."""
_SURVIVED = 42
"""The child's exit code, unlike any that LLVM or a signal makes."""


class Trial:
    """The child that compiles and loads one program: ask `passed` once `fd` is readable, or it is `until_s`."""

    def __init__(self, program: Program) -> None:
        """Start it; it takes 0.5 s."""
        self._program = program
        self._printed = os.memfd_create("tracetop-trial")
        given = os.memfd_create("tracetop-program")
        try:
            os.write(given, msgspec.msgpack.encode(program))
            os.lseek(given, 0, os.SEEK_SET)
            self._child = subprocess.Popen(
                [sys.executable, "-I", "-m", __name__, str(self._printed)],
                stdin=given,
                stdout=subprocess.DEVNULL,
                pass_fds=[self._printed],
            )
        except OSError:
            os.close(self._printed)
            raise
        finally:
            os.close(given)
        self.fd = os.pidfd_open(self._child.pid)
        self._limit_s = LIMIT_S + PROGRAM_LIMIT_S * len({probe.function for probe in program.probes})
        self.until_s = time.monotonic() + self._limit_s
        """When it has taken too long, on the monotonic clock."""

    def passed(self) -> bool:
        """Return whether compiling and loading the program does the process no harm; False while that is not known.

        VerifierError where clang died of it, or takes longer than its limit.
        """
        code = self._child.poll()
        if code is None:
            if time.monotonic() < self.until_s:
                return False
            raise _refused(self._program, f"the compile did not end within {self._limit_s:.0f} s", "")
        if code != _SURVIVED:
            text = os.pread(self._printed, os.fstat(self._printed).st_size, 0).decode(errors="replace")
            said = next((line.strip() for line in text.splitlines() if line.strip()), "")
            ending = f"signal {-code}" if code < 0 else f"exit code {code}"
            raise _refused(self._program, said or f"clang ends with {ending}", text)
        return True

    def close(self) -> None:
        """End the child, if it still runs, and free what it took. To be called once."""
        self._child.kill()
        self._child.wait()
        os.close(self.fd)
        os.close(self._printed)


def _refused(program: Program, why: str, detail: str) -> VerifierError:
    return VerifierError(
        f"{program.name}: the C compiler fails on the script", why=why, hint="simplify the script", detail=detail
    )


def main() -> int:
    """Compile and load the program that stands on standard input; what clang prints goes to the given descriptor."""
    program = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Program)
    with suppress(TracetopError):
        module = compile_program(program, int(sys.argv[1]))
        load_functions(module, program)
    return _SURVIVED


if __name__ == "__main__":
    sys.exit(main())
