"""What views, prompts and the source tell the app: past facts, one class each.

Owns: the messages. Refuses to own: what comes of them; the app decides. Screen process.
"""

from dataclasses import dataclass

from textual.message import Message as TextualMessage

from tracetop.model.wire.messages import Command, Message
from tracetop.source.source import Ended
from tracetop.ui.dialogue.wishes import Step


@dataclass
class Arrived(TextualMessage, bubble=False):
    """The source has sent something; posted from its thread."""

    content: Message | Ended


@dataclass
class Asked(TextualMessage):
    """A view, a pane or a prompt wants the tracer to do something, or to know something of it."""

    command: Command


@dataclass
class Cancelled(TextualMessage):
    """The question of this pane was answered with no."""

    pane: str


@dataclass
class StepChosen(TextualMessage):
    """A row was entered: all panes should follow its process."""

    step: Step


@dataclass
class SyscallChosen(TextualMessage):
    """A row with a system call was entered: its latency is wanted."""

    syscall: str


class StatusChanged(TextualMessage):
    """A view moved, so the line below its pane is out of date."""


@dataclass
class Noticed(TextualMessage):
    """Something to tell the user in one line; not escaped yet."""

    text: str


@dataclass
class TabClicked(TextualMessage):
    """The tab of the pane with this number was clicked."""

    number: int
