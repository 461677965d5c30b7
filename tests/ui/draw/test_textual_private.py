"""Textual's private names that the dashboard and its tests use are still there, and ours are others."""

import inspect
import io
import pkgutil
import re
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import version

from textual import _compositor, _xterm_parser
from textual._compositor import Compositor
from textual.app import App
from textual.dom import DOMNode
from textual.drivers._writer_thread import WriterThread
from textual.drivers.linux_driver import LinuxDriver
from textual.screen import Screen

from tracetop import ui
from tracetop.ui.draw.headings import ViewHeading
from tracetop.ui.draw.textual_private import SEEN_IN, OpenApp, OpenDriver

OWN = re.compile(r"(?:\bdef |\bself\.(?=_\w+(?:, [\w.]+)*(?:: [^=\n]+)? = ))(_[a-z]\w*)")
"""A private method that is defined, or a private attribute that is set."""


async def test_textuals_private_names_are_where_they_were_seen() -> None:
    """What is read of Textual's objects, and what is overridden, in the versions of `SEEN_IN`."""
    here = version("textual")
    looked = f"Textual is {here}, its private names were seen in {SEEN_IN}"
    advice = f"{looked}: look through textual_private.py, the dashboard's and the tests'"
    app: App[None] = App()
    driver = LinuxDriver(app)
    objects = {
        "App": (app, ("_driver", "_display")),
        "LinuxDriver": (driver, ("_file", "_writer_thread", "_debug", "_loop", "_app", "_get_terminal_size")),
        "WriterThread": (WriterThread(io.StringIO()), ("_queue",)),
        "Screen": (Screen[None](), ("_compositor", "_on_timer_update")),
        "Compositor": (Compositor, ("render_strips",)),
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


def widgets() -> Iterator[type[DOMNode]]:
    """Yield the dashboard's own classes of widgets, screens and apps."""
    for module in pkgutil.walk_packages(ui.__path__, f"{ui.__name__}."):
        if module.name != OpenApp.__module__:
            for each in vars(import_module(module.name)).values():
                if inspect.isclass(each) and issubclass(each, DOMNode) and each.__module__ == module.name:
                    yield each


def test_no_attribute_of_ours_has_the_name_of_a_private_one_of_textuals() -> None:
    """One that had would overwrite it: a heading that kept its text as `_name` took the widget's name away."""
    assert ViewHeading("@reads").name is None
    classes = [*widgets()]
    assert ViewHeading in classes
    for ours in classes:
        bases = [base for base in ours.__mro__ if base.__module__.startswith("textual.")]
        theirs = {name for base in bases for name in re.findall(r"self\.(_\w+)", inspect.getsource(base))}
        own = {*OWN.findall(inspect.getsource(ours))}
        assert not own & theirs, ours
