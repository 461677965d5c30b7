"""All panes: their order and numbers, which of them are on the screen, and which one is the current one.

Owns: adding, removing and finding panes, going from one to another, zooming, and carrying out a `layout.Arrangement`.
Refuses to own: what a pane shows. Screen process.
"""

from collections.abc import Sequence

from textual.containers import Container
from textual.geometry import Size
from textual.reactive import reactive

from tracetop.ui.draw.headings import TabLine
from tracetop.ui.panes.layout import Arrangement, arrange
from tracetop.ui.panes.pane import Pane
from tracetop.ui.views.base import PaneView

_LINES = (1, 4)


class Grid(Container):
    """The panes."""

    current: reactive[int] = reactive(1, repaint=False)
    """Number of the pane that keys are for, unless a prompt has them."""
    zoomed: reactive[bool] = reactive(False, repaint=False)
    """True: the current pane has the whole screen."""

    def __init__(self, names: Sequence[str], tabs: TabLine) -> None:
        """`tabs` are open where not all panes are on the screen."""
        self.panes = [Pane(number, name) for number, name in enumerate(names, 1)]
        super().__init__(*self.panes, id="grid")
        self._tabs = tabs

    @property
    def pane(self) -> Pane:
        """The current pane."""
        return self.panes[self.current - 1]

    def find(self, name: str) -> Pane | None:
        """Return the pane of that name, None where it is not open."""
        return next((pane for pane in self.panes if pane.pane_name == name), None)

    def add(self, name: str, script: str) -> Pane:
        """Open one more pane after the others."""
        pane = Pane(len(self.panes) + 1, name, script)
        self.panes.append(pane)
        self.mount(pane)
        return pane

    def remove_pane(self, pane: Pane) -> None:
        """Close a pane, not the last one; those after it move up, and the current one stays that or is its next."""
        current = self.pane
        self.panes.remove(pane)
        pane.remove()
        for number, other in enumerate(self.panes, 1):
            if other.number != number:
                other.renumber(number)
        self.current = current.number if current is not pane else min(pane.number, len(self.panes))
        self.place()

    def go_to(self, pane: Pane, view: PaneView | None = None) -> None:
        """Make a pane the current one, on the screen or not yet: keys are for it, unless a prompt has them."""
        self.current = pane.number
        if view is not None:
            pane.choose(view)

    def go_by(self, by: int) -> None:
        """Go to the next view (1), of this pane or the next, or to the one before (-1)."""
        chain = [(pane, view) for pane in self.panes for view in pane.views]
        here = next((place for place, (_, view) in enumerate(chain) if view is self.pane.view), 0)
        self.go_to(*chain[(here + by) % len(chain)])

    def forget(self) -> None:
        """Drop all histories."""
        for pane in self.panes:
            pane.forget()

    def watch_current(self) -> None:
        """Give the pane its room."""
        self.place()

    def watch_zoomed(self) -> None:
        """Give the pane the screen, or its place in the grid."""
        self.place()

    def place(self, size: Size | None = None) -> None:
        """Have each pane where it belongs on a screen of this size, and tabs where not all are on it."""
        if not self.is_attached:
            return
        size, current = size or self.app.size, self.current
        made = arrange(len(self.panes), current - 1, size.width, size.height)
        if self.zoomed:
            made = Arrangement(range(current - 1, current), tabs=made.tabs)
        self.set_class(made.columns == 1, "-stacked")
        odd = made.columns == 2 and len(made.shown) % 2 == 1
        for place, pane in enumerate(self.panes):
            is_current = place == current - 1
            pane.set_class(place not in made.shown, "-away")
            pane.set_class(is_current, "-current")
            pane.set_class(odd and place == made.shown[-1], "-last")
            for lines in _LINES:
                pane.set_class(lines == made.lines and not is_current, f"-lines-{lines}")
        self._tabs.set_class(made.tabs, "open")
        self.show_tabs()

    def show_tabs(self) -> None:
        """Draw the tabs."""
        self._tabs.panes = [(pane.number, pane.frame or pane.placeholder) for pane in self.panes]
        self._tabs.current = self.current
        self._tabs.redraw()
