"""What a key is: its names, one line of help, and the action that it is for.

Owns: how bindings are written and read, the keys that move, and the key bar. Refuses to own: all other keys; they stand
beside what they do: the app's in `actions`, a view's in its class. Each has an `id`, so that a key map can change it.
The help screen, the palette and the README's tables are made from them. Screen process.
"""

from collections.abc import Sequence
from itertools import groupby

from textual.binding import Binding
from textual.widget import Widget


def bind(id: str, keys: str, action: str, help_: str, *, shown: str = "", priority: bool = False) -> Binding:  # noqa: A002
    """Return a binding; `shown` is how the help writes its keys, where that is not what Textual calls them."""
    return Binding(keys, action, help_, show=False, key_display=shown or None, id=id, priority=priority)


MOVE = (
    bind("move.up", "up,k", "move(-1)", "one row up", shown="↑ k"),
    bind("move.down", "down,j", "move(1)", "one row down", shown="↓ j"),
    bind("move.page_up", "pageup,ctrl+b", "page(-1)", "one page up", shown="PgUp"),
    bind("move.page_down", "pagedown,ctrl+f", "page(1)", "one page down", shown="PgDn"),
    bind("move.first", "home,g", "edge(-1)", "first row", shown="Home g"),
    bind("move.last", "end,G", "edge(1)", "last row", shown="End G"),
)
BAR = (
    ("?", "help", "question_mark"),
    ("q", "quit", "q"),
    ("f", "filter", "f"),
    ("Enter", "drill", "enter"),
    ("Esc", "back", "escape"),
    (":", "script", "colon"),
    ("e", "edit", "e"),
    ("1-9", "on/off", ""),
    ("z", "zoom", "z"),
    ("i", "view", "i"),
    ("v", "source", "v"),
    ("/", "search", "slash"),
    ("p", "pause", "p"),
    ("+ -", "interval", ""),
    ("< >", "sort", ""),
    ("r", "reset", "r"),
    ("Ctrl-P", "palette", "ctrl+p"),
)
"""The key bar, the most wanted first: keys, a word, and the key that a click on it presses (none where empty)."""


def bindings_of(widget: type[Widget]) -> tuple[Binding, ...]:
    """Return the keys of a kind of widget but for those that move."""
    return tuple(one for one in widget.BINDINGS if isinstance(one, Binding) and one not in MOVE)


def lines(bindings: Sequence[Binding]) -> list[tuple[str, str]]:
    """Return keys and help of each binding; neighbours with one help, such as digits, as one line."""
    merged: list[tuple[str, str]] = []
    for help_, group in groupby(bindings, key=lambda binding: binding.description):
        names = [shown(binding) for binding in group]
        merged.append((names[0] if len(names) == 1 else f"{names[0]} … {names[-1]}", help_))
    return merged


def shown(binding: Binding) -> str:
    """Return the keys of a binding as the help writes them."""
    return binding.key_display or binding.key
