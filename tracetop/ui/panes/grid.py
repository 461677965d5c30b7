"""All panes: their order and numbers, and which of them are on the screen.

Owns: adding and removing panes, and carrying out an `arrange.Arrangement`. Refuses to own: what a pane shows.
Screen process.
"""

from textual.containers import Container
from textual.geometry import Size

from tracetop.ui.panes.layout import Arrangement, arrange
from tracetop.ui.panes.pane import Pane

_LINES = (1, 4)


class Grid(Container):
    """The panes."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.panes = [Pane(number, name) for number, name in enumerate(names, 1)]
        super().__init__(*self.panes, id="grid")
        self.arrangement = Arrangement(range(len(names)))

    def add(self, name: str, script: str) -> Pane:
        """Open one more pane behind the others."""
        pane = Pane(len(self.panes) + 1, name, script)
        self.panes.append(pane)
        self.mount(pane)
        return pane

    def remove_pane(self, pane: Pane) -> None:
        """Close a pane; those behind it move up."""
        self.panes.remove(pane)
        pane.remove()
        for number, other in enumerate(self.panes, 1):
            if other.number != number:
                other.renumber(number)

    def place(self, current: int, size: Size, *, zoomed: bool) -> None:
        """Give the panes their places on a screen; `current` is the number of the one that must be on it."""
        made = arrange(len(self.panes), current - 1, size.width, size.height)
        if zoomed:
            made = Arrangement(range(current - 1, current), tabs=made.tabs)
        self.arrangement = made
        self.set_class(made.columns == 1, "-stacked")
        odd = made.columns == 2 and len(made.shown) % 2 == 1
        for place, pane in enumerate(self.panes):
            is_current = place == current - 1
            pane.set_class(place not in made.shown, "-away")
            pane.set_class(is_current, "-current")
            pane.set_class(odd and place == made.shown[-1], "-last")
            for lines in _LINES:
                pane.set_class(lines == made.lines and not is_current, f"-lines-{lines}")
