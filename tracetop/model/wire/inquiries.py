"""Questions that are asked once of the privileged side, and its answers: what `list`, `programs` and `doctor` print.

On the pipe a question and each answer are framed as `messages` frames its own. Pure; both processes.
"""

from collections.abc import Callable
from enum import StrEnum

import msgspec

from tracetop.errors import ExitCode
from tracetop.model.frame import Table
from tracetop.model.wire.messages import Fatal, decoding


class ListProbes(msgspec.Struct, frozen=True, tag="list_probes"):
    """Which probes there are; answered by `Listing`s and `Remark`s."""

    patterns: tuple[str, ...]
    """As ``list`` takes them; one probe that several find is listed once."""
    verbose: bool = False
    """With the arguments that each has."""
    pid: int = 0
    """The process whose program and libraries ``uprobe:*`` and ``usdt:*`` mean; 0 for none."""


class ListScript(msgspec.Struct, frozen=True, tag="list_script"):
    """Which probes a script would be on; answered as `ListProbes`."""

    name: str
    script: str
    params: tuple[str, ...] = ()
    verbose: bool = False
    pid: int = 0


class ListPrograms(msgspec.Struct, frozen=True, tag="list_programs"):
    """Which BPF programs and maps are loaded; answered by `Loaded`."""

    window_s: float
    """How long to measure what they cost."""


class Examine(msgspec.Struct, frozen=True, tag="examine"):
    """What this machine can trace; answered by a `Finding` a check."""


Question = ListProbes | ListScript | ListPrograms | Examine


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """One probe or type, and with `ListProbes.verbose` what it has: ``int dfd``, or the lines of a struct."""

    name: str
    lines: tuple[str, ...] = ()


class Listing(msgspec.Struct, frozen=True, tag="listing"):
    """Some of the probes that match."""

    entries: tuple[Entry, ...]


class Remark(msgspec.Struct, frozen=True, tag="remark"):
    """What is left out, and why."""

    text: str


class Loaded(msgspec.Struct, frozen=True, tag="loaded"):
    """BPF programs and maps."""

    programs: Table
    maps: Table
    measured: bool
    """False where the kernel keeps no statistics of programs' run time."""


class Verdict(StrEnum):
    """What a check came to."""

    GOOD = "good"
    BAD = "bad"
    """Something that was asked for cannot work."""
    NONE = "none"
    """This machine does not have it; nothing that tracetop ships needs it."""


class Finding(msgspec.Struct, frozen=True, kw_only=True, tag="finding"):
    """The outcome of one check."""

    id: str
    """Stable, e.g. ``btf``, ``pane:syscalls``."""
    title: str
    """What was looked at, e.g. ``kernel types (BTF)``."""
    verdict: Verdict
    detail: str = ""
    """What was found, e.g. ``6.18.5, x86_64``."""
    why: str = ""
    hint: str = ""
    code: ExitCode = ExitCode.OK
    """Of a BAD finding: what tracetop's exit code becomes."""


Answer = Listing | Remark | Loaded | Finding | Fatal

decode_question: Callable[[bytes], Question] = decoding(Question)
decode_answer: Callable[[bytes], Answer] = decoding(Answer)
