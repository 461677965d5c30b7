"""The nearest known name to one that is not known: what most hints of this compiler say."""

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the known name most like `name`, or an empty string where none is like it."""
    matches = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return matches[0] if matches else ""


def did_you_mean(name: str, known: Iterable[str], otherwise: str) -> str:
    """Return ``did you mean X?``, or `otherwise` where no known name is near."""
    match = nearest(name, known)
    return f"did you mean {match}?" if match else otherwise
