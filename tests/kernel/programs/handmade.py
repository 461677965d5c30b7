"""Programs written by hand in C, so that tests of the loader do not lean on the compiler; and a known workload."""

import platform
import subprocess
from typing import Any

import numpy as np

from tracetop.bpf import Bytes, Ints
from tracetop.model.abi.control import CONTROL_C
from tracetop.model.kinds import ProbeKind
from tracetop.model.program import KeyPart, KeyRole, Layout, MapSpec, ProbeSpec, Program
from tracetop.model.value_kinds import ValueKind

GETPPID = 110 if platform.machine() == "x86_64" else 173
"""The system call's number."""


class Caller:
    """A process that waits, makes its system calls when told, and waits again."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        assert process.stdout is not None
        self.pid = int(process.stdout.readline())

    def run(self) -> None:
        """Make all the calls; return when they are made."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        self._process.stdout.readline()

    def end(self) -> None:
        """End the process."""
        self._process.communicate()


def probe(
    function: str, kind: ProbeKind = ProbeKind.RAW_TRACEPOINT, event: str = "sys_enter", **rest: Any
) -> ProbeSpec:
    """Return a probe, by default on every system call's entry."""
    return ProbeSpec(function=function, kind=kind, event=event, names=(f"{kind}:{event}",), **rest)


def count_map(name: str, c_name: str, layout: Layout, max_entries: int, drop_slot: int = 0, **rest: Any) -> MapSpec:
    """Return a map of counts keyed by one u32."""
    return MapSpec(
        name=name,
        c_name=c_name,
        kind=ValueKind.COUNT,
        layout=layout,
        keys=(KeyPart(role=KeyRole.INTEGER, offset=0, size=4),),
        key_size=4,
        value_size=8,
        max_entries=max_entries,
        drop_slot=drop_slot,
        **rest,
    )


def program(c_text: str, maps: tuple[MapSpec, ...], probes: tuple[ProbeSpec, ...], stack_map: str = "") -> Program:
    """Return a program of this C text after the control map and the drop counters."""
    head = f"{CONTROL_C}\nBPF_ARRAY(tt_control, struct tt_control, 1);\nBPF_PERCPU_ARRAY(tt_drops, u64, 4);\n"
    filtered = """
static __always_inline int admitted(void)
{
    u32 zero = 0;
    struct tt_control *control = tt_control.lookup(&zero);
    return control && (!control->tgid || control->tgid == bpf_get_current_pid_tgid() >> 32);
}
"""
    return Program(
        name="handmade", script="", c_text=head + filtered + c_text, maps=maps, probes=probes, stack_map=stack_map
    )


SYSCALLS = program(
    """
BPF_PERCPU_ARRAY(calls, u64, 512);
int on_enter(struct bpf_raw_tracepoint_args *ctx)
{
    u32 id = ctx->args[1];
    u64 *count = admitted() ? calls.lookup(&id) : NULL;
    if (count)
        (*count)++;
    return 0;
}
""",
    (count_map("@", "calls", Layout.PERCPU_ARRAY, 512),),
    (probe("on_enter"),),
)
"""Counts system calls by number."""


def numbered_keys(room: int) -> Program:
    """Return a program that counts getppid calls under 0, 1, 2, …: a new key with each call, in a map of `room`."""
    return program(
        f"""
BPF_ARRAY(next, u64, 1);
BPF_TABLE("percpu_hash", u32, u64, numbered, {room});
int on_enter(struct bpf_raw_tracepoint_args *ctx)
{{
    u32 zero = 0, one = 1;
    u64 none = 0, *count, *number = next.lookup(&zero);
    if (ctx->args[1] != {GETPPID} || !admitted() || !number)
        return 0;
    u32 key = __sync_fetch_and_add(number, 1);
    count = numbered.lookup_or_try_init(&key, &none);
    if (!count)
        count = tt_drops.lookup(&one);
    if (count)
        (*count)++;
    return 0;
}}
""",
        (count_map("@", "numbered", Layout.PERCPU_HASH, room, drop_slot=1),),
        (probe("on_enter"),),
    )


def by_key(keys: Bytes, values: Bytes | Ints) -> dict[int, int]:
    """Return a sample of u32 keys and one field as a dict."""
    return dict(zip(keys.view(np.uint32).ravel().tolist(), values[:, 0].tolist(), strict=True))
