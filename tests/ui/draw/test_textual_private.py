"""Textual's private names that the dashboard uses are still there."""

import io
from importlib.metadata import version

from textual import _compositor, _xterm_parser
from textual.app import App
from textual.drivers._writer_thread import WriterThread
from textual.drivers.linux_driver import LinuxDriver

from tracetop.ui.draw.textual_private import SEEN_IN, OpenApp, OpenDriver


async def test_textuals_private_names_are_where_they_were_seen() -> None:
    """What is read of Textual's objects, and what is overridden, in the versions of `SEEN_IN`."""
    here = version("textual")
    advice = f"Textual is {here}, its private names were seen in {SEEN_IN}: look through ui/draw/textual_private.py"
    app: App[None] = App()
    driver = LinuxDriver(app)
    objects = {
        "App": (app, ("_driver", "_display")),
        "LinuxDriver": (driver, ("_file", "_writer_thread", "_debug", "_loop", "_app", "_get_terminal_size")),
        "WriterThread": (WriterThread(io.StringIO()), ("_queue",)),
        "_compositor": (_compositor, ("ChopsUpdate", "CompositorUpdate")),
        "_xterm_parser": (_xterm_parser, ("XTermParser",)),
    }
    gone = [f"{kind}.{name}" for kind, (one, names) in objects.items() for name in names if not hasattr(one, name)]
    assert not gone, f"{advice}: {gone} are gone"
    assert set(_compositor.ChopsUpdate.__init__.__annotations__) >= {"chops", "spans", "chop_ends"}, advice
    assert here.startswith(tuple(f"{one}." for one in SEEN_IN)), advice


def test_ours_go_where_textuals_are_asked_for() -> None:
    assert OpenApp._display is not App._display
    assert OpenDriver._get_terminal_size is not LinuxDriver._get_terminal_size
