"""The command palette: every action of the dashboard by name, the panes' sources, the themes. Screen process."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import TYPE_CHECKING, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from tracetop.model.message import SelectVariant, SetEnabled
from tracetop.ui import keys
from tracetop.ui.messages import Asked
from tracetop.view.text import escape

if TYPE_CHECKING:
    from tracetop.ui.app import Dashboard

Entry = tuple[str, str, Callable[[], object]]
"""What it is called, what it does in more words, and the act."""


class DashboardCommands(Provider):
    """Everything that a key does, and what has no key of its own."""

    async def discover(self) -> Hits:
        """Yield all commands."""
        for name, help_, act in self._entries():
            yield DiscoveryHit(Content(name), act, text=name, help=help_)

    async def search(self, query: str) -> Hits:
        """Yield the commands that match."""
        matcher = self.matcher(query)
        for name, help_, act in self._entries():
            score = matcher.match(name)
            if score > 0:
                yield Hit(score, Content(name), act, text=name, help=help_)

    def _entries(self) -> Iterator[Entry]:
        dashboard = cast("Dashboard", self.app)
        yield from self._sources(dashboard)
        for binding in keys.APP:
            if binding.id and not binding.id.startswith(("toggle.", "palette")):
                yield binding.description, f"key {keys.shown(binding)}", partial(dashboard.run_action, binding.action)
        for name in dashboard.available_themes:
            yield f"theme: {name}", "colours of the screen", partial(setattr, dashboard, "theme", name)

    def _sources(self, dashboard: "Dashboard") -> Iterable[Entry]:
        """Yield switching each pane, and each source of each pane."""
        for pane in dashboard.panes:
            frame = pane.frame
            if frame is None:
                continue
            title = escape(frame.title)
            for word, on in (("on", True), ("off", False)):
                command = SetEnabled(pane.pane_name, on)
                yield f"{title}: {word}", "its probes", partial(dashboard.post_message, Asked(command))
            for variant in frame.variants:
                choose = SelectVariant(pane.pane_name, variant.name)
                text = f"{title}: {escape(variant.title)}"
                yield text, "another source", partial(dashboard.post_message, Asked(choose))
