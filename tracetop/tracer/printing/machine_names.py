"""What this machine calls numbers and addresses: symbols, users, cgroups, the time of day.

Owns: the look-ups and what is remembered of them. Refuses to own: symbol tables (`bpf`). The privileged tracer process.
"""

import os
import platform
import pwd
import re
import time
from collections.abc import Sequence
from contextlib import suppress
from fnmatch import fnmatchcase
from pathlib import Path

from tracetop.bpf import KernelSymbols, UserSymbols
from tracetop.model.syscalls import syscall_names

_MICROSECONDS = re.compile(r"(%%)|%f")
_OCTAL = re.compile(r"\\([0-7]{3})")
"""How the kernel writes a blank in the name of a mount."""
_NS_PER_S = 1_000_000_000


class MachineNames:
    """The running machine's names."""

    def __init__(self, kernel: KernelSymbols, user: UserSymbols) -> None:
        self.kernel = kernel
        self.processes = user
        self._booted_ns = time.time_ns() - time.monotonic_ns()
        self._users: dict[int, str] = {}
        self._cgroups: dict[int, str] = {}
        self._syscalls: dict[int, str] = {}

    def kernel_symbol(self, address: int) -> str:
        """Return a kernel function's name, or the address in hex, 0 for none."""
        return _without_module(self.kernel.name(address)[0]) if address else "0"

    def kernel_frames(self, addresses: Sequence[int], mode: str) -> tuple[str, ...]:
        """Return a line for each address, in bpftrace's stack mode ``bpftrace``, ``perf`` or ``raw``."""
        named = [(address, *self.kernel.name(address)) for address in addresses]
        return tuple([_frame(address, _without_module(name), offset, mode) for address, name, offset in named])

    def user_symbol(self, pid: int, address: int) -> str:
        """Return a process's function's name, or the address in hex, 0 for none."""
        return self.processes.frame(pid, address).name if address else "0"

    def user_frames(self, pid: int, addresses: Sequence[int], mode: str) -> tuple[str, ...]:
        """Return a line for each address of a process, with the file that it is in where the mode shows that."""
        if mode == "build_id":
            return tuple([self._build_place(pid, address) for address in addresses])
        frames = self.processes.frames(pid, addresses)
        return tuple(
            [
                _frame(address, frame.name, frame.offset, mode, frame.module or "[unknown]")
                for address, frame in zip(addresses, frames, strict=True)
            ]
        )

    def _build_place(self, pid: int, address: int) -> str:
        place = self.processes.build_place(pid, address)
        return f"{place[0]} {place[1]:#x}" if place else f"{address:#x}"

    def user(self, uid: int) -> str:
        """Return a user's name, or the number."""
        if uid not in self._users:
            try:
                self._users[uid] = pwd.getpwuid(uid).pw_name
            except KeyError:
                self._users[uid] = str(uid)
        return self._users[uid]

    def process_name(self, pid: int, known: bytes) -> str:
        """Return what is known of a process's name, padded with NULs, else what it is now; ``N/A``: it is gone."""
        if known[0]:
            return os.fsdecode(known.split(b"\0", 1)[0])
        try:
            return os.fsdecode(Path(f"/proc/{pid}/comm").read_bytes()).removesuffix("\n")
        except OSError:
            return "N/A"

    def syscall_name(self, number: int) -> str:
        """Return a system call's name, as bpftrace says it."""
        if not self._syscalls:
            self._syscalls = syscall_names(platform.machine())
        return self._syscalls.get(number, "Unknown syscall")

    def cgroup_path(self, cgroup_id: int, hierarchy: str = "") -> str:
        """Return where a cgroup is mounted, as ``unified:/system.slice``; empty for one that is gone.

        `hierarchy`: a wildcard for the names of those that count, empty for all.
        """
        if cgroup_id not in self._cgroups:
            self._cgroups[cgroup_id] = ",".join(_cgroup_paths(cgroup_id))
        paths = self._cgroups[cgroup_id]
        if not hierarchy:
            return paths
        return ",".join(path for path in paths.split(",") if fnmatchcase(path.partition(":")[0], hierarchy))

    def wall_clock(self, boot_ns: int, format_: str) -> str:
        """Return local time by strftime's format (and ``%f``) from nanoseconds of the clock that ``nsecs`` reads."""
        seconds, rest_ns = divmod(self.wall_ns(boot_ns), _NS_PER_S)
        return clock_text(format_, seconds, rest_ns // 1000)

    def wall_ns(self, boot_ns: int) -> int:
        """Return nanoseconds since the epoch from those of the clock that ``nsecs`` reads."""
        return self._booted_ns + boot_ns


def clock_text(format_: str, seconds: int, microseconds: int = 0) -> str:
    """Return local time by strftime's format; ``%f`` is the microseconds."""
    whole = _MICROSECONDS.sub(lambda match: match[1] or f"{microseconds:06}", format_)
    return time.strftime(whole, time.localtime(seconds))


def _without_module(name: str) -> str:
    """Return a kernel symbol without its module, as bpftrace has it: ``name [module]`` is ``name``."""
    return name.partition(" [")[0]


def _frame(address: int, name: str, offset: int, mode: str, module: str = "") -> str:
    """Return one line of a stack; `name` is the address in hex where nothing is known of it."""
    if mode == "raw":
        return f"{address:x}"
    known = f"{name}+{offset}" if not name.startswith("0x") else name
    if mode == "perf":
        return f"\t{address:x} {known}" + (f" ({module})" if module else "")
    return known


def _cgroup_paths(cgroup_id: int) -> list[str]:
    """Return each hierarchy's name and the path in it of the folder with that inode: the id is the inode's number."""
    found = []
    for line in os.fsdecode(Path("/proc/self/mounts").read_bytes()).split("\n")[:-1]:
        _, folder, kind, *_ = line.split(" ")
        if kind in ("cgroup", "cgroup2"):
            folder = _OCTAL.sub(lambda match: chr(int(match[1], 8)), folder)
            path = _find_inode(folder, cgroup_id)
            if path is not None:
                found.append(f"{'unified' if kind == 'cgroup2' else Path(folder).name}:/{path}")
    return sorted(found, key=lambda path: (not path.startswith("unified:"), path))


def _find_inode(root: str, inode: int) -> str | None:
    """Return the path below `root` of the folder of that inode, empty for `root` itself, None for none."""
    with suppress(OSError):  # hidden below another mount
        if Path(root).stat().st_ino == inode:
            return ""
    for folder, _, _ in os.walk(root):
        with suppress(OSError), os.scandir(folder) as entries:  # cgroups go while they are looked at
            for entry in entries:
                if entry.is_dir(follow_symlinks=False) and entry.inode() == inode:
                    return os.path.relpath(entry.path, root)
    return None
