"""What views, panes and prompts ask of the app, and what comes of it: one small method a message.

Owns: the handlers of `messages`. Refuses to own: what a command does. Screen process.
"""

from tracetop.ui.dialogue.messages import Asked, CloseAsked, Consulted, Noticed, StepChosen, SyscallChosen, TabClicked
from tracetop.ui.script_actions import ScriptActions


class Hearing(ScriptActions):
    """The handlers; `app.Dashboard` is the rest."""

    def on_asked(self, event: Asked) -> None:
        """Send a command."""
        self.ask(event.command)

    def on_consulted(self, event: Consulted) -> None:
        """Ask what changes nothing."""
        self.session.ask(event.command)

    def on_close_asked(self, event: CloseAsked) -> None:
        """Close a pane that asked."""
        self.cancel_script(event.pane)

    def on_step_chosen(self, event: StepChosen) -> None:
        """Drill down."""
        self.session.go(self.session.trail.into(event.step))
        self.show_wishes()

    def on_syscall_chosen(self, event: SyscallChosen) -> None:
        """Show one system call's latency."""
        self.show_syscall(event.syscall)

    def on_noticed(self, event: Noticed) -> None:
        """Tell the user."""
        self.tell(event.text, bad=event.bad)

    def on_tab_clicked(self, event: TabClicked) -> None:
        """Go to the pane."""
        self.go_to(self.panes[event.number - 1])
