"""What keys do to scripts: run one in a pane of its own, edit that of a pane, go back, close.

Owns: the attempt that is under way, until a frame or a refusal says what came of it. Refuses to own: the text while it
is typed (`script_prompt`). Screen process.
"""

import asyncio
import functools
from collections.abc import Callable, Iterable, Iterator

import msgspec

from tracetop.errors import Diagnostic, UsageError
from tracetop.library import Library
from tracetop.model.frame import Frame, PaneState
from tracetop.model.wire.messages import AddPane, PaneRequest, RemovePane, ReplaceScript
from tracetop.source.script_files import Offer
from tracetop.ui.actions import Actions
from tracetop.ui.panes.pane import Pane
from tracetop.ui.prompts import external_editor
from tracetop.ui.prompts.script_prompt import ScriptPrompt


class Attempt(msgspec.Struct, frozen=True):
    """A script that was sent to run."""

    pane: str
    text: str
    is_new: bool
    before: Diagnostic | None = None
    """What the pane's frame says was wrong before; the tracer takes it back when it takes this script up."""


class ScriptActions(Actions):
    """The actions on scripts; `app.Dashboard` is the rest."""

    script_prompt: ScriptPrompt
    offers: Callable[[], Iterable[Offer]]
    """Lists the scripts in the folders for them, anew each time."""
    attempt: Attempt | None = None
    is_away = False
    """True while another program has the terminal."""

    @functools.cached_property
    def library(self) -> Library:
        """The scripts that tracetop ships; read when they are first wanted, after the first paint."""
        return Library()

    def action_script(self) -> None:
        """Ask for a script to run in a pane of its own."""
        self.prompt.close()
        self.script_prompt.open()

    def action_edit_script(self) -> None:
        """Edit the script of the current pane."""
        text = self._text_of(self.pane)
        if text:
            self.script_prompt.open(text, self.pane.pane_name, f"edit {self.pane.pane_name}")
        else:
            self.tell("this pane runs no script")

    def action_edit_elsewhere(self) -> None:
        """Edit the script of the current pane in the user's editor."""
        if text := self._text_of(self.pane):
            self.edit_elsewhere(text, self.pane.pane_name)
        else:
            self.tell("this pane runs no script")

    def on_script_prompt_editor_wanted(self, event: ScriptPrompt.EditorWanted) -> None:
        """Go on in the user's editor."""
        self.edit_elsewhere(event.text, event.pane)

    def edit_elsewhere(self, text: str, pane: str) -> None:
        """Hand the terminal to the user's editor; what comes back stands in the prompt, to be run or not."""
        self.run_worker(self._edit_elsewhere(text, pane), exclusive=True)  # frames are taken in meanwhile

    async def _edit_elsewhere(self, text: str, pane: str) -> None:
        failed = ""
        try:
            command = external_editor.editor()
            with self.suspend():
                self.is_away = True
                try:
                    text = await asyncio.to_thread(external_editor.edit, text, command)
                finally:
                    self.is_away = False
        except UsageError as error:
            failed = f"{error.diagnostic.what}: {error.diagnostic.why}"
        self.script_prompt.open(text, pane, f"edit {pane}" if pane else "new pane")
        if failed:
            self.script_prompt.tell(failed)

    def action_shipped_script(self) -> None:
        """Run the script that tracetop ships again."""
        shipped = self._shipped(self.pane)
        if shipped and self.pane.edited:
            self._replace(self.pane, shipped)
        else:
            self.tell(
                "this pane runs the script that tracetop ships" if shipped else "tracetop ships none of that name"
            )

    def action_close_pane(self) -> None:
        """Close the current pane; its script is in the history."""
        self.close_pane(self.pane)

    def close_pane(self, pane: Pane) -> None:
        """Close a pane, but not the last one."""
        if len(self.panes) == 1:
            self.tell("this is the last pane: q quits")
            return
        had_focus = pane.has_focus_within or pane is self.pane
        place = pane.number - 1
        self.ask(RemovePane(pane.pane_name))
        self.grid.remove_pane(pane)
        if had_focus:
            self.go_to(self.panes[min(place, len(self.panes) - 1)])
        self.place_panes()

    def cancel_script(self, name: str) -> None:
        """Let a script that asks be: back to the shipped one where it was edited, else close the pane."""
        for pane in [pane for pane in self.panes if pane.pane_name == name]:
            shipped = self._shipped(pane)
            if pane.edited and shipped:
                self._replace(pane, shipped)
            else:
                self.close_pane(pane)

    def open_pane(self, request: PaneRequest) -> None:
        """Open a pane, or go to it where it is open."""
        pane = next((pane for pane in self.panes if pane.pane_name == request.name), None)
        if pane is None:
            pane = self.grid.add(request.name, request.script)
            self.ask(AddPane(request))
        self.zoomed = False
        self.current = pane.number
        self.call_after_refresh(pane.take_focus)  # one that is new cannot have it yet

    def on_script_prompt_submitted(self, event: ScriptPrompt.Submitted) -> None:
        """Run a script."""
        pane = next((pane for pane in self.panes if pane.pane_name == event.pane), None)
        self.script_prompt.close()
        if pane is None:
            name = next(name for name in _names() if name not in self._taken())
            self.attempt = Attempt(name, event.text, is_new=True)
            self.open_pane(PaneRequest(name, event.text))
        elif event.text == self._text_of(pane):
            self.go_to(pane)
        else:
            self._replace(pane, event.text)
            self.go_to(pane)

    def settle(self, frame: Frame) -> None:
        """See in a frame what came of the attempt."""
        attempt = self.attempt
        pane = frame.panes.get(attempt.pane) if attempt else None
        if attempt is None or pane is None or pane.state is PaneState.LOADING:
            return
        if pane.state is PaneState.FAILED and pane.diagnostic:
            self.refuse(pane.diagnostic)
        elif attempt.is_new or pane.script == attempt.text or pane.state is PaneState.ASKING:
            self.attempt = None
        elif pane.diagnostic is None:
            self.attempt = msgspec.structs.replace(attempt, before=None)
        elif pane.diagnostic != attempt.before:
            self.refuse(pane.diagnostic)

    def refuse(self, diagnostic: Diagnostic) -> bool:
        """Bring the text of the attempt back with the error in place; False where none was under way."""
        attempt, self.attempt = self.attempt, None
        if attempt is None:
            return False
        if self.script_prompt.is_open or self.prompt.has_class("open") or len(self.screen_stack) > 1:
            self.tell(f"{diagnostic.what}: {diagnostic.hint}", bad=True)  # the user is at something else by now
            return True
        pane = next((pane for pane in self.panes if pane.pane_name == attempt.pane), None)
        if attempt.is_new and pane is not None:
            self.close_pane(pane)
        self.script_prompt.open(
            attempt.text,
            "" if attempt.is_new else attempt.pane,
            "new pane" if attempt.is_new else f"edit {attempt.pane}",
        )
        self.script_prompt.refuse(diagnostic)
        return True

    def _replace(self, pane: Pane, text: str) -> None:
        self.attempt = Attempt(pane.pane_name, text, is_new=False, before=pane.frame.diagnostic if pane.frame else None)
        self.ask(ReplaceScript(pane.pane_name, text))

    def _text_of(self, pane: Pane) -> str:
        return pane.script or self._shipped(pane)

    def _shipped(self, pane: Pane) -> str:
        """Return the text that tracetop ships for what the pane shows, empty where it ships none."""
        if pane.pane_name not in self.library.panes():
            return ""
        scripts = self.library.scripts(pane.pane_name)
        variant = pane.frame.variant if pane.frame else ""
        return next((script.text for script in scripts if script.variant.name == variant), scripts[0].text)

    def _taken(self) -> set[str]:
        return {pane.pane_name for pane in self.panes} | set(self.library.panes())


def _names() -> Iterator[str]:
    """Yield the names of scripts that have none."""
    yield "script"
    number = 2
    while True:
        yield f"script-{number}"
        number += 1
