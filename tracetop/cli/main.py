"""The entry point: which command the words name, and what an error of it becomes.

Refuses to own: what a command does; each is a module of `cli.commands`.
"""

import signal
import sys
from importlib import import_module

from tracetop.cli.commands import COMMANDS
from tracetop.errors import TracetopError
from tracetop.headless.streams import OutputError, complain, standard_streams


def main(words: list[str] | None = None) -> int:
    """Run the command line (without the program's name); return the exit code."""
    try:
        with standard_streams():
            return _carry_out(sys.argv[1:] if words is None else words)
    except OutputError as lost:
        return lost.exit_code()


def _carry_out(words: list[str]) -> int:
    named = words[:1] if words and words[0] in COMMANDS else []
    command = import_module(f"tracetop.cli.commands.{named[0] if named else 'dashboard'}")
    try:
        return int(command.run(words[len(named) :]))
    except TracetopError as error:
        complain(error.diagnostic)
        return int(error.code)
    except KeyboardInterrupt:  # at sudo's password, or while the tracer starts
        return 128 + signal.SIGINT


if __name__ == "__main__":
    sys.exit(main())
