"""What is typed, clicked and pasted, one after the other: the next goes where the one before it led.

A slow line brings many keys at once. A widget handles a key some time after it was handed over, so the next one, handed
over meanwhile, would go where the keys were going before: `f12` would open a prompt and switch two panes off.

Owns: what has come and waits. Refuses to own: who has the keys (`focus`), what they do (`actions`, widgets). Screen
process.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from textual import events
from textual.command import CommandPalette
from textual.message_pump import MessagePump

from tracetop.ui.draw.textual_private import OpenApp
from tracetop.ui.focus import Focus

_PATIENCE_S = 2.0
"""How long a key waits for the widget that it is for: one that is new has to be made first."""
_SETTLED_S = 0.5
"""How long a key waits, at most, until the one before it was handled."""
_TURNS, _PAUSE_S = 200, 0.005
"""Turns of the event loop that a wait takes at once, and what it sleeps between two of those that follow."""
_QUIET_TURNS = 3
"""Turns in a row without a message left, after which there is none on its way either."""


@dataclass(eq=False)
class Keyboard:
    """Hands one event over, waits until all that it led to was done, and hands over the next."""

    app: OpenApp
    focus: Focus
    pressed: Callable[[], None]
    """Called before each key."""
    is_away: Callable[[], bool]
    """Whether the terminal is another program's: what came before it was given away is for nobody."""
    _waiting: deque[events.Event] = field(default_factory=deque)
    _is_busy: bool = False

    def take(self, event: events.Event) -> None:
        """Take what has come."""
        self._waiting.append(event)
        if not self._is_busy:
            self._is_busy = True
            self.app.run_worker(self._hand_over_all(), group="keyboard")

    async def _hand_over_all(self) -> None:
        try:
            while self._waiting:
                event = self._waiting.popleft()
                if not self.is_away():
                    await self._hand_over(event)
        finally:
            self._is_busy = False

    async def _hand_over(self, event: events.Event) -> None:
        is_text = self._is_text(event)
        if not is_text:
            await self._until_there()
        if isinstance(event, events.Key):
            self.pressed()
        await self.app.handle_input(event)
        if not is_text:  # one that goes to the same widget as the next takes its turn in that widget's queue
            await self._settled()
            self.focus.enforce()

    def _is_text(self, event: events.Event) -> bool:
        """Whether this is a character for a text that has the keys now."""
        if not isinstance(event, events.Key) or not self.focus.is_settled:
            return False
        focused = self.app.focused
        return focused is not None and focused.check_consume_key(event.key, event.character)

    async def _until_there(self) -> None:
        """Wait for the widget that the next key is for; in the palette also for what its text finds."""
        await self._settled()
        self.app.app_focus = True  # a terminal that says it has not the focus sends no keys
        await self._until(self._is_there)
        if isinstance(self.app.screen, CommandPalette):
            await self._until(lambda: all(one.is_finished for one in self.app.workers if one.node is self.app.screen))
            await self._settled()

    def _is_there(self) -> bool:
        self.focus.enforce()
        return self.focus.is_settled

    async def _settled(self) -> None:
        """Wait until no widget has a message left, so that all that an event led to was done."""
        nodes: dict[MessagePump, None] = {self.app: None}
        quiet = 0

        def is_quiet() -> bool:
            nonlocal quiet
            for screen in self.app.screen_stack:  # one that leaves meanwhile has things to do yet
                nodes.update(dict.fromkeys(screen.walk_children(with_self=True)))
            quiet = 0 if any(node.message_queue_size for node in nodes if node.is_running) else quiet + 1
            return quiet > _QUIET_TURNS

        await self._until(is_quiet, _SETTLED_S)

    @staticmethod
    async def _until(is_so: Callable[[], bool], most_s: float = _PATIENCE_S) -> None:
        turns, end_s = 0, asyncio.get_running_loop().time() + most_s
        while not is_so() and asyncio.get_running_loop().time() < end_s:
            turns += 1
            await asyncio.sleep(0 if turns < _TURNS else _PAUSE_S)
