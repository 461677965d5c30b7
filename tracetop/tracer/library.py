"""The bundled scripts: which panes there are, and which scripts each can show.

Owns: finding `probes/*.bt` and reading their headers. Refuses to own: compiling them. Runs in the tracer, as root:
it reads scripts of the installed package only, never a file that a user names (the screen reads those).
"""

import difflib
from importlib import resources

import msgspec

from tracetop.errors import UsageError
from tracetop.lang import read_header
from tracetop.model.frame import Variant


class BundledScript(msgspec.Struct, frozen=True):
    """One file of `probes/`."""

    name: str
    text: str
    pane: str
    variant: Variant


class Library:
    """All bundled scripts by pane."""

    def __init__(self) -> None:
        folder = resources.files("tracetop").joinpath("probes")
        files = sorted((f for f in folder.iterdir() if f.name.endswith(".bt")), key=lambda f: f.name)
        self._scripts = [_bundled(file.name.removesuffix(".bt"), file.read_text()) for file in files]

    def scripts(self, pane: str) -> tuple[BundledScript, ...]:
        """Return a pane's scripts, the one of the pane's own name first. UsageError where there is no such pane."""
        found = [script for script in self._scripts if script.pane == pane]
        if not found:
            panes = sorted({script.pane for script in self._scripts})
            near = difflib.get_close_matches(pane, panes, n=1)
            raise UsageError(
                f"no pane named {pane}",
                why=f"the panes are {', '.join(panes)}",
                mend=f"did you mean {near[0]}?" if near else "name one of them, or a script's file ending in .bt",
            )
        return tuple(sorted(found, key=lambda script: script.name != pane))


def _bundled(name: str, text: str) -> BundledScript:
    header = read_header(text)
    variant = Variant(header.get("variant", name), header.get("title", name), header.get("$1", ""))
    return BundledScript(name, text, header.get("pane", name), variant)
