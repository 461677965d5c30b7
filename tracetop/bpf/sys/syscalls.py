"""The two system calls under everything here: bpf(2) and perf_event_open(2), through ctypes.

Owns: numbers, attribute structures, and errno turned into OSError. Refuses to own: what an error means; callers
know that. Used where libbcc hides the errno, prints, or copies more than needed. The tracer's one thread.
"""

import ctypes
import os
import platform
from enum import IntEnum

_LIBC = ctypes.CDLL(None, use_errno=True)
_LIBC.syscall.restype = ctypes.c_long
_BPF, _PERF_EVENT_OPEN = {"x86_64": (321, 298), "aarch64": (280, 241)}.get(platform.machine(), (-1, -1))
"""Elsewhere -1, which the kernel answers with ENOSYS."""
PERF_FLAG_FD_CLOEXEC = 8


class Command(IntEnum):
    """The bpf(2) commands used here; numbers from include/uapi/linux/bpf.h."""

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


class MapCreateAttr(ctypes.Structure):
    """A map to make."""

    _fields_ = (
        ("map_type", ctypes.c_uint32),
        ("key_size", ctypes.c_uint32),
        ("value_size", ctypes.c_uint32),
        ("max_entries", ctypes.c_uint32),
    )


class ProgramLoadAttr(ctypes.Structure):
    """A program to load. Pointers as integers."""

    _fields_ = (
        ("prog_type", ctypes.c_uint32),
        ("insn_cnt", ctypes.c_uint32),
        ("insns", ctypes.c_uint64),
        ("license", ctypes.c_uint64),
        ("log_level", ctypes.c_uint32),
        ("log_size", ctypes.c_uint32),
        ("log_buf", ctypes.c_uint64),
        ("kern_version", ctypes.c_uint32),
        ("prog_flags", ctypes.c_uint32),
        ("prog_name", ctypes.c_char * 16),
        ("prog_ifindex", ctypes.c_uint32),
        ("expected_attach_type", ctypes.c_uint32),
        ("prog_btf_fd", ctypes.c_uint32),
        ("func_info_rec_size", ctypes.c_uint32),
        ("func_info", ctypes.c_uint64),
        ("func_info_cnt", ctypes.c_uint32),
        ("line_info_rec_size", ctypes.c_uint32),
        ("line_info", ctypes.c_uint64),
        ("line_info_cnt", ctypes.c_uint32),
        ("attach_btf_id", ctypes.c_uint32),
        ("attach_btf_obj_fd", ctypes.c_uint32),
    )


class BtfLoadAttr(ctypes.Structure):
    """BTF to load. Pointers as integers."""

    _fields_ = (
        ("btf", ctypes.c_uint64),
        ("btf_log_buf", ctypes.c_uint64),
        ("btf_size", ctypes.c_uint32),
        ("btf_log_size", ctypes.c_uint32),
        ("btf_log_level", ctypes.c_uint32),
    )


class ElementAttr(ctypes.Structure):
    """One element of a map; `value` is the next key for MAP_GET_NEXT_KEY. Pointers as integers."""

    _fields_ = (
        ("map_fd", ctypes.c_uint32),
        ("key", ctypes.c_uint64),
        ("value", ctypes.c_uint64),
        ("flags", ctypes.c_uint64),
    )


class BatchAttr(ctypes.Structure):
    """Many elements of a map; `count` is the room on the way in and what was done on the way out."""

    _fields_ = (
        ("in_batch", ctypes.c_uint64),
        ("out_batch", ctypes.c_uint64),
        ("keys", ctypes.c_uint64),
        ("values", ctypes.c_uint64),
        ("count", ctypes.c_uint32),
        ("map_fd", ctypes.c_uint32),
        ("elem_flags", ctypes.c_uint64),
        ("flags", ctypes.c_uint64),
    )


class TestRunAttr(ctypes.Structure):
    """One run of a program on a context that the caller makes up."""

    _fields_ = (
        ("prog_fd", ctypes.c_uint32),
        ("retval", ctypes.c_uint32),
        ("data_size_in", ctypes.c_uint32),
        ("data_size_out", ctypes.c_uint32),
        ("data_in", ctypes.c_uint64),
        ("data_out", ctypes.c_uint64),
        ("repeat", ctypes.c_uint32),
        ("duration", ctypes.c_uint32),
        ("ctx_size_in", ctypes.c_uint32),
        ("ctx_size_out", ctypes.c_uint32),
        ("ctx_in", ctypes.c_uint64),
        ("ctx_out", ctypes.c_uint64),
        ("flags", ctypes.c_uint32),
        ("cpu", ctypes.c_uint32),
    )


class RawTracepointAttr(ctypes.Structure):
    """A raw tracepoint's name and the program to put on it, which can ask for `cookie`."""

    _fields_ = (("name", ctypes.c_char_p), ("prog_fd", ctypes.c_uint32), ("cookie", ctypes.c_uint64))


class PerfLinkAttr(ctypes.Structure):
    """A perf event and the program to put on it, which can ask for `cookie`."""

    _fields_ = (
        ("prog_fd", ctypes.c_uint32),
        ("target_fd", ctypes.c_uint32),
        ("attach_type", ctypes.c_uint32),
        ("flags", ctypes.c_uint32),
        ("cookie", ctypes.c_uint64),
    )


class IdAttr(ctypes.Structure):
    """Walks the kernel's list of objects, or opens one of them."""

    _fields_ = (("id", ctypes.c_uint32), ("next_id", ctypes.c_uint32), ("open_flags", ctypes.c_uint32))


class InfoAttr(ctypes.Structure):
    """What the kernel knows of the object behind a descriptor."""

    _fields_ = (("bpf_fd", ctypes.c_uint32), ("info_len", ctypes.c_uint32), ("info", ctypes.c_uint64))


class TaskQueryAttr(ctypes.Structure):
    """Asks what program is on a perf event of a process, and which event it is."""

    _fields_ = (
        ("pid", ctypes.c_uint32),
        ("fd", ctypes.c_uint32),
        ("flags", ctypes.c_uint32),
        ("buf_len", ctypes.c_uint32),
        ("buf", ctypes.c_uint64),
        ("prog_id", ctypes.c_uint32),
        ("fd_type", ctypes.c_uint32),
        ("probe_offset", ctypes.c_uint64),
        ("probe_addr", ctypes.c_uint64),
    )


class StatsAttr(ctypes.Structure):
    """The type of statistics to switch on; 0 is run time."""

    _fields_ = (("type", ctypes.c_uint32),)


class PerfEventAttr(ctypes.Structure):
    """The first 72 bytes of struct perf_event_attr (PERF_ATTR_SIZE_VER1): all that is needed here."""

    _fields_ = (
        ("type", ctypes.c_uint32),
        ("size", ctypes.c_uint32),
        ("config", ctypes.c_uint64),
        ("sample", ctypes.c_uint64),
        ("sample_type", ctypes.c_uint64),
        ("read_format", ctypes.c_uint64),
        ("flags", ctypes.c_uint64),
        ("wakeup_events", ctypes.c_uint32),
        ("bp_type", ctypes.c_uint32),
        ("config1", ctypes.c_uint64),
        ("config2", ctypes.c_uint64),
    )


def bpf(command: Command, attr: ctypes.Structure) -> int:
    """Make one system call of bpf; return its result, OSError with the kernel's errno where that is negative."""
    return _call(_BPF, command, ctypes.byref(attr), ctypes.sizeof(attr))


def perf_event_open(attr: PerfEventAttr, *, cpu: int, pid: int = -1) -> int:
    """Open a perf event of one thread (-1: all) on one CPU (-1: wherever it runs); return its descriptor."""
    attr.size = ctypes.sizeof(attr)
    return _call(_PERF_EVENT_OPEN, ctypes.byref(attr), pid, cpu, -1, ctypes.c_ulong(PERF_FLAG_FD_CLOEXEC))


def _call(number: int, *arguments: object) -> int:
    result: int = _LIBC.syscall(ctypes.c_long(number), *arguments)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result
