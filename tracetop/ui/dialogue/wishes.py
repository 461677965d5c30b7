"""What the user wants: wishes that were sent and are not in force yet, and the filters that led here.

Owns: the wishes that no frame has shown since, which panes and header mark as pending; the trail of filters, whose last
step is the one that is wanted, and how it reads. Refuses to own: sending them, and what is in force: a frame carries
that. Pure.
"""

import msgspec

from tracetop.model.filter import Filter
from tracetop.model.frame import Frame, PaneFrame, PaneState, Sort, Table
from tracetop.view.text import escape


class PanePending(msgspec.Struct, frozen=True, kw_only=True):
    """Wishes for one pane; None: no wish."""

    enabled: bool | None = None
    variant: str | None = None
    params: tuple[str, ...] | None = None
    sorts: dict[str, Sort] = {}
    """By table."""

    def __bool__(self) -> bool:
        return bool(self.enabled is not None or self.variant or self.params is not None or self.sorts)

    def settled(self, frame: PaneFrame) -> "PanePending":
        """Return what is still open after `frame`."""
        in_force = {view.name: view.sort for view in frame.views if isinstance(view, Table)}
        is_enabled = frame.state not in (PaneState.OFF, PaneState.LOADING)
        return PanePending(
            enabled=None if self.enabled in (None, is_enabled) else self.enabled,
            variant=None if self.variant in (None, frame.variant) else self.variant,
            params=None if self.params in (None, frame.params) else self.params,
            sorts={table: sort for table, sort in self.sorts.items() if in_force.get(table, sort) != sort},
        )


class Pending(msgspec.Struct, frozen=True, kw_only=True):
    """All wishes that no frame has shown in force."""

    filter: Filter | None = None
    interval_s: float | None = None
    panes: dict[str, PanePending] = {}

    def pane(self, name: str) -> PanePending:
        """Return the wishes for one pane."""
        return self.panes.get(name, PanePending())

    def settled(self, frame: Frame) -> "Pending":
        """Return what is still open after `frame`."""
        left = {name: wishes.settled(frame.panes[name]) for name, wishes in self.panes.items() if name in frame.panes}
        return Pending(
            filter=None if self.filter in (None, frame.filter) else self.filter,
            interval_s=None if self.interval_s in (None, frame.interval_s) else self.interval_s,
            panes={name: wishes for name, wishes in left.items() if wishes},
        )


class Step(msgspec.Struct, frozen=True):
    """One filter, and the name of the process where the row it came from told it."""

    filter: Filter
    name: str = ""

    def text(self) -> str:
        """Return the step for the breadcrumb, escaped."""
        parts = []
        if self.filter.pid:
            parts.append(f"pid {self.filter.pid}" + (f" {self.name}" if self.name else ""))
        if self.filter.comm:
            parts.append(f"comm {self.filter.comm}")
        return escape(", ".join(parts)) or "all processes"


class Trail(msgspec.Struct, frozen=True):
    """The steps that Enter adds and Esc takes away, from all processes inwards; empty: all processes."""

    steps: tuple[Step, ...] = ()

    @property
    def filter(self) -> Filter:
        """The filter that is wanted."""
        return self.steps[-1].filter if self.steps else Filter()

    def into(self, step: Step) -> "Trail":
        """Return the trail with one more step; the empty filter leads back to the start."""
        if not step.filter:
            return Trail()
        return self if self.steps and self.steps[-1].filter == step.filter else Trail((*self.steps, step))

    def back(self) -> "Trail":
        """Return the trail without its last step."""
        return Trail(self.steps[:-1])

    def text(self) -> str:
        """Return the breadcrumb, escaped."""
        return " › ".join(["all", *(step.text() for step in self.steps)]) if self.steps else "all processes"  # noqa: RUF001
