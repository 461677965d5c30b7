"""What views and the source tell the app: past facts, one class each.

Owns: the messages. Refuses to own: what comes of them; the app decides. Screen process.
"""

from textual.message import Message as TextualMessage

from tracetop.model.wire.messages import Command, Message
from tracetop.source.source import Ended
from tracetop.ui.dialogue.filter_trail import Step


class Arrived(TextualMessage):
    """The source has sent something; posted from its thread."""

    bubble = False

    def __init__(self, content: Message | Ended) -> None:
        super().__init__()
        self.content = content


class Asked(TextualMessage):
    """A view or a pane wants the tracer to do something."""

    def __init__(self, command: Command) -> None:
        super().__init__()
        self.command = command


class Consulted(TextualMessage):
    """The prompt wants to know something of the tracer; nothing in force changes by it."""

    def __init__(self, command: Command) -> None:
        super().__init__()
        self.command = command


class CloseAsked(TextualMessage):
    """A pane should go."""

    def __init__(self, pane: str) -> None:
        super().__init__()
        self.pane = pane


class StepChosen(TextualMessage):
    """A row was entered: all panes should follow its process."""

    def __init__(self, step: Step) -> None:
        super().__init__()
        self.step = step


class SyscallChosen(TextualMessage):
    """A row with a system call was entered: its latency is wanted."""

    def __init__(self, syscall: str) -> None:
        super().__init__()
        self.syscall = syscall


class StatusChanged(TextualMessage):
    """A view moved, so the line below its pane is out of date."""


class Noticed(TextualMessage):
    """Something to tell the user in one line; not escaped yet."""

    def __init__(self, text: str, *, bad: bool = False) -> None:
        super().__init__()
        self.text = text
        self.bad = bad


class TabClicked(TextualMessage):
    """A tab was clicked."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number
