"""One question to the privileged side, and its answers: a process of its own, which ends with the last of them.

Owns: starting it, through sudo where needed, and giving up root once it runs. Screen process.
"""

import sys
from collections.abc import Iterator
from contextlib import suppress

from tracetop.errors import TracerError
from tracetop.model.wire.inquiries import Answer, Question, decode_answer
from tracetop.model.wire.messages import Splitter, encode
from tracetop.source.privileges import drop_privileges
from tracetop.source.spawner import Spawner, sudo_refused

ANSWERER = (sys.executable, "-I", "-m", "tracetop.tracer.inspect.answer")
_READ_BYTES = 1 << 18
_END_S = 1.0


def ask(question: Question, answerer: tuple[str, ...] = ANSWERER, *, privileged: bool = True) -> Iterator[Answer]:
    """Yield the answers as they come. PrivilegeError where sudo refuses, TracerError where the other side fails.

    Not `privileged`: whoever answers has the rights of this process, and says what it cannot do with them.
    """
    spawner = Spawner(answerer, privileged=privileged)
    try:
        questions, answers = spawner.spawn()
        with open(answers, "rb", buffering=0) as stream:  # noqa: PTH123 - a descriptor
            drop_privileges()
            with suppress(BrokenPipeError), open(questions, "wb", buffering=0) as pipe:  # noqa: PTH123
                pipe.write(encode(question))
            splitter, answered = Splitter(), False
            while data := stream.read(_READ_BYTES):
                answered = True
                for body in splitter.feed(data):
                    yield decode_answer(body)
        status = spawner.exit_status(_END_S)
        if spawner.through_sudo and not answered and status:
            raise sudo_refused()
        if status or not answered:
            raise _failed(status)
    finally:
        spawner.close()


def _failed(status: int | None) -> TracerError:
    return TracerError(
        "the process that asks the kernel ended early",
        why=f"exit status {status}",
        hint="this is a bug in tracetop; please report it with what was printed",
    )
