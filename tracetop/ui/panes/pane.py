"""A pane: a title line, the views of its frame, a status line; and what can be done with a pane as a whole.

Owns: what outlives a frame (the script, the logs). Refuses to own: the views (`body`), and what is in
force; the frame says that. Screen process.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message

from tracetop.model.frame import Log, PaneFrame, PaneState, StackTree
from tracetop.model.header import first_sentence, without_comments
from tracetop.model.wire.messages import SelectVariant, SetEnabled, SetOffsets
from tracetop.ui.dialogue.messages import Asked, Noticed, StatusChanged
from tracetop.ui.dialogue.wishes import PanePending
from tracetop.ui.draw.bars import StatusLine, TitleLine
from tracetop.ui.draw.headings import ViewHeading
from tracetop.ui.panes.body import Body
from tracetop.ui.views.base import PaneView
from tracetop.view.scrollback import Scrollback
from tracetop.view.text import escape

_ABOUT = 250
"""As much of a script as a title can show."""


class Pane(Vertical):
    """One pane of the grid; gets a PaneFrame a tick."""

    BINDING_GROUP_TITLE = "Pane"

    @dataclass
    class Clicked(Message):
        """The mouse went down on the pane, perhaps on a view of it."""

        pane: "Pane"
        view: PaneView | None

    def __init__(self, number: int, name: str, script: str = "") -> None:
        super().__init__()
        self.number = number
        self.pane_name = name
        self.frame: PaneFrame | None = None
        self._title = TitleLine()
        self._status = StatusLine()
        self.placeholder = PaneFrame(name=name, title=name, state=PaneState.LOADING, bundled=not script)
        """What stands for a frame until one comes."""
        self._title.pane = self.placeholder
        self.script = script
        """The text of the script that runs, or was asked for; it comes once each time that one is loaded."""
        self._was_bundled = False
        self._logs: dict[str, Scrollback] = {}
        self._body = Body(name, number, self._logs)
        self._remembered_params: tuple[str, ...] = ()
        self._pending = PanePending()
        self._offsets = False

    def compose(self) -> ComposeResult:
        """Yield the three parts."""
        yield self._title
        yield self._body
        yield self._status

    def on_mount(self) -> None:
        """Draw what came before there was anything to draw on."""
        self.show_pending(self._pending)

    @property
    def view(self) -> PaneView:
        """The view that has, or had last, the focus; else the first."""
        return self._body.view

    @property
    def views(self) -> Sequence[PaneView]:
        """All views of the pane."""
        return self._body.views

    @property
    def _about(self) -> str:
        """What the script says of itself, else its text, on one line, where it has no title; escaped."""
        frame = self.frame or self.placeholder
        if frame.title != frame.name:
            return ""
        return escape((first_sentence(self.script) or without_comments(self.script))[:_ABOUT])

    @property
    def edited(self) -> bool:
        """Whether the pane was opened with a shipped script and runs another now."""
        return self._was_bundled and self.frame is not None and not self.frame.bundled

    def choose(self, view: PaneView) -> None:
        """Have the keys of the pane go to this view."""
        self._body.choose(view)

    def take_in(self, frame: PaneFrame) -> None:
        """Keep what is in no other frame: the lines of logs, and the script's text where another was loaded."""
        self._was_bundled = self._was_bundled or frame.bundled
        if frame.script:
            self.script = frame.script
            self.forget()
            for log in self._logs.values():
                log.restart()
        for view in frame.views:
            if isinstance(view, Log):
                self._logs.setdefault(view.name, Scrollback()).add(view)

    def remember(self, frame: PaneFrame) -> None:
        """Take one tick into the histories of the views, shown or not."""
        if self._remembered_params != frame.params:
            self._remembered_params = frame.params
            self.forget()
        self._body.remember(frame, self.number)

    def show(self, frame: PaneFrame, pending: PanePending) -> None:
        """Draw this frame and what is pending."""
        self.frame, self._pending = frame, pending
        if not self._body.is_mounted:  # a new pane; `on_mount` comes back to it
            return
        self._body.show(frame, pending, self.number)
        self._show_lines()

    def show_pending(self, pending: PanePending) -> None:
        """Draw the same frame with other wishes pending."""
        if self.frame is None:
            self._pending = pending
            self._show_lines()
        else:
            self.show(self.frame, pending)

    def forget(self) -> None:
        """Drop all histories."""
        self._body.forget()

    def clear_logs(self) -> None:
        """Drop what was printed."""
        for log in self._logs.values():
            log.clear()
        self.show_pending(self._pending)

    def renumber(self, number: int) -> None:
        """Take another number: a pane before this one went."""
        self.number = number
        self.show_pending(self._pending)

    def _show_lines(self) -> None:
        for line in (self._title, self._status):
            line.number = self.number
            line.focused = self.has_focus_within
            line.pending = self._pending
            line.pane = self.frame or line.pane
        self._title.edited, self._title.about = self.edited, self._about
        self._title.middle = self._body.headline
        self._status.middle = self.view.status
        self._body.show_headings()
        self._title.redraw()
        self._status.redraw()

    def on_status_changed(self, event: StatusChanged) -> None:
        """Draw the lines around the views again."""
        event.stop()
        self._show_lines()

    @on(events.DescendantFocus)
    @on(events.DescendantBlur)
    def _focus_changed(self, event: events.DescendantFocus | events.DescendantBlur) -> None:
        """Draw the frame heavy and the cursor bright, or light and pale."""
        if isinstance(event.widget, PaneView):
            event.widget.redraw()
        self._show_lines()

    def on_view_heading_clicked(self, event: ViewHeading.Clicked) -> None:
        """Unfold the view below the heading."""
        event.stop()
        self.choose(self._body.below(event.heading))

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Have the keys go where the mouse went down."""
        under = (view for view in self.views if view.region.contains(event.screen_x, event.screen_y))
        self.post_message(self.Clicked(self, next(under, None)))

    def toggle(self) -> None:
        """Attach or detach the pane's probes: the opposite of what was asked for last."""
        if self.frame is None:
            return
        now = self.frame.state is not PaneState.OFF if self._pending.enabled is None else self._pending.enabled
        self.post_message(Asked(SetEnabled(self.pane_name, not now)))

    def next_view(self) -> None:
        """Change between call tree and flame, or histogram and heat map."""
        frame = self.frame
        if frame is not None and any(isinstance(view, StackTree) for view in frame.views):
            self._body.flame = not self._body.flame
            self.show(frame, self._pending)
        elif not [name for view in self.views if (name := view.next_view())]:
            self.post_message(Noticed("this pane has one view"))

    def next_variant(self) -> None:
        """Ask for the pane's next source."""
        frame = self.frame
        if frame is None or len(frame.variants) < 2:
            self.post_message(Noticed("no pane here has another source"))
            return
        names = [variant.name for variant in frame.variants]
        now = self._pending.variant or frame.variant
        place = names.index(now) + 1 if now in names else 0
        self.post_message(Asked(SelectVariant(self.pane_name, names[place % len(names)])))

    def toggle_offsets(self) -> None:
        """Ask for stack frames with or without offsets."""
        if self.frame is None or not any(isinstance(view, StackTree) for view in self.frame.views):
            self.post_message(Noticed("this pane has no stacks"))
            return
        self._offsets = not self._offsets
        self.post_message(Asked(SetOffsets(self.pane_name, self._offsets)))
