"""What every source of frames offers to its readers: a live tracer, a recording, another host.

Owns: the protocol and the message that ends a stream. Refuses to own: how frames come to be. Screen process.
"""

from collections.abc import Callable
from typing import Protocol

import msgspec

from tracetop.errors import Diagnostic
from tracetop.model.wire.messages import Command, Message


class Ended(msgspec.Struct, frozen=True):
    """The stream is over; nothing follows until `restart`."""

    diagnostic: Diagnostic | None
    """Why it ended; None where it ended because we asked."""


Listener = Callable[[Message | Ended], None]


class Source(Protocol):
    """A stream of messages that takes commands."""

    def start(self, listener: Listener) -> None:
        """Begin; `listener` is called from the source's own thread with each message, and with Ended last."""

    def send(self, command: Command) -> None:
        """Pass a command on. Thread-safe, never blocks, raises nothing after the end."""

    def restart(self) -> None:
        """After Ended: begin anew with the panes, filter and interval that were last in force."""

    def close(self) -> None:
        """Ask it to stop, wait shortly, kill it; idempotent."""
