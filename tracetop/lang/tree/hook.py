"""Where a BPF program goes: one place of the kernel or of a binary, and what is known of the arguments there.

Owns: the shape of a hook, and of the place of a static probe's argument. Refuses to own: how one is found; the families
do that.
"""

import re
from dataclasses import dataclass
from typing import Any

from tracetop.model.ctype import CFunction
from tracetop.model.kernel import TracepointFormat
from tracetop.model.kinds import ProbeKind

_STEM_CHARACTERS = 40


@dataclass(frozen=True, kw_only=True)
class UsdtArgument:
    """One argument: a constant, a register, or `size` bytes of the process's memory at an address made of registers.

    The address is ``register + index * scale + displacement``.
    """

    size: int
    """Bytes: 1, 2, 4 or 8."""
    signed: bool
    constant: int | None = None
    """The value itself; nothing else is set then."""
    register: str = ""
    """A member of the kernel's struct pt_regs: ``di``, ``r10``, ``regs[3]``. A narrower argument is its low bytes."""
    shift: int = 0
    """Bits to the right that a register is shifted by first: 8 for ``%ah`` and its like."""
    in_memory: bool = False
    displacement: int = 0
    index: str = ""
    """A second register of an address, as `register`; empty for none."""
    scale: int = 1


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
        parameters = self.function.parameters if self.function else ()
        return tuple(parameter.name for parameter in parameters if parameter.name)

    @property
    def stem(self) -> str:
        """A part of a C name that says which hook it is."""
        return re.sub(r"\W+", "_", self.event, flags=re.ASCII)[:_STEM_CHARACTERS] or self.kind.value.lower()

    def spec_fields(self) -> dict[str, Any]:
        """Return the fields of a `ProbeSpec` that say where the program goes."""
        names = ("kind", "category", "event", "target", "offset", "semaphore", "pid", "period")
        return {name: getattr(self, name) for name in names}
