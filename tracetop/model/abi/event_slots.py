"""The tables that every script has beside its maps, and which slot of them is whose: what was lost, and what is there.

A map's own slot is its number in ``Program.maps``, as `MapSpec.drop_slot` says; after the maps' come those of events.
"""

from typing import NamedTuple

DROPS, PRESENT, EVENTS, SCRATCH = "tt_drops", "tt_present", "tt_events", "tt_scratch"
"""Names of the tables: losses by slot; whether a map without a key is there, by the same slots; the ring buffer; what
does not fit on a program's stack."""


class DropSlots(NamedTuple):
    """The slots of a script with so many maps."""

    maps: int

    @property
    def events(self) -> int:
        """Of events that found no room in the buffer."""
        return self.maps

    @property
    def missed(self) -> int:
        """Of runs that ended at once, another being under way on their CPU."""
        return self.maps + 1

    @property
    def exits(self) -> int:
        """Of events that would have said ``exit``, which holds all the same; only a script with one has the slot."""
        return self.maps + 2

    @property
    def runs(self) -> int:
        """Of runs by events that the kernel counts too; only a script with a `ProbeSpec.is_checked` has the slot."""
        return self.maps + 3

    @property
    def unread(self) -> int:
        """Of strings that were not there to be read; only a script that reads some of processes has the slot."""
        return self.maps + 4

    def size(self, *, exits: bool, runs: bool, unread: bool = False) -> int:
        """Return how many slots there are."""
        return self.maps + (5 if unread else 4 if runs else 2 + exits)
