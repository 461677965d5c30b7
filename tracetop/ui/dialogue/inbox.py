"""What the source has sent and the dashboard has not taken in yet: never more than a few messages.

Owns: the bound. A screen that cannot keep up makes the source wait, its pipe fills, and the tracer leaves frames out;
what they had of logs comes with the next. Screen process: filled by the source's thread, emptied by the app's.
"""

import threading
from collections.abc import Callable

from tracetop.model.wire.messages import Message
from tracetop.source.source import Ended

_ROOM = 4
_LOOK_S = 0.5
"""How often a source that waits looks whether anybody will still take its message."""


class Inbox:
    """A listener of the source that waits while there is no room."""

    def __init__(self, put: Callable[[Message | Ended], object], is_open: Callable[[], bool]) -> None:
        """`put` hands a message on, from any thread; `taken` is to be called for each once it was taken in."""
        self._put, self._is_open = put, is_open
        self._room = threading.Semaphore(_ROOM)
        self._own_thread = threading.get_ident()

    def __call__(self, content: Message | Ended) -> None:
        """Take a message of the source; its own thread waits for room, the app's could wait for ever."""
        if threading.get_ident() == self._own_thread:
            self._room.acquire(blocking=False)
        else:
            while not self._room.acquire(timeout=_LOOK_S) and self._is_open():
                pass
        self._put(content)

    def taken(self) -> None:
        """Make room."""
        self._room.release()
