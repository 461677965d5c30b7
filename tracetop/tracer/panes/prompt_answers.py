"""What is said about a text while it is being typed: what is wrong with it, and which words could stand there.

Owns: that only the newest question of each kind is answered. Refuses to own: the answers (`lang`). Nothing is loaded
for them. Tracer.
"""

from collections.abc import Iterator

from tracetop.errors import TracetopError
from tracetop.lang import Completer, compile_script
from tracetop.model.kernel import Kernel
from tracetop.model.wire import messages as m

_NAME = "script"
"""What errors call a text that has no name yet."""


class Assistant:
    """Answers questions when nothing else is to be done; an older one is dropped for a newer."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._completer = Completer(kernel)
        self._questions: dict[type, m.Inquiry] = {}

    @property
    def asked(self) -> bool:
        """Whether a question waits."""
        return bool(self._questions)

    def ask(self, question: m.Inquiry) -> None:
        """Take a question in the place of the one before."""
        self._questions[type(question)] = question

    def answers(self) -> Iterator[m.Checked | m.Completions]:
        """Yield the answers to what was asked."""
        questions, self._questions = self._questions, {}
        for question in questions.values():
            yield self._check(question) if isinstance(question, m.CheckScript) else self._complete(question)

    def _check(self, question: m.CheckScript) -> m.Checked:
        try:
            compile_script(question.script, _NAME, self._kernel)
        except TracetopError as error:
            return m.Checked(question.serial, error.diagnostic, error.diagnostic.at)
        return m.Checked(question.serial)

    def _complete(self, question: m.Complete) -> m.Completions:
        start, words = self._completer.complete(question.script, question.at)
        return m.Completions(question.serial, start, words)
