"""What holds a program on the hooks of one probe."""

from dataclasses import dataclass, field

from tracetop.bpf.sys.cpu_events import CpuEvents


@dataclass
class Hooks:
    """Descriptors; the program is off its hooks when all of them are closed."""

    fixed: list[int] = field(default_factory=list)
    """Those that hold it wherever CPUs come and go."""
    events: CpuEvents | None = None
    """Those that each CPU has for itself."""

    @property
    def descriptors(self) -> list[int]:
        """All that there are now."""
        return self.fixed + (self.events.descriptors if self.events else [])
