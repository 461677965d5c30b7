"""What the nodes of both trees have in common: each is a frozen dataclass."""

from dataclasses import dataclass
from typing import dataclass_transform


@dataclass_transform(frozen_default=True)
class Frozen:
    """A node of a tree: every class that inherits from it is a frozen dataclass."""

    def __init_subclass__(cls, *, kw_only: bool = False) -> None:
        """Make the class one; `kw_only` as in `dataclass`."""
        dataclass(frozen=True, kw_only=kw_only)(cls)
