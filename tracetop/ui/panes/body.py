"""The middle of a pane: one widget for each view of its frame, under headings where there are several.

Owns: which widget draws which view, their share of the height, and which of them is chosen. Refuses to own: the lines
around them, and what is in force (`pane`). Screen process.
"""

from collections.abc import Mapping, Sequence

from textual import events
from textual.containers import Vertical

from tracetop.model.frame import Histogram, Log, Number, PaneFrame, PaneState, StackTree, Table, View
from tracetop.ui.dialogue.wishes import PanePending
from tracetop.ui.draw.headings import ViewHeading
from tracetop.ui.panes.layout import share
from tracetop.ui.views.base import PaneView, ScrolledView
from tracetop.ui.views.flame import FlameView
from tracetop.ui.views.histogram import HistogramView
from tracetop.ui.views.log import LogView
from tracetop.ui.views.number import NumberView
from tracetop.ui.views.state import QuestionView, StateView
from tracetop.ui.views.table import TableView
from tracetop.ui.views.tree import TreeView
from tracetop.view.scrollback import Scrollback

_WHEEL = 3
"""Rows that the mouse's wheel moves."""


def _shown(frame: PaneFrame) -> tuple[View, ...]:
    """Return the views to draw: of a user's script that is off, or has ended itself, what it came to."""
    came_to = frame.state is PaneState.OFF and not frame.bundled
    return frame.views if frame.state is PaneState.ON or came_to else ()


class Body(Vertical):
    """The views of a pane."""

    def __init__(self, pane: str, number: int, logs: Mapping[str, Scrollback]) -> None:
        self.views: list[PaneView] = [StateView(pane, number)]
        super().__init__(*self.views, classes="body")
        self.flame = False
        """Whether stacks are drawn as a flame, not as a tree."""
        self._pane = pane
        self._logs = logs
        self._headings: list[ViewHeading] = []
        self._chosen = self.views[0]
        self._made_for: object = None

    @property
    def view(self) -> PaneView:
        """The view that has, or had last, the focus; else the first."""
        return self._chosen if self._chosen in self.views else self.views[0]

    @property
    def headline(self) -> str:
        """The total of the only view; several have it in their headings."""
        return self.views[0].headline if len(self.views) == 1 else ""

    def choose(self, view: PaneView) -> None:
        """Unfold a view: the one that keys are for while the pane has them."""
        if view is not self._chosen:
            self._chosen = view
            self._share_room()

    def remember(self, frame: PaneFrame, number: int) -> None:
        """Take one tick into the histories of the views, shown or not."""
        if self._needs(frame, number) == self._made_for and frame.state is PaneState.ON:
            for widget, view in zip(self.views, frame.views, strict=False):
                widget.remember(view)

    def forget(self) -> None:
        """Drop all histories."""
        for view in self.views:
            view.forget()

    def show(self, frame: PaneFrame, pending: PanePending, number: int) -> None:
        """Draw this frame of the pane with this number."""
        if self._needs(frame, number) != self._made_for:
            self._adapt(frame, number)
        first = self.views[0]
        if isinstance(first, StateView):
            first.show_state(frame)
        else:
            for widget, view in zip(self.views, frame.views, strict=True):
                widget.show(view, pending)

    def show_headings(self) -> None:
        """Draw the rules between the views."""
        for heading, view in zip(self._headings, self.views, strict=False):
            heading.total, heading.focused = view.headline, view is self.view and self.has_focus_within
            heading.redraw()

    def below(self, heading: ViewHeading) -> PaneView:
        """Return the view under a heading."""
        return self.views[self._headings.index(heading)]

    def on_resize(self, _event: events.Resize) -> None:
        """Share the room anew."""
        self._share_room()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Go down in the view under the mouse."""
        self._scroll(event, _WHEEL)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Go up in the view under the mouse."""
        self._scroll(event, -_WHEEL)

    def _scroll(self, event: events.MouseEvent, by: int) -> None:
        for view in self.views:
            if isinstance(view, ScrolledView) and view.region.contains(event.screen_x, event.screen_y):
                event.stop()
                view.action_move(by)

    def _adapt(self, frame: PaneFrame, number: int) -> None:
        """Have one widget for each view of the frame, of the kind that draws it."""
        self._made_for = self._needs(frame, number)
        shown = _shown(frame)
        before = list(self.children)
        self.views = [self._widget_for(view) for view in shown]
        for widget, view in zip(self.views, shown, strict=True):
            widget.remember(view)
        self._headings = [ViewHeading(view.name) for view in shown] if len(shown) > 1 else []
        if not self.views:
            kind = QuestionView if frame.state is PaneState.ASKING else StateView
            self.views = [kind(self._pane, number)]
        self.mount(*(self._under_headings() if self._headings else self.views))
        self._chosen = self.views[0]
        self._share_room()
        for old in before:
            old.remove()

    def _under_headings(self) -> Sequence[ViewHeading | PaneView]:
        return [widget for block in zip(self._headings, self.views, strict=True) for widget in block]

    def _share_room(self) -> None:
        """Give each view its lines."""
        small = [isinstance(view, NumberView) for view in self.views]
        lines = share(small, self.views.index(self.view), self.size.height)
        for view, height in zip(self.views, lines, strict=True):
            view.display = height > 0
            view.styles.height = "1fr" if len(lines) == 1 else height

    def _needs(self, frame: PaneFrame, number: int) -> object:
        """Return what decides which widgets there are; the number stands in the state's text."""
        shown = tuple((type(view), view.name) for view in _shown(frame))
        return frame.variant, self.flame, shown or (frame.state is PaneState.ASKING, number)

    def _widget_for(self, view: View) -> PaneView:
        match view:
            case Table():
                return TableView(self._pane, view)
            case Histogram():
                return HistogramView(self._pane, view)
            case StackTree():
                return FlameView(self._pane, view) if self.flame else TreeView(self._pane, view)
            case Number():
                return NumberView(self._pane, view)
            case Log():
                return LogView(self._pane, self._logs[view.name])
