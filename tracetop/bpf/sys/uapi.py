"""Numbers of the kernel's interface: of the headers in include/uapi/linux, those that are used here.

Those that come with a kind of probe, program types and perf events that scripts name, are in the record of that kind
in `model`, helpers that the C calls in `model.abi`.
"""

import platform
from enum import IntEnum, IntFlag

ENOTSUPP = 524
"""The kernel's own errno for what an architecture or a type of map lacks, which no C library knows."""
PR_GET_SECUREBITS, PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP = 27, 28, 1 << 2
NR_BPF, NR_PERF_EVENT_OPEN = {"x86_64": (321, 298), "aarch64": (280, 241)}.get(platform.machine(), (-1, -1))
"""Elsewhere -1, which the kernel answers with ENOSYS."""
NR_OPENAT2 = 437  # on every architecture
RESOLVE_NO_MAGICLINKS, RESOLVE_NO_SYMLINKS, RESOLVE_IN_ROOT = 0x02, 0x04, 0x10


class Command(IntEnum):
    """Commands of bpf(2)."""

    MAP_CREATE = 0
    MAP_LOOKUP_ELEM = 1
    MAP_UPDATE_ELEM = 2
    MAP_DELETE_ELEM = 3
    MAP_GET_NEXT_KEY = 4
    PROG_LOAD = 5
    PROG_TEST_RUN = 10
    PROG_GET_NEXT_ID = 11
    MAP_GET_NEXT_ID = 12
    PROG_GET_FD_BY_ID = 13
    MAP_GET_FD_BY_ID = 14
    OBJ_GET_INFO_BY_FD = 15
    RAW_TRACEPOINT_OPEN = 17
    BTF_LOAD = 18
    BTF_GET_FD_BY_ID = 19
    TASK_FD_QUERY = 20
    BTF_GET_NEXT_ID = 23
    MAP_LOOKUP_BATCH = 24
    MAP_UPDATE_BATCH = 26
    MAP_DELETE_BATCH = 27
    LINK_CREATE = 28
    LINK_GET_FD_BY_ID = 30
    LINK_GET_NEXT_ID = 31
    ENABLE_STATS = 32
    ITER_CREATE = 33


class MapType(IntEnum):
    """BPF_MAP_TYPE_*."""

    HASH = 1
    ARRAY = 2
    RINGBUF = 27


BPF_EXIST = 2
"""A write to a map changes only what is there."""
BPF_RINGBUF_BUSY_BIT, BPF_RINGBUF_DISCARD_BIT = 1 << 31, 1 << 30
"""Of the length of a record. Plain numbers: an IntFlag is slow at so many events."""
BPF_PERF_EVENT = 41
"""The attach type of a link to a perf event."""
TASK_HOOKS = dict(enumerate(("rawtracepoint", "tracepoint", "kprobe", "kretprobe", "uprobe", "uretprobe")))
"""enum bpf_task_fd_type, by the names that the language has for them."""
PERF_HOOKS = dict(enumerate(("uprobe", "uretprobe", "kprobe", "kretprobe", "tracepoint"), 1))
"""enum bpf_perf_event_type, those with a name, likewise."""


class Opcode(IntEnum):
    """Instructions of BPF; of those with two registers the first is written."""

    LOAD_64 = 0x18
    """A constant of 64 bits, in two instructions."""
    STORE_64 = 0x7B
    EXIT = 0x95
    MOVE_CONSTANT = 0xB7
    MOVE_64 = 0xBF


class Pseudo(IntEnum):
    """BPF_PSEUDO_*: constants that the kernel resolves, in the place of a source register."""

    MAP_FD = 1
    FUNC = 4
    """Since Linux commit 69c087ba6225 ("bpf: Add bpf_for_each_map_elem() helper"), in v5.13."""


class PerfType(IntEnum):
    """PERF_TYPE_*; other types have a number of this machine's, see `attach.perf_events`."""

    HARDWARE = 0
    SOFTWARE = 1
    TRACEPOINT = 2
    BREAKPOINT = 5


class Breakpoint(IntEnum):
    """HW_BREAKPOINT_*: the uses of memory that are watched, by the modes that scripts name in small letters."""

    W = 2
    RW = 3
    X = 4


class PerfFlag(IntFlag):
    """The bits of struct perf_event_attr, in their order."""

    DISABLED = 1 << 0
    INHERIT = 1 << 1
    MMAP = 1 << 8
    """Of executable memory only."""
    COMM = 1 << 9
    FREQ = 1 << 10
    TASK = 1 << 13
    """fork and exit."""
    SAMPLE_ID_ALL = 1 << 18
    MMAP2 = 1 << 23
    COMM_EXEC = 1 << 24
    INHERIT_THREAD = 1 << 35


PERF_FLAG_FD_CLOEXEC = 1 << 3
PERF_SAMPLE_TIME = 1 << 2
PERF_FORMAT_TOTAL_TIME_ENABLED = 1 << 0


class PerfRecord(IntEnum):
    """PERF_RECORD_*."""

    COMM = 3
    FORK = 7
    MMAP2 = 10


PERF_RECORD_MISC_COMM_EXEC = 1 << 13


class PerfIoctl(IntEnum):
    """PERF_EVENT_IOC_*."""

    ENABLE = 0x2400
    DISABLE = 0x2401
    SET_BPF = 0x40042408
