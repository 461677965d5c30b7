"""What a pane is to show: one of its scripts, and that script's positional parameters.

Owns: finding a script by variant or text, and what parameters mean as numbers. Refuses to own: whether it runs.
Tracer.
"""

from dataclasses import dataclass, replace
from typing import Self

from tracetop.errors import UsageError
from tracetop.library import Library, PaneScript, pane_script
from tracetop.model.abi.control import PARAMS
from tracetop.model.syscalls import SyscallNames
from tracetop.model.wire.messages import PaneRequest

_NOT_64_BITS = 1 << 63


@dataclass(frozen=True)
class Choice:
    """A script, those that it is one of, and its parameters as the user wrote them."""

    script: PaneScript
    scripts: tuple[PaneScript, ...]
    params: tuple[str, ...] = ()

    @classmethod
    def requested(cls, request: PaneRequest, library: Library) -> Self:
        """Return what a request asks for. UsageError for an unknown pane."""
        if request.script:
            return cls.of_text(request.name, request.script, library)
        scripts = library.scripts(request.name)
        return cls(scripts[0], scripts)

    @classmethod
    def of_text(cls, pane: str, text: str, library: Library, params: tuple[str, ...] = ()) -> Self:
        """Return a script of a user's, or the bundled one that is this very text, with its variants.

        UsageError for an empty text.
        """
        if not text.strip():
            raise UsageError(f"no script for {pane}", why="the text is empty", hint="write a probe and an action")
        bundled = library.of_text(pane, text)
        if bundled:
            return cls(bundled, library.scripts(pane), params if bundled.variant.parameter else ())
        own = pane_script(pane, text, bundled=False)
        return cls(own, (own,), params)

    def variant(self, name: str) -> Self:
        """Return another of the scripts. UsageError for an unknown one."""
        found = next((script for script in self.scripts if script.variant.name == name), None)
        if found is None:
            names = ", ".join(script.variant.name for script in self.scripts)
            raise UsageError(
                f"{self.script.pane} has no variant {name}", why=f"it has {names}", hint="choose one of them"
            )
        return replace(self, script=found, params=self.params if found.variant.parameter else ())

    def numbers(self, syscalls: SyscallNames) -> tuple[int, ...]:
        """Return the parameters as the programs read them. UsageError where they cannot."""
        if len(self.params) > PARAMS:
            raise UsageError(
                f"{len(self.params)} parameters", why=f"a script has at most {PARAMS}", hint="leave the others out"
            )
        return tuple(self._number(text, syscalls) for text in self.params)

    def _number(self, text: str, syscalls: SyscallNames) -> int:
        if self.script.variant.parameter == "syscall":
            number = syscalls.number(text)
        else:
            try:
                number = int(text, 0)
            except ValueError:
                number = _NOT_64_BITS
        if not -(1 << 63) <= number < 1 << 63:
            raise UsageError(
                f"not a number: {text}",
                why=f"the parameters of {self.script.name} are whole numbers of 64 bits",
                hint="write one such as 4096 or 0x1000",
            )
        return number
