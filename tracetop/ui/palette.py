"""The command palette: every action of the dashboard by name, the panes' sources, the themes. Screen process.

Replaces Textual's own commands; its screenshot, for one, writes a file wherever it likes.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Protocol, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from tracetop.model.frame import PaneState
from tracetop.model.wire.messages import PaneRequest, SelectVariant, SetEnabled
from tracetop.ui.actions import APP, PANE, Actions
from tracetop.ui.dialogue.keys import shown
from tracetop.view.text import escape

Entry = tuple[str, str, Callable[[], object]]
"""What it is called, the keys that do the same, and the act."""


_NOT_LISTED = ("toggle.", "palette", "quit.now")
"""Ids of keys that the palette has under other names, or is itself."""


class HasActions(Protocol):
    """What the palette asks of its app."""

    actions: Actions


class DashboardCommands(Provider):
    """Everything that a key does, and what has no key of its own."""

    async def discover(self) -> Hits:
        """Yield all commands."""
        for name, pressed, act in self._entries():
            yield DiscoveryHit(_content(name, pressed), act, text=name)

    async def search(self, query: str) -> Hits:
        """Yield the commands that match."""
        matcher = self.matcher(query)
        for name, pressed, act in self._entries():
            score = matcher.match(name)
            if score > 0:
                yield Hit(score, _content(name, pressed), act, text=name)

    def _entries(self) -> Iterator[Entry]:
        actions = cast("HasActions", self.app).actions
        for about, key in (*(("", key) for key in APP), *(("this pane: ", key) for key in PANE)):
            if not str(key.binding.id).startswith(_NOT_LISTED):
                yield f"{about}{key.binding.description}", shown(key.binding), partial(key.act, actions)
        yield from _panes(actions)
        yield from _library(actions)
        for name in self.app.available_themes:
            yield f"theme: {name}", "", partial(setattr, self.app, "theme", name)


def _panes(actions: Actions) -> Iterable[Entry]:
    """Yield the switch of each pane, and each source that it does not show now."""
    for pane in actions.grid.panes:
        frame = pane.frame
        if frame is None:
            continue
        is_off = frame.state is PaneState.OFF
        switch = partial(actions.session.ask, SetEnabled(pane.pane_name, is_off))
        yield f"switch {'on' if is_off else 'off'}: {escape(frame.title)}", str(pane.number), switch
        for variant in frame.variants:
            if len(frame.variants) > 1 and variant.name != frame.variant:
                choose = partial(actions.session.ask, SelectVariant(pane.pane_name, variant.name))
                yield f"pane {pane.number} shows: {escape(variant.title)}", "", choose


def _library(actions: Actions) -> Iterable[Entry]:
    """Yield each pane that is not open and could be: shipped ones, and scripts in the folders for them."""
    scripts = actions.scripts
    for name in scripts.library.panes():
        script = scripts.library.scripts(name)[0]
        if actions.grid.find(name) is None:
            yield f"open: {script.variant.title} ({name})", script.about, partial(scripts.open_pane, PaneRequest(name))
    for offer in scripts.offers():
        if offer.refusal:
            act = partial(actions.key_bar.tell, f"{offer.path}: {offer.refusal}", bad=True)
            yield f"open: {escape(offer.title)}", f"cannot: {escape(offer.refusal)}", act
        elif actions.grid.find(offer.name) is None:
            name = "" if offer.title == offer.name else f" ({escape(offer.name)})"
            act = partial(scripts.open_pane, PaneRequest(offer.name, offer.text))
            yield f"open: {escape(offer.title)}{name}", escape(offer.about or offer.path), act


def _content(name: str, pressed: str) -> Content:
    return Content.assemble(name, (f"  {pressed}", "dim"))
