"""BPF programs, maps and links of the whole machine: their numbers, and what the kernel tells of each.

Owns: walking the kernel's lists and the layouts of its info structures; what an older kernel does not know stays 0.
Refuses to own: who holds an object (`owners`) and what is shown of it. The tracer's one thread.
"""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

import msgspec

from tracetop.bpf.sys.syscalls import IdAttr, InfoAttr, bpf, structure
from tracetop.bpf.sys.uapi import Command

_Info = TypeVar("_Info", bound=ctypes.Structure)
_MOST_MAPS = 64
"""The kernel's own limit of the maps that a program may use (MAX_USED_MAPS)."""


ProgramInfo = structure(
    "u32 type, id; u8 _tag_and_jited_len[12]; u32 xlated_prog_len; "
    "u64 _to_load_time[2], load_time; u32 created_by_uid, nr_map_ids; u64 map_ids; "
    "char name[16]; u8 _to_prog_tags[112]; u64 run_time_ns, run_cnt, recursion_misses; "
    "u32 verified_insns, attach_btf_obj_id, attach_btf_id"
)
"""struct bpf_prog_info up to attach_btf_id."""
MapInfo = structure("u32 type, id, key_size, value_size, max_entries, map_flags; char name[16]")
"""struct bpf_map_info up to its name."""


class LoadedProgram(msgspec.Struct, frozen=True, kw_only=True):
    """A BPF program of anyone's."""

    id: int
    type: int
    """BPF_PROG_TYPE_*."""
    name: str
    """The C function's first 15 bytes; empty where its loader gave none."""
    loaded_ns: int
    """Since boot, time asleep included."""
    map_ids: tuple[int, ...]
    run_time_ns: int
    run_cnt: int
    memory_bytes: int
    attach_btf_id: int
    """Of a program on a kernel function: the function's number in the kernel's BTF; 0 for none."""


class LoadedMap(msgspec.Struct, frozen=True, kw_only=True):
    """A BPF map of anyone's."""

    id: int
    type: int
    """BPF_MAP_TYPE_*."""
    name: str
    key_bytes: int
    value_bytes: int
    max_entries: int
    memory_bytes: int


def loaded_programs() -> Iterator[LoadedProgram]:
    """Yield every BPF program in the kernel."""
    for number in program_ids():
        with suppress(FileNotFoundError), opened(Command.PROG_GET_FD_BY_ID, number) as descriptor:
            maps = (ctypes.c_uint32 * _MOST_MAPS)()
            info = read_info(descriptor, ProgramInfo(nr_map_ids=_MOST_MAPS, map_ids=ctypes.addressof(maps)))
            yield LoadedProgram(
                id=info.id,
                type=info.type,
                name=info.name.decode(errors="replace"),
                loaded_ns=info.load_time,
                map_ids=tuple(maps[: info.nr_map_ids]),
                run_time_ns=info.run_time_ns,
                run_cnt=info.run_cnt,
                memory_bytes=_memory_bytes(descriptor),
                attach_btf_id=info.attach_btf_id,
            )


def loaded_maps() -> Iterator[LoadedMap]:
    """Yield every BPF map in the kernel."""
    for number in ids(Command.MAP_GET_NEXT_ID):
        with suppress(FileNotFoundError), opened(Command.MAP_GET_FD_BY_ID, number) as descriptor:
            info = read_info(descriptor, MapInfo())
            yield LoadedMap(
                id=info.id,
                type=info.type,
                name=info.name.decode(errors="replace"),
                key_bytes=info.key_size,
                value_bytes=info.value_size,
                max_entries=info.max_entries,
                memory_bytes=_memory_bytes(descriptor),
            )


def program_ids() -> Iterator[int]:
    """Yield the number of every BPF program in the kernel, whoever loaded it."""
    return ids(Command.PROG_GET_NEXT_ID)


def ids(command: Command) -> Iterator[int]:
    """Yield the numbers that one of the *_GET_NEXT_ID commands walks through."""
    attr = IdAttr()
    with suppress(FileNotFoundError):  # the end of the list
        while True:
            bpf(command, attr)
            yield attr.next_id
            attr.id = attr.next_id


@contextmanager
def opened(command: Command, number: int) -> Iterator[int]:
    """Lend a descriptor of the object that one of the *_GET_FD_BY_ID commands opens. OSError where it has gone."""
    descriptor = bpf(command, IdAttr(id=number))
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def read_info(descriptor: int, into: _Info) -> _Info:
    """Fill one of the info structures from the object of a descriptor, and return it."""
    attr = InfoAttr(bpf_fd=descriptor, info_len=ctypes.sizeof(into), info=ctypes.addressof(into))
    bpf(Command.OBJ_GET_INFO_BY_FD, attr)
    return into


def fdinfo(text: str, name: str) -> int | None:
    """Return a number of the text of a /proc/PID/fdinfo/FD, or None where it has none of that name."""
    found = next((line for line in text.splitlines() if line.startswith(f"{name}:")), None)
    return int(found.partition(":")[2]) if found else None


def _memory_bytes(descriptor: int) -> int:
    return fdinfo(Path(f"/proc/self/fdinfo/{descriptor}").read_text(), "memlock") or 0
