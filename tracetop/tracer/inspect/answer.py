"""``python -m tracetop.tracer.inspect.answer``: one question to the kernel, answered, and the end of the process.

Started by `tracetop.source.inquirer`, not by a person. The question comes on fd 0, the answers leave on what was fd 1
at the start. Each kind of question loads only what it needs: a list of probes has no time for BCC or the grammar.
"""

import os
import signal
import sys
import time
from collections.abc import Iterator

from tracetop.bpf import RunningKernel, RunTimeStats, check_privileges
from tracetop.errors import TracetopError
from tracetop.model.wire.inquiries import (
    Answer,
    ListProbes,
    ListPrograms,
    ListScript,
    Loaded,
    Question,
    decode_question,
)
from tracetop.model.wire.messages import Fatal, Splitter, encode
from tracetop.tracer.pipe import leave_folder, unforeseen

_READ_BYTES = 1 << 16
_ALL_ROWS = 1 << 20


def main() -> int:
    """Answer; return the exit code, 0 also where the answer is an error."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C in the terminal ends this process too, without a word
    answers_fd = os.dup(1)
    os.dup2(2, 1)
    try:
        for answer in _answers(_question()):
            _write(answers_fd, encode(answer))
    except BrokenPipeError:
        pass  # whoever asked has gone
    except TracetopError as error:
        _write(answers_fd, encode(Fatal(error.diagnostic)))
    except Exception as error:  # the asker is to show even what we did not foresee
        _write(answers_fd, encode(Fatal(unforeseen("the process that asks the kernel failed", error))))
    return 0


def _question() -> Question:
    splitter = Splitter()
    while data := os.read(0, _READ_BYTES):
        for body in splitter.feed(data):
            return decode_question(body)
    return decode_question(b"")


def _answers(question: Question) -> Iterator[Answer]:
    kernel = RunningKernel(leave_folder())
    match question:
        case ListProbes():
            from tracetop.tracer.inspect.list_probes import list_probes  # noqa: PLC0415

            return list_probes(question, kernel)
        case ListScript():
            from tracetop.tracer.inspect.list_script import list_script  # noqa: PLC0415

            return list_script(question, kernel)
        case ListPrograms():
            return _programs(question, kernel)
        case _:
            from tracetop.tracer.inspect.doctor import examine  # noqa: PLC0415

            return examine(kernel)


def _programs(question: ListPrograms, kernel: RunningKernel) -> Iterator[Answer]:
    from tracetop.tracer.inspect.bpf_objects import ProgramTables  # noqa: PLC0415

    check_privileges()
    tables = ProgramTables(kernel, _ALL_ROWS)
    with RunTimeStats() as stats:
        if stats.on:
            tables.read(measured=False)
            time.sleep(question.window_s)
        tables.read(measured=stats.on)
        yield Loaded(tables.programs.table(), tables.maps.table(), stats.on)


def _write(descriptor: int, data: bytes) -> None:
    while data:
        data = data[os.write(descriptor, data) :]


if __name__ == "__main__":
    sys.exit(main())
