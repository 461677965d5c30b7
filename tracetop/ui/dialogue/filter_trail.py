"""The trail of filters that Enter lengthens and Esc shortens; its last step is the filter that is wanted.

Owns: the steps and how they read. Refuses to own: the filter in force, which a frame carries. Pure.
"""

import msgspec

from tracetop.model.abi.control import Filter
from tracetop.view.text import escape


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
    """Steps from all processes inwards; empty: all processes."""

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
