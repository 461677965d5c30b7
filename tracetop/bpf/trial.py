"""Compiles a strange script in a process of its own first, where clang may die or hang without harm.

Owns: what is learnt from such a death. Refuses to own: an ordinary refusal, which the real load repeats and explains.
LLVM ends its process with exit(1) for some errors of a program (a stack over 512 bytes), and may crash or hang: in
the tracer that would take every running pane along. `try_out` runs there; the rest in a child that shares nothing.
"""

import os
import subprocess
import sys
from contextlib import suppress

import msgspec

from tracetop.bpf.compile import compile_program, load_function
from tracetop.errors import TracetopError, VerifierError
from tracetop.model.program import Program

LIMIT_S = 10
_SURVIVED = 42
"""The child's exit code, unlike any that LLVM or a signal makes."""


def try_out(program: Program) -> None:
    """Return where compiling and loading `program` does no harm to the process; costs 0.5 s.

    VerifierError where clang dies of it, or takes longer than LIMIT_S.
    """
    printed = os.memfd_create("tracetop-trial")
    try:
        child = subprocess.run(
            [sys.executable, "-I", "-m", __name__, str(printed)],
            input=msgspec.msgpack.encode(program),
            stdout=subprocess.DEVNULL,
            pass_fds=[printed],
            timeout=LIMIT_S,
            check=False,
        )
        if child.returncode != _SURVIVED:
            text = os.pread(printed, os.fstat(printed).st_size, 0).decode(errors="replace")
            raise _died(program, child.returncode, text)
    except subprocess.TimeoutExpired as error:
        raise _refused(program, f"the compile did not end within {LIMIT_S} s", "") from error
    finally:
        os.close(printed)


def _died(program: Program, code: int, text: str) -> VerifierError:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    ending = f"signal {-code}" if code < 0 else f"exit code {code}"
    return _refused(program, lines[0] if lines else f"clang ends with {ending}", text)


def _refused(program: Program, why: str, detail: str) -> VerifierError:
    return VerifierError(
        f"{program.name}: the C compiler fails on the script", why=why, mend="simplify the script", detail=detail
    )


def main() -> int:
    """Compile and load the program that stands on standard input; what clang prints goes to the given descriptor."""
    program = msgspec.msgpack.decode(sys.stdin.buffer.read(), type=Program)
    with suppress(TracetopError):
        module = compile_program(program, int(sys.argv[1]))
        for probe in program.probes:
            load_function(module, probe, program)
    return _SURVIVED


if __name__ == "__main__":
    sys.exit(main())
