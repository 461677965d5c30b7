"""The entry point: start the tracer first, give up root, then show.

Owns: the order of things. What takes long (the tracer loading BCC, Textual being imported) runs side by side, in two
processes; what can be refused is refused before the terminal is taken.
"""

import os
import signal
import sys

from tracetop.cli.arguments import Arguments, parse
from tracetop.cli.scripts import pane_requests
from tracetop.errors import TracetopError, UsageError
from tracetop.model.message import Start
from tracetop.source.protocol import Source


def main(words: list[str] | None = None) -> int:
    """Run the command line (without the program's name); return the exit code."""
    try:
        return _run(parse(sys.argv[1:] if words is None else words))
    except TracetopError as error:
        from tracetop.view.text import escape  # noqa: PLC0415 - only when something went wrong

        for line in error.diagnostic.text().split("\n"):
            print(escape(line), file=sys.stderr)
        return int(error.code)
    except KeyboardInterrupt:  # at sudo's password, or while the tracer starts
        return 128 + signal.SIGINT


def _run(arguments: Arguments) -> int:
    from tracetop.source.live import LiveSource  # noqa: PLC0415 - --help needs none of this
    from tracetop.source.privileges import drop_privileges  # noqa: PLC0415
    from tracetop.source.spawner import Spawner  # noqa: PLC0415

    if not arguments.batch:
        _check_terminal()
    as_root = os.geteuid() == 0
    source = LiveSource(Spawner())
    try:
        drop_privileges()
        panes = pane_requests(arguments.panes, arguments.programs, as_root=as_root)
        source.send(Start(panes, arguments.filter, arguments.interval_s))
        return _show(arguments, source, tuple(pane.name for pane in panes))
    finally:
        source.close()


def _check_terminal() -> None:
    """Refuse to draw into a file or a pipe. UsageError where a standard stream is no terminal."""
    streams = {"input": sys.stdin, "output": sys.stdout, "error": sys.stderr}
    for name, stream in streams.items():
        if stream is None or not stream.isatty():
            raise UsageError(
                "the dashboard needs a terminal",
                why=f"standard {name} is none",
                mend="start it in one; `tracetop batch` prints the same numbers to a file or a pipe",
            )


def _show(arguments: Arguments, source: Source, panes: tuple[str, ...]) -> int:
    """Hand the source to the reader that was asked for."""
    if arguments.batch:
        from tracetop.headless.batch import run_batch  # noqa: PLC0415 - neither reader loads the other

        return run_batch(source, arguments.ticks, arguments.json, sys.stdout)
    from tracetop.ui.app import run_dashboard  # noqa: PLC0415 - takes a third of a second, the tracer loads meanwhile

    return run_dashboard(source, panes, arguments.filter)


if __name__ == "__main__":
    sys.exit(main())
