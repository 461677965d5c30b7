"""What each key of the app does: one small method a key.

Owns: the actions that `keys.APP` names. Refuses to own: state; it is the session's and the app's. Screen process.
"""

from tracetop.errors import UsageError
from tracetop.model.abi.control import parse_filter
from tracetop.model.wire.messages import Reset
from tracetop.ui.base import Base
from tracetop.ui.dialogue.filter_trail import Step
from tracetop.ui.prompts.help import HelpScreen
from tracetop.ui.prompts.prompt import Question
from tracetop.view.text import escape


class Actions(Base):
    """The actions; `app.Dashboard` is the rest."""

    def action_help(self) -> None:
        """Show every key."""
        self.push_screen(HelpScreen())

    def action_toggle_probes(self, number: int) -> None:
        """Switch the probes of a pane on or off."""
        if number <= len(self.panes):
            self.panes[number - 1].action_toggle_pane()
        else:
            self.tell(f"there is no pane {number}")

    def action_filter(self) -> None:
        """Ask for a filter."""
        now = self.session.trail.filter
        words = (str(now.pid or ""), f"comm={now.comm}" if now.comm.isdecimal() else now.comm)
        hint = "812, nginx, ngin*; empty for all processes"
        self.prompt.open(Question("filter", hint, self._filter), " ".join(filter(None, words)))

    def _filter(self, text: str) -> None:
        self.session.go(self.session.trail.into(Step(parse_filter(text))))
        self.show_wishes()

    def action_filter_back(self) -> None:
        """Go back to the filter before this one; at the start do nothing, and never quit."""
        self.session.go(self.session.trail.back())
        self.show_wishes()

    def action_search(self) -> None:
        """Ask what to search in the focused pane; it is searched while it is typed."""
        question = Question("search", "part of a name", self._search, self._seek, lambda: self._search(""))
        self.prompt.open(question)

    def _seek(self, text: str) -> None:
        self.pane.view.find(text, 0)

    def _search(self, text: str) -> None:
        self.searched = text
        if not self.pane.view.find(text, 0) and text:
            self.tell(f"not found: {escape(text)}")

    def action_found(self, step: int) -> None:
        """Go to the next or the previous row that matches."""
        if not self.searched:
            self.tell("nothing to search for yet: / asks")
        elif not self.pane.view.find(self.searched, step):
            self.tell(f"not found: {escape(self.searched)}")

    def action_pause(self) -> None:
        """Hold the view, or let it go on."""
        self.paused = not self.paused

    def action_interval(self, by: int) -> None:
        """Make the interval longer or shorter."""
        self.session.change_interval(by)
        self.show_wishes()

    def action_zoom(self) -> None:
        """Give the pane the whole screen, or its place in the grid."""
        self.zoomed = not self.zoomed

    def action_next_variant(self) -> None:
        """Change the source of the current pane, or of the first that has several."""
        several = [pane for pane in (self.pane, *self.panes) if pane.frame and len(pane.frame.variants) > 1]
        (several[0] if several else self.pane).next_variant()

    def action_parameter(self) -> None:
        """Ask for the system call whose latency is shown."""
        self.prompt.open(Question("latency of", "a system call, e.g. openat; empty for all", self.show_syscall))

    def show_syscall(self, syscall: str) -> None:
        """Show one system call's latency; UsageError where the text cannot be a name."""
        syscall = syscall.strip()
        if syscall and not syscall.replace("_", "").isalnum():
            raise UsageError(f"not a system call: {syscall}", hint="write a name such as openat, or nothing for all")
        if not self.session.show_syscall(syscall):
            self.tell("no pane here shows one system call")
        self.show_wishes()

    def action_reset(self) -> None:
        """Count anew."""
        self.ask(Reset())
        self.forget()
        for pane in self.panes:
            pane.clear_logs()

    def action_restart(self) -> None:
        """Start the tracer again after it ended."""
        if not self.session.restart():
            self.tell("the tracer is running")
        self.show_wishes()

    def action_focus_next(self) -> None:
        """Go to the next view, of this pane or the next."""
        self._focus_by(1)

    def action_focus_previous(self) -> None:
        """Go to the view before, of this pane or the one before."""
        self._focus_by(-1)

    def _focus_by(self, by: int) -> None:
        chain = [(pane, view) for pane in self.panes for view in pane.views]
        here = next((place for place, (_, view) in enumerate(chain) if view is self.pane.view), 0)
        pane, view = chain[(here + by) % len(chain)]
        self.go_to(pane, view)
