"""What is typed, clicked and pasted, one after the other: the next goes where the one before it led.

A slow line brings many keys at once. A widget handles a key some time after it was handed over, so the next one, handed
over meanwhile, would go where the keys were going before: `f12` would open a prompt and switch two panes off.

Owns: what has come and waits. Refuses to own: who has the keys (`focus`), what they do (`actions`, widgets). Screen
process.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

from textual import events
from textual.command import CommandPalette
from textual.dom import DOMNode

from tracetop.ui.draw.textual_private import OpenApp, handle_input
from tracetop.ui.focus import Focus

_PATIENCE_S = 2.0
"""How long a key waits for the widget that it is for: one that is new has to be made first."""
_UNDRAWN_S = 0.1
"""How long what is done is not shown while more waits."""
_TURNS, _PAUSE_S = 200, 0.005
"""Turns of the event loop that a wait takes at once, and what it sleeps between two of those that follow."""
_ROUNDS = 3
"""How often all that wait are waited for: for the event, for the messages of who took it, and for what those led to."""


@dataclass(eq=False)
class Keyboard:
    """Hands one event over, waits until all that it led to was done, and hands over the next."""

    app: OpenApp
    focus: Focus
    pressed: Callable[[], None]
    """Called before each key."""
    rested: Callable[[], None]
    """Called after each burst of keys, and within a long one: what has waited for them may be drawn."""
    is_away: Callable[[], bool]
    """Whether the terminal is another program's: what came before it was given away is for nobody."""
    _waiting: deque[events.Event] = field(default_factory=deque)
    is_busy: bool = False
    """Whether something that was typed is not done yet."""
    _path: tuple[DOMNode, ...] = ()
    """Whom the last event goes to, one after the other, until it is known to have been handled."""

    def take(self, event: events.Event) -> None:
        """Take what has come."""
        self._waiting.append(event)
        if not self.is_busy:
            self.is_busy = True
            self.app.run_worker(self._hand_over_all(), group="keyboard")

    async def _hand_over_all(self) -> None:
        try:
            while self._waiting:
                if self._is_in_palette:  # what it finds has to be drawn before a key can go to it
                    await self._hand_over_next()
                    continue
                with self.app.batch_update():
                    await self._hand_over_some()
                self.rested()
                self.app.screen.check_idle()  # Textual tells the app that it may draw, and not the screen
                await asyncio.sleep(0)
        finally:
            self.is_busy = False
            self.rested()

    async def _hand_over_some(self) -> None:
        """Hand over what waits, without drawing in between: that costs more than most keys."""
        end_s = asyncio.get_running_loop().time() + _UNDRAWN_S
        while self._waiting and not self._is_in_palette and asyncio.get_running_loop().time() < end_s:
            await self._hand_over_next()

    async def _hand_over_next(self) -> None:
        event = self._waiting.popleft()
        if not self.is_away():
            await self._hand_over(event)

    @property
    def _is_in_palette(self) -> bool:
        return isinstance(self.app.screen, CommandPalette)

    async def _hand_over(self, event: events.Event) -> None:
        is_text = self._is_text(event)
        if not is_text:
            await self._until_there()
        focused = self.app.focused or self.app.screen
        self._path = (*focused.ancestors_with_self,)
        if isinstance(event, events.Key):
            self.pressed()
        await handle_input(self.app, event)
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
        if self._path:
            await self._settled()
        self.app.app_focus = True  # a terminal that says it has not the focus sends no keys
        await self._until(self._is_there)
        if self._is_in_palette:
            await self._until(lambda: all(one.is_finished for one in self.app.workers if one.node is self.app.screen))
            await self._drawn()

    async def _drawn(self) -> None:
        """Wait until the screen that is on top was laid out and drawn."""
        done = asyncio.Event()
        self.app.screen.call_after_refresh(done.set)
        await self._until(done.is_set)

    def _is_there(self) -> bool:
        self.focus.enforce()
        return self.focus.is_settled

    async def _settled(self) -> None:
        """Wait until what the last event led to was done: what it was, what that asked for, and what came of it.

        Not until nothing is left to do: frames come all the time, on a busy machine faster than they are drawn.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE_S):
                for _ in range(_ROUNDS):
                    screens = [node for screen in self.app.screen_stack for node in screen.walk_children()]
                    for node in (*(one for one in screens if one.message_queue_size), *self._path):
                        await _handled(node)
        self._path = ()

    @staticmethod
    async def _until(is_so: Callable[[], bool]) -> None:
        turns, end_s = 0, asyncio.get_running_loop().time() + _PATIENCE_S
        while not is_so() and asyncio.get_running_loop().time() < end_s:
            turns += 1
            await asyncio.sleep(0 if turns < _TURNS else _PAUSE_S)


async def _handled(node: DOMNode) -> None:
    """Wait until a widget has handled what it has been sent so far."""
    done = asyncio.get_running_loop().create_future()
    if node.is_running and node.call_later(lambda: None if done.done() else done.set_result(None)):
        await done
