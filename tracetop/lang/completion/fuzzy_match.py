"""Which of many names are meant by a few letters of one. Pure."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence

MOST = 50
"""Names that are offered at most."""


def best(fragment: str, names: Sequence[str], most: int = MOST) -> list[str]:
    """Return at most `most` of the sorted names: first those that begin so, then those a part of which does.

    Last come names that have the letters anywhere. Case does not matter but for those that begin so.
    """
    found = list(_beginning(fragment, names, most))
    if len(found) < most and fragment:
        small = fragment.lower()
        others = [name for name in names if small in name.lower() and not name.startswith(fragment)]
        others.sort(key=lambda name: (_rank(small, name.lower()), len(name), name))
        found += others[: most - len(found)]
    return found


def _beginning(fragment: str, names: Sequence[str], most: int) -> Iterable[str]:
    for i in range(bisect_left(names, fragment), len(names)):
        if most <= 0 or not names[i].startswith(fragment):
            return
        yield names[i]
        most -= 1


def _rank(fragment: str, name: str) -> int:
    if name.startswith(fragment):
        return 0
    return 1 if any(part.startswith(fragment) for part in name.replace(":", "_").split("_")) else 2
