"""The two system calls under everything here: bpf(2) and perf_event_open(2), through ctypes.

Owns: attribute structures, and errno turned into OSError. Refuses to own: what an error means; callers
know that. Used where libbcc hides the errno, prints, or copies more than needed. The tracer's one thread.
"""

import ctypes
import os
from typing import Any

from tracetop.bpf.sys.uapi import NR_BPF, NR_PERF_EVENT_OPEN, PERF_FLAG_FD_CLOEXEC, Command

_LIBC = ctypes.CDLL(None, use_errno=True)
_LIBC.syscall.restype = ctypes.c_long
_TYPES: dict[str, Any] = {
    "u8": ctypes.c_uint8,
    "u32": ctypes.c_uint32,
    "u64": ctypes.c_uint64,
    "char": ctypes.c_char,
    "char*": ctypes.c_char_p,
}


def fields(declarations: str) -> list[tuple[str, Any]]:
    """Return the fields of a structure, for ctypes, from how C declares them: ``u32 id, next_id; char name[16]``."""
    made: list[tuple[str, Any]] = []
    for declaration in declarations.split("; "):
        type_, _, names = declaration.partition(" ")
        for name, _, length in (each.partition("[") for each in names.split(", ")):
            made.append((name, _TYPES[type_] * int(length[:-1]) if length else _TYPES[type_]))
    return made


def structure(declarations: str) -> type[ctypes.Structure]:
    """Return a structure with these fields."""
    return type("Structure", (ctypes.Structure,), {"_fields_": fields(declarations)})


MapCreateAttr = structure("u32 map_type, key_size, value_size, max_entries")
"""A map to make."""
BtfLoadAttr = structure("u64 btf, btf_log_buf; u32 btf_size, btf_log_size, btf_log_level")
"""BTF to load. Pointers as integers."""
ElementAttr = structure("u32 map_fd; u64 key, value, flags")
"""One element of a map; `value` is the next key for MAP_GET_NEXT_KEY. Pointers as integers."""
BatchAttr = structure("u64 in_batch, out_batch, keys, values; u32 count, map_fd; u64 elem_flags, flags")
"""Many elements of a map; `count` is the room on the way in and what was done on the way out."""
TestRunAttr = structure(
    "u32 prog_fd, retval, data_size_in, data_size_out; u64 data_in, data_out; "
    "u32 repeat, duration, ctx_size_in, ctx_size_out; u64 ctx_in, ctx_out; u32 flags, cpu"
)
"""One run of a program on a context that the caller makes up."""
RawTracepointAttr = structure("char* name; u32 prog_fd; u64 cookie")
"""A raw tracepoint's name and the program to put on it, which can ask for `cookie`."""
PerfLinkAttr = structure("u32 prog_fd, target_fd, attach_type, flags; u64 cookie")
"""A perf event and the program to put on it, which can ask for `cookie`."""
IterAttr = structure("u32 link_fd, flags")
"""Opens a file; reading it goes through all that the link's program is for."""
IdAttr = structure("u32 id, next_id, open_flags")
"""Walks the kernel's list of objects, or opens one of them."""
InfoAttr = structure("u32 bpf_fd, info_len; u64 info")
"""What the kernel knows of the object of a descriptor."""
TaskQueryAttr = structure("u32 pid, fd, flags, buf_len; u64 buf; u32 prog_id, fd_type; u64 probe_offset, probe_addr")
"""Asks what program is on a perf event of a process, and which event it is."""
StatsAttr = structure("u32 type")
"""The type of statistics to switch on: 0, BPF_STATS_RUN_TIME."""


class ProgramLoadAttr(ctypes.Structure):
    """A program to load. Pointers as integers."""

    _fields_ = fields(
        "u32 prog_type, insn_cnt; u64 insns, license; u32 log_level, log_size; u64 log_buf; "
        "u32 kern_version, prog_flags; char prog_name[16]; "
        "u32 prog_ifindex, expected_attach_type, prog_btf_fd, func_info_rec_size; "
        "u64 func_info; u32 func_info_cnt, line_info_rec_size; u64 line_info; "
        "u32 line_info_cnt, attach_btf_id, attach_btf_obj_fd"
    )


class PerfEventAttr(ctypes.Structure):
    """The first 72 bytes of struct perf_event_attr (PERF_ATTR_SIZE_VER1): all that is needed here."""

    _fields_ = fields(
        "u32 type, size; u64 config, sample, sample_type, read_format, flags; "
        "u32 wakeup_events, bp_type; u64 config1, config2"
    )


def bpf(command: Command, attr: ctypes.Structure) -> int:
    """Make one system call of bpf; return its result, OSError with the kernel's errno where that is negative."""
    return system_call(NR_BPF, command, ctypes.byref(attr), ctypes.sizeof(attr))


def perf_event_open(attr: PerfEventAttr, *, cpu: int, pid: int = -1) -> int:
    """Open a perf event of one thread (-1: all) on one CPU (-1: wherever it runs); return its descriptor."""
    attr.size = ctypes.sizeof(attr)
    return system_call(NR_PERF_EVENT_OPEN, ctypes.byref(attr), pid, cpu, -1, ctypes.c_ulong(PERF_FLAG_FD_CLOEXEC))


def system_call(number: int, *arguments: object) -> int:
    """Make a system call; return its result, OSError with the kernel's errno where that is negative."""
    result: int = _LIBC.syscall(ctypes.c_long(number), *arguments)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result
