"""One probe of a script, being resolved: what the families need to find its hooks, and the errors they share.

Owns: what is said of a probe that is malformed, missing or refused. Refuses to own: any one kind's grammar.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fnmatch import translate
from typing import TypeVar

from msgspec.structs import replace

from tracetop.errors import ExitCode, ScriptError, TracetopError, did_you_mean
from tracetop.lang.source import Source
from tracetop.lang.tree import syntax
from tracetop.lang.tree.hook import Hook
from tracetop.model.kernel import Kernel
from tracetop.model.kinds import ProbeKind

_Missing = TypeVar("_Missing", bound="MissingProbeError")
MAX_PROBES = 1024
"""More probes than this in one script are refused: attaching them would stall the machine."""
MAX_PROGRAMS = 512
"""More programs that are not the same are refused: compiling them takes many seconds."""


class MissingProbeError(ScriptError):
    """A probe that is well written and that this kernel does not have."""


class RefusedProbeError(MissingProbeError):
    """A probe of a kind that this kernel takes none of."""


@dataclass(frozen=True)
class Asked:
    """A probe being resolved."""

    source: Source
    probe: syntax.Probe
    kernel: Kernel
    kind: ProbeKind
    parts: tuple[str, ...]
    """What stands after the kind, between colons."""
    pid: int = 0
    """The process that the asker named; 0 for none."""
    child: int = 0
    """The process that the asker started; 0 for none."""
    wanted_live: bool = False
    """It is for a pane, which goes on."""

    @property
    def user_pid(self) -> int:
        """The only process that a probe in user space is put on; 0 for all."""
        return self.pid or self.child

    def error(self, what: str, *, hint: str, why: str = "") -> ScriptError:
        """Return the error that points at the probe."""
        return self.source.error(self.probe.at, what, hint=hint, why=why)

    def malformed(self, form: str) -> ScriptError:
        """Return the error for a probe that is not written as `form`."""
        return self.error(f"{self.probe.text} is not a whole probe", hint=f"write it as {form}")

    def missing(
        self, what: str, name: str, known: Iterable[str], *, where: str = "", why: str = "", hint: str = ""
    ) -> MissingProbeError:
        """Return the error for something that is not there; `known` is what a misspelling may have meant."""
        return _as(
            MissingProbeError,
            self.error(
                f"unknown {what} {name}{where}",
                why=why or f"this kernel has no {what} of that name",
                hint=did_you_mean(name, known, hint or "see `tracetop list` for what there is"),
            ),
        )

    def refused(self, why: str, hint: str) -> RefusedProbeError:
        """Return the error for a kind of probe that this kernel takes none of."""
        error = _as(
            RefusedProbeError, self.error(f"{self.probe.text} cannot be attached on this kernel", why=why, hint=hint)
        )
        error.diagnostic = replace(error.diagnostic, code=ExitCode.KERNEL)  # the script is right
        return error

    def unreadable(self, error: TracetopError) -> MissingProbeError:
        """Return the error for a binary that cannot be read, with the cause that reading it had."""
        said = error.diagnostic
        return _as(MissingProbeError, self.error(said.what, why=said.why, hint=said.hint))

    def flood(self, count: int) -> ScriptError:
        """Return the error for a probe that stands for too many hooks."""
        return flood(self.source, self.probe, count)

    def matching(self, pattern: str, names: Iterable[str], what: str) -> list[str]:
        """Return the names that a wildcard matches, sorted. ScriptError where that is none or too many."""
        match = re.compile(translate(pattern)).match
        found = sorted(name for name in names if match(name))
        if len(found) > MAX_PROBES:
            raise self.flood(len(found))
        if not found:
            raise self.missing(what, pattern, (), why=f"no {what} matches", hint="write a wider wildcard")
        return found


Expand = Callable[[Asked], list[Hook]]
"""Returns the hooks of a probe. ScriptError for one that is malformed, or that this kernel does not have."""


def flood(source: Source, probe: syntax.Probe, count: int) -> ScriptError:
    """Return the error for `count` hooks, which are too many; `probe` is one that they come from."""
    return source.error(
        probe.at,
        f"the script's probes are {count} hooks, at most {MAX_PROBES} are allowed",
        why="attaching so many stalls the machine",
        hint=f"write a narrower wildcard than {probe.text}"
        if "*" in probe.text
        else "take probes out, or split the script",
    )


def _as(kind: type[_Missing], error: ScriptError) -> _Missing:
    made = kind(error.diagnostic.what, hint="")
    made.diagnostic = error.diagnostic
    return made
