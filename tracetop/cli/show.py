"""The order of things where panes are shown: start the tracer first, give up root, then read scripts and frames.

What takes long (the tracer loading BCC, Textual being imported) runs side by side, in two processes; what can be
refused is refused before the terminal is taken.
"""

from collections.abc import Callable

from tracetop.cli.arguments import Arguments
from tracetop.cli.scripts import pane_requests
from tracetop.model.wire.messages import Start
from tracetop.source.source import Source

Reader = Callable[[Source, tuple[str, ...]], int]
"""Shows what a source sends of the panes of these names, until the end; returns the exit code."""


def show(arguments: Arguments, read: Reader, *, asks: bool) -> int:
    """Start a tracer with the panes that were asked for and hand it to `read`; return its exit code.

    `asks`: there is somebody to ask before a script runs that is very hot; else it runs.
    """
    from tracetop.cli.terminal_guard import TerminalGuard  # noqa: PLC0415
    from tracetop.source.live import LiveSource  # noqa: PLC0415 - --help needs none of this
    from tracetop.source.privileges import drop_privileges, has_privilege  # noqa: PLC0415
    from tracetop.source.spawner import Spawner  # noqa: PLC0415

    as_root = has_privilege()
    source = LiveSource(Spawner(bereft=TerminalGuard().restore) if asks else Spawner())
    try:
        drop_privileges()
        panes = pane_requests(arguments.panes, arguments.programs, as_root=as_root, sample=0 if asks else 1)
        source.send(Start(panes, arguments.filter, arguments.interval_s))
        return read(source, tuple(pane.name for pane in panes))
    finally:
        source.close()
