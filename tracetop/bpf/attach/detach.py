"""Takes programs off their hooks: closes the descriptors that hold them there.

Owns: how, since the kernel waits up to 0.1 s at each one, until no CPU is inside the program any more, and lets nobody
else attach or detach meanwhile. Refuses to own: when. A thread of its own, which touches nothing but these descriptors,
where there are many and nobody needs to know that they are closed.
"""

import os
import threading

FEW = 8
"""Hooks that are closed at once: a second, at the worst."""


def release(hooks: list[int]) -> None:
    """Close hooks and empty their list; none of their programs runs any more then."""
    while hooks:
        os.close(hooks.pop())


def release_unwatched(hooks: list[int]) -> threading.Thread:
    """Close hooks in the background and empty their list; return the thread that does it.

    Their programs still run until it has ended.
    """
    thread = threading.Thread(target=release, args=(hooks.copy(),), name="release", daemon=True)
    hooks.clear()
    thread.start()
    return thread
