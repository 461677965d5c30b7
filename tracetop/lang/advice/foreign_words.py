"""Words of C, awk, DTrace and SystemTap, each with what to write here: a table (`foreign_words.toml`) with examples.

Owns: reading it. Refuses to own: misspellings, and other languages' syntax (`advice.toml`).
"""

from functools import lru_cache
from importlib import resources
from typing import Literal

import msgspec

Place = Literal["value", "function", "probe"]
"""Where a word stands: of a value, of a function that is called, of a kind of probe."""


class ForeignWords(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Words that mean one thing, and a program with one of them, wrong and right."""

    place: Place
    words: tuple[str, ...]
    hint: str
    wrong: str
    right: str


@lru_cache(maxsize=1)
def foreign_words() -> tuple[ForeignWords, ...]:
    """Return the table."""
    text = resources.files(__package__).joinpath("foreign_words.toml").read_text(encoding="utf-8")
    return msgspec.toml.decode(text, type=dict[str, tuple[ForeignWords, ...]])["words"]


def instead_of(word: str, place: Place) -> str:
    """Return what to write instead of a word, empty where it is not one of these."""
    return next((each.hint for each in foreign_words() if each.place == place and word in each.words), "")
