"""Where a BPF program goes: one place of the kernel or of a binary, and what is known of the arguments there.

Owns: the shape of a hook. Refuses to own: how one is found; the families do that.
"""

import re
from dataclasses import dataclass
from typing import Any

from tracetop.lang.resolve.usdt_arguments import UsdtArgument
from tracetop.model.ctype import CFunction
from tracetop.model.kernel import TracepointFormat
from tracetop.model.kinds import ProbeKind

_STEM_CHARACTERS = 40
IN_PROCESS = frozenset({ProbeKind.UPROBE, ProbeKind.URETPROBE, ProbeKind.USDT})
"""Kinds whose hooks are in a program or library: pointers there are the process's."""
ON_CODE = frozenset({ProbeKind.KPROBE, ProbeKind.KRETPROBE}) | IN_PROCESS
"""Kinds whose programs are passed the registers at an instruction."""
SAMPLING = frozenset({ProbeKind.PROFILE, ProbeKind.SOFTWARE, ProbeKind.HARDWARE})
"""Kinds that take a sample of what a CPU does, its registers too."""
TIMED = SAMPLING | {ProbeKind.INTERVAL}
"""Kinds whose programs are passed a struct bpf_perf_event_data."""


@dataclass(frozen=True)
class Hook:
    """One place that a BPF program goes on."""

    kind: ProbeKind
    name: str
    """The probe in full, as the language's ``probe`` gives it: ``uprobe:/usr/bin/bash:readline``."""
    category: str = ""
    event: str = ""
    target: str = ""
    offset: int = 0
    semaphore: int = 0
    pid: int = 0
    period: int = 0
    """These as in `ProbeSpec`."""
    format: TracepointFormat | None = None
    """Of a tracepoint."""
    arity: int = 0
    """Of a raw tracepoint: how many arguments it passes."""
    function: CFunction | None = None
    """Of a kernel function or raw tracepoint: the arguments by name, and the result, where BTF has them."""
    arguments: tuple[UsdtArgument | None, ...] = ()
    """Of a USDT probe: where each argument is; None for one in a place that no BPF program can read."""

    @property
    def fields(self) -> tuple[str, ...]:
        """What ``args`` has here by name, a function's parameters or a record's fields."""
        if self.format is not None:
            return tuple(field.name for field in self.format.fields)
        return (
            tuple(parameter.name for parameter in self.function.parameters if parameter.name) if self.function else ()
        )

    @property
    def stem(self) -> str:
        """A part of a C name that says which hook it is."""
        return re.sub(r"\W+", "_", self.event, flags=re.ASCII)[:_STEM_CHARACTERS] or self.kind.value.lower()

    def spec_fields(self) -> dict[str, Any]:
        """Return the fields of a `ProbeSpec` that say where the program goes."""
        names = ("kind", "category", "event", "target", "offset", "semaphore", "pid", "period")
        return {name: getattr(self, name) for name in names}
