"""Which processes hold BPF programs, maps and links, and which hooks programs are on.

Owns: the walk through every process's descriptors and through the kernel's links. Refuses to own: the objects
themselves (`kernel_objects`). The tracer's one thread; another user's processes are seen by root only.
"""

import ctypes
import os
import socket
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import msgspec

from tracetop.bpf.objects.kernel_objects import fdinfo, ids, opened, read_info
from tracetop.bpf.sys.syscalls import TaskQueryAttr, bpf, fields
from tracetop.bpf.sys.uapi import PERF_HOOKS, TASK_HOOKS, Command

_PROGRAM, _MAP, _PERF_EVENT = "anon_inode:bpf-prog", "anon_inode:bpf-map", "anon_inode:[perf_event]"
_LINKS = ("anon_inode:bpf_link", "anon_inode:bpf-link", "anon_inode:bpf_tracing_link", "anon_inode:bpf-tracing-link")
_HOLDING = frozenset({_PROGRAM, _MAP, *_LINKS, _PERF_EVENT})
_NAME_BYTES = 256

_T = TypeVar("_T")
TypeName = Callable[[str, int], str]
"""Return what an enum of the kernel calls a value, e.g. of ``bpf_link_type``: ``raw_tracepoint``."""


class Holders(msgspec.Struct, frozen=True):
    """By program's or map's number."""

    programs: Mapping[int, tuple[int, ...]]
    """Processes that hold it, the longest-lived first."""
    maps: Mapping[int, tuple[int, ...]]
    hooks: Mapping[int, tuple[str, ...]]
    """What a program is attached to, as the language writes it where it can: ``rawtracepoint:sched_switch``."""


def find_holders(type_name: TypeName, function_name: Callable[[int], str]) -> Holders:
    """Look through all descriptors of all processes, and all links.

    `function_name`: a function's name by its number in the kernel's BTF, empty where it has none.
    """
    programs: dict[int, dict[int, None]] = defaultdict(dict)
    maps: dict[int, dict[int, None]] = defaultdict(dict)
    hooks: dict[int, dict[str, None]] = defaultdict(dict)
    for link in ids(Command.LINK_GET_NEXT_ID):
        with suppress(OSError):
            program, hook = _link(link, type_name, function_name)
            hooks[program][hook] = None
    for pid, descriptor, target in _descriptors():
        with suppress(OSError):
            if target == _PERF_EVENT:
                program, hook = _task_query(pid, descriptor)
                programs[program][pid] = hooks[program][hook] = None
                continue
            text = Path(f"/proc/{pid}/fdinfo/{descriptor}").read_text()
            kind, holders = ("map_id", maps) if target == _MAP else ("prog_id", programs)
            if number := fdinfo(text, kind):
                holders[number][pid] = None
    return Holders(_frozen(programs), _frozen(maps), _frozen(hooks))


def _frozen(found: Mapping[int, Mapping[_T, None]]) -> dict[int, tuple[_T, ...]]:
    return {number: tuple(items) for number, items in found.items()}


def _descriptors() -> Iterator[tuple[int, int, str]]:
    """Yield process, number and target of every descriptor that may hold something of BPF."""
    for pid in sorted(int(name) for name in os.listdir("/proc") if name.isdecimal()):  # noqa: PTH208 - names only
        folder = f"/proc/{pid}/fd"
        with suppress(OSError):  # it ended, or is another user's
            for name in os.listdir(folder):  # noqa: PTH208
                with suppress(OSError):
                    target = os.readlink(f"{folder}/{name}")  # noqa: PTH115 - a third of the time that Path takes
                    if target in _HOLDING:
                        yield pid, int(name), target


def _task_query(pid: int, descriptor: int) -> tuple[int, str]:
    """Return the program on a perf event, and the event. OSError where there is none, or the kernel does not tell."""
    name = ctypes.create_string_buffer(_NAME_BYTES)
    attr = TaskQueryAttr(pid=pid, fd=descriptor, buf_len=_NAME_BYTES, buf=ctypes.addressof(name))
    bpf(Command.TASK_FD_QUERY, attr)
    kind = TASK_HOOKS.get(attr.fd_type, "perf event")
    return attr.prog_id, _hook(kind, name.value, attr.probe_addr, attr.probe_offset)


def _hook(kind: str, name: bytes, address: int, offset: int) -> str:
    """Return a hook as the language writes it."""
    text = name.decode(errors="surrogateescape") or hex(address)
    if not offset:
        return f"{kind}:{text}"
    return f"{kind}:{text}{':' if kind.startswith('u') else '+'}{offset:#x}"


class _LinkInfo(ctypes.Structure):
    """struct bpf_link_info: a head, then 12 words that mean what the type says."""

    _fields_ = fields("u32 type, id, prog_id, _, words[24]")

    def put_pointer(self, word: int, buffer: ctypes.Array[ctypes.c_char]) -> None:
        """Let the kernel write a name into `buffer`: its address stands at `word`, its length after it."""
        address = ctypes.addressof(buffer)
        self.words[word], self.words[word + 1], self.words[word + 2] = address & 0xFFFFFFFF, address >> 32, len(buffer)


def _link(number: int, type_name: TypeName, function_name: Callable[[int], str]) -> tuple[int, str]:
    """Return the program of a link and its hook. OSError where it has gone."""
    with opened(Command.LINK_GET_FD_BY_ID, number) as descriptor:
        info = read_info(descriptor, _LinkInfo())
        kind = type_name("bpf_link_type", info.type)
        name = ctypes.create_string_buffer(_NAME_BYTES)
        if kind in ("raw_tracepoint", "iter"):
            info = _LinkInfo()
            info.put_pointer(0, name)
            read_info(descriptor, info)
        elif kind == "perf_event" and info.words[0] in PERF_HOOKS:
            info.put_pointer(2, name)
            read_info(descriptor, info)
        return info.prog_id, _link_hook(kind, list(info.words), name.value, type_name, function_name)


def _link_hook(
    kind: str, words: list[int], name: bytes, type_name: TypeName, function_name: Callable[[int], str]
) -> str:
    match kind:
        case "raw_tracepoint" | "iter":
            hook = _hook(kind.replace("_", ""), name, 0, 0)
        case "perf_event" if words[0] in PERF_HOOKS:
            event = PERF_HOOKS[words[0]]
            hook = _hook(event, name, 0, 0 if event == "tracepoint" else words[5])
        case "tracing":
            attach = type_name("bpf_attach_type", words[0]).removeprefix("trace_")
            hook = f"{attach}:{function_name(words[2]) or words[2]}"
        case "kprobe_multi" | "uprobe_multi":
            hook = f"{kind}:{words[2 if kind == 'kprobe_multi' else 9]} functions"
        case "xdp":
            hook = f"xdp:{_interface(words[0])}"
        case "tcx" | "netkit":
            hook = f"{type_name('bpf_attach_type', words[1])}:{_interface(words[0])}"
        case "cgroup":
            hook = f"{type_name('bpf_attach_type', words[2])}:{words[0] | words[1] << 32}"
        case _:
            hook = kind
    return hook


def _interface(index: int) -> str:
    try:
        return socket.if_indextoname(index)
    except OSError:
        return str(index)
