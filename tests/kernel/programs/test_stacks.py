"""Kernel stacks from a profile: the functions of a known load are in them, with their names."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

import msgspec
import numpy as np
import pytest

from tests.kernel.conftest import LoadProgram
from tests.kernel.programs.handmade import probe, program
from tracetop.bpf import KernelSymbols, MapSample
from tracetop.model.abi.control import pack_control
from tracetop.model.filter import Filter
from tracetop.model.kinds import ProbeKind
from tracetop.model.program import KeyPart, KeyRole, Layout, MapSpec
from tracetop.model.value_kinds import ValueKind

pytestmark = pytest.mark.kernel

STACKS = program(
    """
BPF_STACK_TRACE(stacks, 4096);
BPF_TABLE("percpu_hash", s32, u64, samples, 4096);
int on_sample(struct bpf_perf_event_data *ctx)
{
    if (!admitted())
        return 0;
    s32 id = stacks.get_stackid(ctx, 0);
    u64 none = 0, *count = samples.lookup_or_try_init(&id, &none);
    if (count)
        (*count)++;
    return 0;
}
""",
    (
        MapSpec(
            name="@",
            c_name="samples",
            kind=ValueKind.COUNT,
            layout=Layout.PERCPU_HASH,
            keys=(KeyPart(role=KeyRole.KSTACK, offset=0, size=4, signed=True),),
            key_size=4,
            value_size=8,
            max_entries=4096,
        ),
    ),
    (probe("on_sample", ProbeKind.PROFILE, event="", period=999),),
    stack_map="stacks",
)


def ids(sample: MapSample) -> list[int]:
    found: list[int] = sample.keys.view(np.int32).ravel().tolist()
    return found


def test_the_stacks_of_a_known_load_have_its_functions(load: LoadProgram, loads: Mapping[str, Path]) -> None:
    loaded = load(STACKS)
    with subprocess.Popen([loads["busy"], "0.5"]) as busy:
        loaded.set_control(pack_control(Filter(pid=busy.pid)))
        loaded.attach()
        busy.wait()
    loaded.detach()
    symbols = KernelSymbols()
    sample = loaded.read("@")
    weights: dict[str, int] = {}
    for stack_id, (count,) in zip(ids(sample), sample.values.tolist(), strict=True):
        for name in {symbols.name(address)[0] for address in loaded.stack(stack_id)}:
            weights[name] = weights.get(name, 0) + count
    total = int(sample.values.sum())
    assert total > 50
    reading = max(weights.get("read_iter_zero", 0), weights.get("read_zero", 0))
    assert reading > total / 2, weights


def test_a_lost_stack_or_an_unknown_id_is_empty(load: LoadProgram, loads: Mapping[str, Path]) -> None:
    loaded = load(STACKS)
    loaded.attach()
    subprocess.run([loads["busy"], "0.1"], check=True)
    loaded.detach()
    taken = [stack_id for stack_id in ids(loaded.read("@")) if stack_id >= 0]
    unknown = next(stack_id for stack_id in range(4096) if stack_id not in taken)
    assert taken
    assert all(loaded.stack(stack_id) for stack_id in taken)
    assert not any(loaded.stack(stack_id) for stack_id in (-14, -17, unknown))


def test_a_stack_that_was_freed_is_gone_and_can_come_again(load: LoadProgram, loads: Mapping[str, Path]) -> None:
    loaded = load(STACKS)
    loaded.attach()
    subprocess.run([loads["busy"], "0.1"], check=True)
    loaded.detach()
    taken = {stack_id for stack_id in ids(loaded.read("@")) if stack_id >= 0}
    assert taken
    loaded.delete_stacks(taken | {4095 if 4095 not in taken else 4094})
    assert not any(loaded.stack(stack_id) for stack_id in taken)
    loaded.clear("@")
    loaded.attach()
    subprocess.run([loads["busy"], "0.1"], check=True)
    loaded.detach()
    again = [stack_id for stack_id in ids(loaded.read("@")) if stack_id >= 0]
    assert again
    assert all(loaded.stack(stack_id) for stack_id in again)


TWO_MAPS = program(
    """
struct sixteen { u64 ip[16]; };
struct eight { u64 ip[8]; };
BPF_TABLE("stacktrace", int, struct sixteen, kernel_stacks, 1024);
BPF_TABLE("stacktrace", int, struct eight, user_stacks, 1024);
BPF_TABLE("hash", u32, s64, ids, 4);
int on_sample(struct bpf_perf_event_data *ctx)
{
    u32 of_kernel = 0, of_user = 1;
    if (!admitted())
        return 0;
    s64 id = kernel_stacks.get_stackid(ctx, 0);
    if (id >= 0)
        ids.update(&of_kernel, &id);
    id = user_stacks.get_stackid(ctx, BPF_F_USER_STACK);
    if (id >= 0)
        ids.update(&of_user, &id);
    return 0;
}
""",
    (
        MapSpec(
            name="@",
            c_name="ids",
            kind=ValueKind.SCALAR,
            layout=Layout.HASH,
            keys=(KeyPart(role=KeyRole.INTEGER, offset=0, size=4),),
            key_size=4,
            value_size=8,
            max_entries=4,
        ),
    ),
    (probe("on_sample", ProbeKind.PROFILE, event="", period=999),),
)


def test_each_stack_map_is_read_by_its_name(load: LoadProgram, loads: Mapping[str, Path]) -> None:
    """Kernel and user stacks of one program: addresses of the upper and of the lower half."""
    loaded = load(msgspec.structs.replace(TWO_MAPS, stack_map="kernel_stacks", stack_maps=("user_stacks",)))
    with subprocess.Popen([loads["busy"], "0.3"]) as busy:
        loaded.set_control(pack_control(Filter(pid=busy.pid)))
        loaded.attach()
        busy.wait()
    loaded.detach()
    keys, values = loaded.read("@")
    stack_ids = dict(zip(keys.view(np.uint32).ravel().tolist(), values[:, 0].tolist(), strict=True))
    kernel, user = loaded.stack(stack_ids[0]), loaded.stack(stack_ids[1], "user_stacks")
    assert kernel == loaded.stack(stack_ids[0], "kernel_stacks")
    assert kernel
    assert min(kernel) >= 1 << 63
    assert user
    assert max(user) < 1 << 56
    assert len(user) <= 8
    loaded.delete_stacks({stack_ids[1]}, "user_stacks")
    assert loaded.stack(stack_ids[1], "user_stacks") == ()
    assert loaded.stack(stack_ids[0]) == kernel
