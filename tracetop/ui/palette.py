"""The command palette: every action of the dashboard by name, the panes' sources, the themes. Screen process.

Replaces Textual's own commands; its screenshot, for one, writes a file wherever it likes.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import cast

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from tracetop.model.frame import PaneState
from tracetop.model.wire.messages import PaneRequest, SelectVariant, SetEnabled
from tracetop.ui.dialogue import keys
from tracetop.ui.dialogue.messages import Asked
from tracetop.ui.script_actions import ScriptActions
from tracetop.view.text import escape

Entry = tuple[str, str, Callable[[], object]]
"""What it is called, the keys that do the same, and the act."""


class DashboardCommands(Provider):
    """Everything that a key does, and what has no key of its own."""

    async def discover(self) -> Hits:
        """Yield all commands."""
        for name, pressed, act in self._entries():
            yield DiscoveryHit(_shown(name, pressed), act, text=name)

    async def search(self, query: str) -> Hits:
        """Yield the commands that match."""
        matcher = self.matcher(query)
        for name, pressed, act in self._entries():
            score = matcher.match(name)
            if score > 0:
                yield Hit(score, _shown(name, pressed), act, text=name)

    def _entries(self) -> Iterator[Entry]:
        dashboard = cast("ScriptActions", self.app)
        for binding in keys.APP:
            if binding.id and not binding.id.startswith(("toggle.", "palette", "quit.now")):
                yield binding.description, keys.shown(binding), partial(dashboard.run_action, binding.action)
        for binding in keys.PANE:
            act = partial(dashboard.run_action, binding.action, dashboard.pane)
            yield f"this pane: {binding.description}", keys.shown(binding), act
        yield from self._panes(dashboard)
        yield from self._library(dashboard)
        for name in dashboard.available_themes:
            yield f"theme: {name}", "", partial(setattr, dashboard, "theme", name)

    def _panes(self, dashboard: ScriptActions) -> Iterable[Entry]:
        """Yield the switch of each pane, and each source that it does not show now."""
        for pane in dashboard.panes:
            frame = pane.frame
            if frame is None:
                continue
            is_off = frame.state is PaneState.OFF
            switch = SetEnabled(pane.pane_name, is_off)
            word = "on" if is_off else "off"
            yield f"switch {word}: {escape(frame.title)}", str(pane.number), _asking(dashboard, switch)
            for variant in frame.variants:
                if len(frame.variants) > 1 and variant.name != frame.variant:
                    choose = SelectVariant(pane.pane_name, variant.name)
                    yield f"pane {pane.number} shows: {escape(variant.title)}", "", _asking(dashboard, choose)

    def _library(self, dashboard: ScriptActions) -> Iterable[Entry]:
        """Yield each pane that is not open and could be: shipped ones, and scripts in the folders for them."""
        is_open = {pane.pane_name for pane in dashboard.panes}
        for name in dashboard.library.panes():
            script = dashboard.library.scripts(name)[0]
            if name not in is_open:
                act = partial(dashboard.open_pane, PaneRequest(name))
                yield f"open: {script.variant.title} ({name})", script.about, act
        for offer in dashboard.offers():
            if offer.refusal:
                act = partial(dashboard.tell, f"{offer.path}: {offer.refusal}", bad=True)
                yield f"open: {escape(offer.title)}", f"cannot: {escape(offer.refusal)}", act
            elif offer.name not in is_open:
                act = partial(dashboard.open_pane, PaneRequest(offer.name, offer.text))
                name = "" if offer.title == offer.name else f" ({escape(offer.name)})"
                yield f"open: {escape(offer.title)}{name}", escape(offer.about or offer.path), act


def _asking(dashboard: ScriptActions, command: SetEnabled | SelectVariant) -> Callable[[], object]:
    return partial(dashboard.post_message, Asked(command))


def _shown(name: str, pressed: str) -> Content:
    return Content.assemble(name, (f"  {pressed}", "dim"))
