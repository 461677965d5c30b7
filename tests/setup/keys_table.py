"""The README's tables of keys, as the bindings of the dashboard have them.

python -m tests.setup.keys_table          prints them, to be pasted between the marks of the README
"""

from textual.binding import Binding

from tracetop.ui.actions import GROUPS
from tracetop.ui.dialogue.keys import shown


def keys_tables() -> str:
    """Return one Markdown table a group of bindings; the nine keys that switch panes share a row."""
    return "\n\n".join("\n".join(_table(heading, bindings)) for heading, bindings in GROUPS)


def _table(heading: str, bindings: tuple[Binding, ...]) -> list[str]:
    rows = [f"| {_keys(binding)} | {binding.description} |" for binding in bindings]
    return [f"| {heading} | |", "|---|---|", *dict.fromkeys(rows)]


def _keys(binding: Binding) -> str:
    if (binding.id or "").startswith("toggle."):
        return "`1` to `9`"
    return " ".join(f"`{key}`" for key in shown(binding).split())


if __name__ == "__main__":
    print(keys_tables())
