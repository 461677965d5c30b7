"""What the user asked for and the kernel does not do yet.

Owns: the wishes that were sent and not seen in a frame since; each pane and the header mark them as pending.
Refuses to own: sending them. Pure.
"""

import msgspec

from tracetop.model.abi.control import Filter
from tracetop.model.frame import Frame, PaneFrame, PaneState, Sort, Table


class PanePending(msgspec.Struct, frozen=True, kw_only=True):
    """Wishes for one pane; None where there is none."""

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

    def with_pane(self, name: str, wishes: PanePending) -> "Pending":
        """Return the same with other wishes for one pane."""
        return msgspec.structs.replace(self, panes={**self.panes, name: wishes})

    def settled(self, frame: Frame) -> "Pending":
        """Return what is still open after `frame`."""
        left = {name: wishes.settled(frame.panes[name]) for name, wishes in self.panes.items() if name in frame.panes}
        return Pending(
            filter=None if self.filter in (None, frame.filter) else self.filter,
            interval_s=None if self.interval_s in (None, frame.interval_s) else self.interval_s,
            panes={name: wishes for name, wishes in left.items() if wishes},
        )
