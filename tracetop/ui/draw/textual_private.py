"""What Textual keeps to itself and the dashboard cannot do without: nothing else in the package names it.

Owns: the names, each with the reason it is needed; `tests/ui/draw/test_textual_private.py` says when one is gone.
Refuses to own: what is done with them (`terminal`, `app`). Screen process.
"""

from typing import Any, cast

from rich.console import RenderableType
from textual import events
from textual._compositor import ChopsUpdate, CompositorUpdate
from textual._xterm_parser import XTermParser
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver
from textual.screen import Screen

__all__ = ["SEEN_IN", "ChopsUpdate", "OpenApp", "OpenDriver", "OpenUpdate", "handle_input", "repaint"]

SEEN_IN = ("8.2",)
"""Versions of Textual (major and minor) whose private names these are."""


class OpenUpdate(CompositorUpdate):
    """Something to display that writes its own escape sequences."""


class OpenDriver(LinuxDriver):
    """Textual's driver, what it keeps to itself under public names."""

    def write_to(self, terminal: object) -> None:
        """Write to this file: Textual chooses stderr, and lets an error in its writer thread end that thread."""
        self._file = cast("Any", terminal)

    @property
    def backlog(self) -> int:
        """Writes that the terminal has not taken yet: Textual itself blocks when there are 30."""
        return self._writer_thread._queue.qsize() if self._writer_thread else 0

    def parser(self) -> XTermParser:
        """Return what makes events of bytes: an input thread of our own needs one."""
        return XTermParser(self._debug)

    def end_app(self, code: int) -> None:
        """End the app from another thread: the driver knows its app and its loop, and has no other way to say it."""
        self._loop.call_soon_threadsafe(self._app.exit, None, code)

    def repaint(self) -> None:
        """Have the app send the whole screen, from any thread."""
        self._loop.call_soon_threadsafe(repaint, self._app)

    def terminal_size(self) -> tuple[int, int] | None:
        """Return columns and lines; None: Textual's own idea of them."""
        return None

    def _get_terminal_size(self) -> tuple[int, int]:
        return self.terminal_size() or super()._get_terminal_size()


class OpenApp(App[None]):
    """An app that sees what is sent to the terminal, and how much of that waits."""

    def to_display(self, renderable: RenderableType | None) -> RenderableType | None:
        """Return what is sent to the terminal instead; None: nothing. A hook."""
        return renderable

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        super()._display(screen, self.to_display(renderable))


async def handle_input(app: App[None], event: events.Event) -> None:
    """Do with a key, a click or a paste what Textual does."""
    await App.on_event(app, event)


def repaint(app: App[Any]) -> None:
    """Send the whole screen: the terminal does not have what Textual believes it has."""
    app.refresh(layout=True)
