"""A kernel that is written down: what Linux 6.18 on x86_64 says of the tracepoints that the tests use."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import NoReturn

from tests.lang.fake_types import CONSTANTS, ENUMS, FUNCTIONS, NAMED_TYPES, RAW_TRACEPOINTS, STRUCTS
from tracetop.errors import KernelError
from tracetop.model.ctype import CFunction, CStruct, CType, DebugFunction
from tracetop.model.kernel import Field, TracepointFormat, UsdtProbe, UserSymbol
from tracetop.model.kinds import ProbeKind

_WAKEUP = ("char[16] comm 8 16 u", "pid_t pid 24 4 s", "int prio 28 4 s", "int target_cpu 32 4 s")
_SYS_EXIT = ("int __syscall_nr 8 4 s", "long ret 16 8 s")
_FORMATS: dict[str, tuple[str, ...]] = {
    "raw_syscalls:sys_enter": ("long id 8 8 s", "unsigned long[6] args 16 48 u"),
    "raw_syscalls:sys_exit": ("long id 8 8 s", "long ret 16 8 s"),
    "sched:sched_wakeup": _WAKEUP,
    "sched:sched_wakeup_new": _WAKEUP,
    "sched:sched_waking": _WAKEUP,
    "sched:sched_switch": (
        "char[16] prev_comm 8 16 u",
        "pid_t prev_pid 24 4 s",
        "int prev_prio 28 4 s",
        "long prev_state 32 8 s",
        "char[16] next_comm 40 16 u",
        "pid_t next_pid 56 4 s",
        "int next_prio 60 4 s",
    ),
    "sched:sched_process_exec": (
        "__data_loc char[] filename 8 4 s",
        "pid_t pid 12 4 s",
        "pid_t old_pid 16 4 s",
    ),
    "sched:sched_process_exit": ("char[16] comm 8 16 u", "pid_t pid 24 4 s", "int prio 28 4 s"),
    "block:block_rq_issue": (
        "dev_t dev 8 4 u",
        "sector_t sector 16 8 u",
        "unsigned int nr_sector 24 4 u",
        "unsigned int bytes 28 4 u",
        "unsigned short ioprio 32 2 u",
        "char[10] rwbs 34 10 u",
        "char[16] comm 44 16 u",
        "__data_loc char[] cmd 60 4 u",
    ),
    "block:block_rq_complete": (
        "dev_t dev 8 4 u",
        "sector_t sector 16 8 u",
        "unsigned int nr_sector 24 4 u",
        "int error 28 4 s",
        "unsigned short ioprio 32 2 u",
        "char[10] rwbs 34 10 u",
        "__data_loc char[] cmd 44 4 u",
    ),
    "exceptions:page_fault_user": (
        "unsigned long address 8 8 u",
        "unsigned long ip 16 8 u",
        "unsigned long error_code 24 8 u",
    ),
    "syscalls:sys_enter_openat": (
        "int __syscall_nr 8 4 s",
        "int dfd 16 8 u",
        "const char * filename 24 8 u",
        "int flags 32 8 u",
        "umode_t mode 40 8 u",
    ),
    "kmem:kmalloc": ("unsigned long call_site 8 8 u", "size_t bytes_req 24 8 u", "size_t bytes_alloc 32 8 u"),
    "net:netif_rx": ("void * skbaddr 8 8 u", "unsigned int len 16 4 u", "__data_loc char[] name 20 4 s"),
    "test:odd": (
        "u8 small 8 1 u",
        "bool flag 9 1 u",
        "s16 half 10 2 s",
        "__data_loc u8[] bytes_of 12 4 u",
        "struct odd_t thing 16 24 u",
        "u32[2] pair 40 8 u",
    ),
    **{
        f"syscalls:sys_exit_{name}": _SYS_EXIT
        for name in (
            *("read", "pread64", "readv", "preadv", "preadv2"),
            *("write", "pwrite64", "writev", "pwritev", "pwritev2", "openat"),
            *("recvfrom", "recvmsg", "sendto", "sendmsg", "sendfile64", "copy_file_range", "splice"),
            *("recvmmsg", "sendmmsg"),
        )
    },
    **{
        f"syscalls:sys_enter_{name}": ("int __syscall_nr 8 4 s", "int fd 16 8 u", "struct mmsghdr * mmsg 24 8 u")
        for name in ("recvmmsg", "sendmmsg")
    },
}
_ARITY = {
    "sys_enter": 2,
    "sys_exit": 2,
    "sched_wakeup": 1,
    "sched_wakeup_new": 1,
    "sched_waking": 1,
    "sched_switch": 4,
    "block_rq_issue": 1,
    "block_rq_complete": 3,
    "page_fault_user": 3,
    "kmalloc": 6,
}
_OFFSETS = {
    ("task_struct", "pid"): (1264, 4),
    ("task_struct", "tgid"): (1268, 4),
    ("task_struct", "comm"): (1752, 16),
    ("task_struct", "prio"): (116, 4),
    ("task_struct", "__state"): (24, 4),
    ("task_struct", "exit_state"): (1200, 4),
    ("task_struct", "thread_info"): (0, 24),
    ("thread_info", "status"): (16, 4),
    ("thread_info", "cpu"): (20, 4),
    ("pt_regs", "orig_ax"): (120, 8),
    ("pt_regs", "di"): (112, 8),
    ("pt_regs", "si"): (104, 8),
    ("pt_regs", "dx"): (96, 8),
    ("pt_regs", "r10"): (56, 8),
    ("pt_regs", "r8"): (72, 8),
    ("pt_regs", "r9"): (64, 8),
}


@dataclass
class FakeSources:
    """Implements `SourceInfo`: by path, what a test says of the binary."""

    known: dict[tuple[str, int], DebugFunction] = field(default_factory=dict)
    types: dict[tuple[str, str], CType] = field(default_factory=dict)
    lines: dict[tuple[str, str, int], tuple[int, ...]] = field(default_factory=dict)

    def functions(self, path: str, offsets: tuple[int, ...]) -> tuple[DebugFunction | None, ...]:
        return tuple(self.known.get((path, offset)) for offset in offsets)

    def type(self, path: str, name: str) -> CType | None:
        return self.types.get((path, name))

    def symbol_distance(self, path: str, name: str, offset: int) -> tuple[int, int] | None:
        return {"main": (-16, 40), "counter": (0x2F00, 4)}.get(name)

    def line_offsets(self, path: str, file: str, line: int) -> tuple[int, ...]:
        return self.lines.get((path, file, line), ())


@dataclass
class FakeKernel:
    """Implements `Kernel`; a test takes away or changes what its claim is about."""

    arch: str = "x86_64"
    cpus: int = 4
    sources: FakeSources = field(default_factory=FakeSources)
    takes_long_keys: bool = True
    formats: dict[str, tuple[str, ...]] = field(default_factory=lambda: dict(_FORMATS))
    arity: dict[str, int] = field(default_factory=lambda: dict(_ARITY))
    offsets: dict[tuple[str, str], tuple[int, int]] = field(default_factory=lambda: dict(_OFFSETS))
    structs: dict[str, CStruct] = field(default_factory=lambda: dict(STRUCTS))
    types: dict[str, CType] = field(default_factory=lambda: dict(NAMED_TYPES))
    constants: dict[str, tuple[int, CType]] = field(default_factory=lambda: dict(CONSTANTS))
    enums: dict[str, dict[int, str]] = field(default_factory=lambda: dict(ENUMS))
    functions: dict[str, CFunction] = field(default_factory=lambda: dict(FUNCTIONS))
    raw_tracepoints: dict[str, CFunction] = field(default_factory=lambda: dict(RAW_TRACEPOINTS))
    refusals: dict[ProbeKind, str] = field(default_factory=dict)
    paths: dict[str, str] = field(default_factory=dict)
    """Absolute paths by what a script may write."""
    symbols: dict[str, dict[str, UserSymbol]] = field(default_factory=dict)
    """By absolute path."""
    usdt: dict[str, tuple[UsdtProbe, ...]] = field(default_factory=dict)
    spoken: dict[str, str] = field(default_factory=dict)
    """C++ names by symbol."""

    def tracepoint(self, category: str, event: str) -> TracepointFormat | None:
        lines = self.formats.get(f"{category}:{event}")
        if lines is None:
            return None
        return TracepointFormat(category=category, event=event, fields=tuple(_field(line) for line in lines))

    def tracepoint_names(self) -> Iterable[str]:
        return sorted(self.formats)

    def raw_tracepoint_arity(self, event: str) -> int | None:
        return self.arity.get(event)

    def field_offset(self, struct: str, field: str) -> tuple[int, int] | None:
        return self.offsets.get((struct, field))

    def struct(self, name: str) -> CStruct | None:
        return self.structs.get(name)

    def named_type(self, name: str) -> CType | None:
        return self.types.get(name)

    def constant(self, name: str) -> tuple[int, CType] | None:
        return self.constants.get(name)

    def enum_names(self, name: str) -> Mapping[int, str]:
        return self.enums.get(name, {})

    def function(self, name: str, module: str = "") -> CFunction | None:
        found = self.functions.get(name)
        return found if found and module in ("", found.module) else None

    def function_names(self) -> Iterable[str]:
        return sorted(self.functions)

    def raw_tracepoint(self, event: str) -> CFunction | None:
        return self.raw_tracepoints.get(event)

    def refuses(self, kind: ProbeKind) -> str:
        return self.refusals.get(kind, "")

    def binary(self, name: str, pid: int = 0) -> str | None:
        return self.paths.get(name)

    def user_symbols(self, path: str) -> Mapping[str, UserSymbol]:
        return self.symbols[path] if path in self.symbols else _unreadable(path)

    def usdt_probes(self, path: str) -> tuple[UsdtProbe, ...]:
        return self.usdt.get(path, ()) if path in self.symbols else _unreadable(path)

    def binaries(self, pattern: str, pid: int = 0) -> tuple[str, ...]:
        return tuple(path for path in self.symbols if fnmatchcase(path, pattern))

    def file_offset(self, path: str, address: int) -> int | None:
        return address - 0x400000 if address >= 0x400000 else None

    def address(self, name: str, path: str = "") -> int | None:
        return {"jiffies": 0xFFFFFFFF82A05080, "main": 0x1139}.get(name)

    def cgroup_id(self, path: str) -> int | None:
        return 1 if path == "/sys/fs/cgroup" else None

    def demangle(self, symbol: str) -> str:
        return self.spoken.get(symbol, symbol)


def _unreadable(path: str) -> NoReturn:
    raise KernelError(f"{path} cannot be read", why="there is no such file", hint="name a program or library")


def _field(line: str) -> Field:
    """Return the field of a line ``C TYPE name offset size s|u``."""
    c_type, name, offset, size, sign = line.rsplit(" ", 4)
    return Field(name=name, c_type=c_type, offset=int(offset), size=int(size), signed=sign == "s")
