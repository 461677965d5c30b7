"""The dialogue about scripts: run one in a pane of its own, edit that of a pane, go back, close.

Owns: the attempt that is under way, until a frame or a refusal says what came of it, and the terminal while it is the
user's editor's. Refuses to own: the text while it is typed (`script_prompt`). Screen process.
"""

import asyncio
import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import count

import msgspec
from textual.app import App

from tracetop.errors import Diagnostic, UsageError
from tracetop.library import Library
from tracetop.model.frame import Frame, PaneState
from tracetop.model.wire.messages import AddPane, PaneRequest, RemovePane, ReplaceScript
from tracetop.source.script_files import Offer
from tracetop.ui.dialogue.session import Session
from tracetop.ui.draw.bars import KeyBar
from tracetop.ui.focus import Focus
from tracetop.ui.panes.grid import Grid
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
    is_left: bool = False
    """Whether another key was pressed since: then a refusal must not take the keys that follow."""


@dataclass(eq=False)
class Scripts:
    """What the user and the tracer have to say about scripts."""

    app: App[None]
    session: Session
    grid: Grid
    prompt: ScriptPrompt
    focus: Focus
    key_bar: KeyBar
    offers: Callable[[], Iterable[Offer]]
    """Lists the scripts in the folders for them, anew each time."""
    is_away: bool = False
    """True while another program has the terminal."""
    attempt: Attempt | None = None

    @functools.cached_property
    def library(self) -> Library:
        """The scripts that tracetop ships; read when they are first wanted, after the first paint."""
        return Library()

    # What the user wants ----------------------------------------------------------------------------------------

    def ask(self) -> None:
        """Ask for a script to run in a pane of its own."""
        self.focus.write()

    def edit(self, pane: Pane, *, elsewhere: bool = False) -> None:
        """Edit the script of a pane, here or in the user's editor."""
        text = self._text_of(pane)
        if not text:
            self.key_bar.tell("this pane runs no script")
        elif elsewhere:
            self.edit_elsewhere(text, pane.pane_name)
        else:
            self.focus.write(text, pane.pane_name)

    def edit_elsewhere(self, text: str, pane: str) -> None:
        """Hand the terminal to the user's editor; what comes back stands in the prompt, to be run or not."""
        self.is_away = True  # from here on: keys that were typed ahead are not the prompt's
        self.app.run_worker(self._edit_elsewhere(text, pane), exclusive=True)  # frames are taken in meanwhile

    def go_back(self, pane: Pane) -> None:
        """Run the script that tracetop ships again."""
        shipped = self._shipped(pane)
        if shipped and pane.edited:
            self._replace(pane, shipped)
        else:
            name = "the script that tracetop ships"
            self.key_bar.tell(f"this pane runs {name}" if shipped else "tracetop ships no script of that name")

    def close(self, pane: Pane) -> None:
        """Close a pane, but not the last one; its script is in the history."""
        if len(self.grid.panes) == 1:
            self.key_bar.tell("this is the last pane: q quits")
            return
        self.session.ask(RemovePane(pane.pane_name))
        self.grid.remove_pane(pane)

    def cancel(self, name: str) -> None:
        """Let a script that asks be: back to the shipped one where it was edited, else close the pane."""
        pane = self.grid.find(name)
        if pane is None:
            return
        shipped = self._shipped(pane)
        if pane.edited and shipped:
            self._replace(pane, shipped)
        else:
            self.close(pane)

    def open_pane(self, request: PaneRequest) -> None:
        """Open a pane, or go to it where it is open."""
        pane = self.grid.find(request.name)
        if pane is None:
            pane = self.grid.add(request.name, request.script)
            self.session.ask(AddPane(request))
        self.grid.zoomed = False
        self.focus.go_to(pane)
        self.app.call_after_refresh(self.focus.enforce)  # one that is new cannot have the focus yet

    def run(self, text: str, name: str) -> None:
        """Run a script: in the pane of this name, or in a new one where there is no such pane."""
        pane = self.grid.find(name)
        self.prompt.close()
        if pane is None:
            name = self._free_name()
            self.attempt = Attempt(name, text, is_new=True)
            self.open_pane(PaneRequest(name, text))
            return
        if text != self._text_of(pane):
            self._replace(pane, text)
        self.focus.go_to(pane)

    def leave(self) -> None:
        """Know that the user goes on: a key was pressed."""
        if self.attempt and not self.attempt.is_left:
            self.attempt = msgspec.structs.replace(self.attempt, is_left=True)

    # What comes of it -------------------------------------------------------------------------------------------

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

    def refuse(self, diagnostic: Diagnostic) -> None:
        """Bring the text of the attempt back with the error in place; say it where none was under way."""
        attempt, self.attempt = self.attempt, None
        is_busy = self.focus.is_prompting or len(self.app.screen_stack) > 1
        if attempt is None or is_busy or attempt.is_left:  # the user is at something else by now
            self.key_bar.tell(f"{diagnostic.what}: {diagnostic.hint}", bad=True)
            return
        pane = self.grid.find(attempt.pane)
        if attempt.is_new and pane is not None:
            self.close(pane)
        self.focus.write(attempt.text, "" if attempt.is_new else attempt.pane)
        self.prompt.refuse(diagnostic)

    async def _edit_elsewhere(self, text: str, pane: str) -> None:
        failed = ""
        try:
            command = external_editor.editor()
            with self.app.suspend():
                text = await asyncio.to_thread(external_editor.edit, text, command)
        except UsageError as error:
            failed = f"{error.diagnostic.what}: {error.diagnostic.why}"
        finally:
            self.is_away = False
        self.focus.write(text, pane)
        if failed:
            self.prompt.tell(failed)

    def _replace(self, pane: Pane, text: str) -> None:
        before = pane.frame.diagnostic if pane.frame else None
        self.attempt = Attempt(pane.pane_name, text, is_new=False, before=before)
        self.session.ask(ReplaceScript(pane.pane_name, text))

    def _text_of(self, pane: Pane) -> str:
        return pane.script or self._shipped(pane)

    def _shipped(self, pane: Pane) -> str:
        """Return the text that tracetop ships for what the pane shows, empty where it ships none."""
        if pane.pane_name not in self.library.panes():
            return ""
        scripts = self.library.scripts(pane.pane_name)
        variant = pane.frame.variant if pane.frame else ""
        return next((script.text for script in scripts if script.variant.name == variant), scripts[0].text)

    def _free_name(self) -> str:
        """Return a name for a script that has none."""
        taken = {pane.pane_name for pane in self.grid.panes} | set(self.library.panes())
        names = (f"script-{number}" if number > 1 else "script" for number in count(1))
        return next(name for name in names if name not in taken)
