"""The scripts that tracetop ships, one file each in this folder, as text under their headings.

In: the name of a pane. Out: its scripts as `PaneScript`, or a UsageError that names the panes there are.
Owns: finding them and reading their headers. Refuses to own: compiling them, and any file that a user names. Both
processes: the screen lists them, the tracer opens them.
"""

from importlib import resources

import msgspec

from tracetop.errors import UsageError, did_you_mean
from tracetop.model.frame import Variant
from tracetop.model.header import read_header

DEFAULT = ("syscalls", "latency", "processes", "stacks")
"""The panes of the default dashboard, in the order of their digits."""


class PaneScript(msgspec.Struct, frozen=True):
    """One script that a pane can show."""

    name: str
    """The file's stem."""
    text: str
    pane: str
    """The pane that it belongs to; several scripts of one pane are its variants."""
    variant: Variant
    about: str = ""
    """One line on what it shows; empty where its header has none."""
    bundled: bool = True
    """Whether tracetop ships it: then it is neither tried out nor asked about before it runs."""


def pane_script(name: str, text: str, *, bundled: bool) -> PaneScript:
    """Return a script under what its header says of it."""
    header = read_header(text)
    variant = Variant(header.get("variant", name) if bundled else name, header.get("title", name), header.get("$1", ""))
    pane = header.get("pane", name) if bundled else name
    return PaneScript(name, text, pane, variant, header.get("about", ""), bundled)


PROGRAMS = PaneScript(
    name="programs",
    text="",
    pane="programs",
    variant=Variant("programs", "BPF programs"),
    about="BPF programs and maps of this machine: who loaded them, where they are attached, and what they cost.",
)
"""The one pane without a script: the tracer asks the kernel itself."""


class Library:
    """All bundled scripts by pane."""

    def __init__(self) -> None:
        files = sorted((f for f in resources.files(__name__).iterdir() if f.name.endswith(".bt")), key=lambda f: f.name)
        self._scripts = [pane_script(f.name.removesuffix(".bt"), f.read_text(), bundled=True) for f in files]
        self._scripts.append(PROGRAMS)

    def panes(self) -> tuple[str, ...]:
        """Return the names of all panes, those of the default dashboard first, then by name."""
        names = {script.pane for script in self._scripts}
        return (*DEFAULT, *sorted(names - {*DEFAULT}))

    def scripts(self, pane: str) -> tuple[PaneScript, ...]:
        """Return a pane's scripts, the one of the pane's own name first. UsageError where there is no such pane."""
        found = [script for script in self._scripts if script.pane == pane]
        if not found:
            panes = self.panes()
            raise UsageError(
                f"no pane named {pane}",
                why=f"the panes are {', '.join(panes)}",
                hint=did_you_mean(pane, panes, "name one of them, or a script's file ending in .bt"),
            )
        return tuple(sorted(found, key=lambda script: script.name != pane))

    def of_text(self, pane: str, text: str) -> PaneScript | None:
        """Return the script of the pane that is this very text, None where none is."""
        return next((script for script in self._scripts if script.pane == pane and script.text == text), None)
