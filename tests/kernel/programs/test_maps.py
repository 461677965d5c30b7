"""What a read returns, for every kind of value and layout, against what is known to have happened."""

import os
from typing import Any

import numpy as np
import pytest

from tests.kernel.conftest import LoadProgram, StartCaller
from tests.kernel.programs.handmade import GETPPID, by_key, count_map, numbered_keys, probe, program
from tracetop.bpf import Loaded
from tracetop.bpf.maps.kernel_map import KernelMap
from tracetop.bpf.objects.stats import map_sizes
from tracetop.bpf.sys.sysfs import online_cpus
from tracetop.errors import TracetopError
from tracetop.model.abi.control import pack_control
from tracetop.model.filter import Filter
from tracetop.model.program import KeyPart, KeyRole, Layout, MapSpec, Program
from tracetop.model.value_kinds import ValueKind

pytestmark = pytest.mark.kernel


def spec(name: str, kind: ValueKind, layout: Layout, max_entries: int, **rest: Any) -> MapSpec:
    sizes: dict[str, Any] = {"key_size": 4, "value_size": 8, **rest}
    return MapSpec(name=name, c_name=name.removeprefix("@"), kind=kind, layout=layout, max_entries=max_entries, **sizes)


PAIR = {"value_size": 16}
VALUES = program(
    f"""
struct pair {{ s64 value; u64 more; }};
struct name {{ char text[16]; }};
BPF_PERCPU_ARRAY(sums, s64, 1);
BPF_TABLE("percpu_hash", u32, struct pair, avgs, 16);
BPF_TABLE("percpu_hash", u32, struct pair, mins, 16);
BPF_PERCPU_ARRAY(maxs, struct pair, 4);
BPF_PERCPU_ARRAY(buckets, u64, 64);
BPF_ARRAY(latest, s64, 1);
BPF_HASH(names, u32, struct name, 16);
int on_enter(struct bpf_raw_tracepoint_args *ctx)
{{
    if (ctx->args[1] != {GETPPID} || !admitted())
        return 0;
    u32 zero = 0, seven = 7, bucket = 3 + bpf_get_smp_processor_id();
    s64 value = -100 + (s64)bpf_get_smp_processor_id(), *sum = sums.lookup(&zero), *last = latest.lookup(&zero);
    u64 *count = buckets.lookup(&bucket);
    struct pair none = {{}}, *max = maxs.lookup(&zero);
    struct pair *avg = avgs.lookup_or_try_init(&seven, &none), *min = mins.lookup_or_try_init(&seven, &none);
    if (!sum || !last || !avg || !min || !max || !count)
        return 0;
    *sum += value;
    *last = value;
    *count += 1;
    avg->value += value;
    avg->more += 1;
    if (!min->more || value < min->value)
        min->value = value;
    min->more = 1;
    if (!max->more || value > max->value)
        max->value = value;
    max->more = 1;
    struct name name = {{ "a\\xff[red]" }};
    names.update(&seven, &name);
    return 0;
}}
""",
    (
        spec("@sums", ValueKind.SUM, Layout.PERCPU_ARRAY, 1),
        spec("@avgs", ValueKind.AVG, Layout.PERCPU_HASH, 16, **PAIR),
        spec("@mins", ValueKind.MIN, Layout.PERCPU_HASH, 16, **PAIR),
        spec("@maxs", ValueKind.MAX, Layout.PERCPU_ARRAY, 4, **PAIR),
        spec("@buckets", ValueKind.HIST, Layout.PERCPU_ARRAY, 64),
        spec("@latest", ValueKind.SCALAR, Layout.ARRAY, 1),
        spec("@names", ValueKind.STRING, Layout.HASH, 16, value_size=16, keys=(KeyPart(KeyRole.INTEGER, 0, 4),)),
    ),
    (probe("on_enter"),),
)
"""Each getppid call has the value -100 + the number of its CPU."""


def test_every_kind_of_value_is_merged_over_cpus(load: LoadProgram, caller: StartCaller) -> None:
    cpus = online_cpus()
    first, last = cpus[0], cpus[-1]
    loaded = load(VALUES)
    loaded.set_control(pack_control(Filter(pid=os.getpid())))  # other processes of this machine make the call too
    loaded.attach()
    for cpu, calls in ((first, 100), (last, 50)):
        process = caller(calls)
        os.sched_setaffinity(process.pid, {cpu})
        loaded.set_control(pack_control(Filter(pid=process.pid)))
        process.run()
    total = 100 * (first - 100) + 50 * (last - 100)
    assert loaded.read("@sums").values.tolist() == [[total]]
    assert loaded.read("@avgs").values.tolist() == [[total, 150]]
    assert loaded.read("@mins").values.tolist() == [[first - 100, 1]]
    assert by_key(*loaded.read("@maxs")) == {0: last - 100}, "indexes that nothing was written to are left out"
    assert sum(by_key(*loaded.read("@buckets")).values()) == 150
    assert set(by_key(*loaded.read("@buckets"))) == {3 + first, 3 + last}
    assert loaded.read("@latest").values.tolist() == [[last - 100]]
    assert bytes(loaded.read("@names").values[0]) == b"a\xff[red]".ljust(16, b"\0")


def test_maps_that_nothing_was_written_to_read_as_empty(load: LoadProgram) -> None:
    loaded = load(VALUES)
    rows = {map_spec.name: len(loaded.read(map_spec.name).keys) for map_spec in VALUES.maps}
    assert rows == {"@sums": 1, "@avgs": 0, "@mins": 0, "@maxs": 0, "@buckets": 0, "@latest": 1, "@names": 0}


def test_a_kernel_without_batches_is_read_key_by_key_to_the_same_result(
    load: LoadProgram, caller: StartCaller, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded, process = load(numbered_keys(4_096)), caller(2_000)
    loaded.set_control(pack_control(Filter(pid=process.pid)))
    loaded.attach()
    process.run()
    loaded.detach()
    in_batches = by_key(*loaded.read("@"))
    monkeypatch.setattr(KernelMap, "_read_batches", lambda self: None)
    assert by_key(*loaded.read("@")) == in_batches == dict.fromkeys(range(2_000), 1)


def test_an_array_is_read_key_by_key_to_the_same_result(load: LoadProgram, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = load(VALUES)
    monkeypatch.setattr(KernelMap, "_read_batches", lambda self: None)
    assert loaded.read("@sums").values.tolist() == [[0]]
    assert loaded.read("@latest").keys.tolist() == [[0, 0, 0, 0]]


def test_a_bucket_that_does_not_fit_the_buffer_makes_it_grow(load: LoadProgram, caller: StartCaller) -> None:
    """A hash's bucket is read whole or not at all: with room for one key, any bucket of two is ENOSPC."""
    loaded, process = load(numbered_keys(1_024)), caller(1_000)
    loaded.set_control(pack_control(Filter(pid=process.pid)))
    kernel_map = loaded._maps["@"]
    kernel_map._keys, kernel_map._values = kernel_map._keys[:1].copy(), kernel_map._values[:1].copy()
    loaded.attach()
    process.run()
    assert by_key(*loaded.read("@")) == dict.fromkeys(range(1_000), 1)


def test_keys_deleted_twice_are_counted_once(load: LoadProgram, caller: StartCaller) -> None:
    loaded, process = load(numbered_keys(1_024)), caller(100)
    loaded.set_control(pack_control(Filter(pid=process.pid)))
    loaded.attach()
    process.run()
    keys = loaded.read("@").keys
    assert loaded.delete_keys("@", np.concatenate([keys, keys])) == 100


def test_a_spec_that_is_not_the_kernels_is_refused_not_read() -> None:
    """Reading with a wrong value size would write past the buffer."""
    wrong = count_map("@", "calls", Layout.PERCPU_ARRAY, 512)
    text = "BPF_PERCPU_ARRAY(calls, u32, 512);\nint on_enter(void *ctx) { return 0; }\n"
    with pytest.raises(TracetopError, match="describes map @ wrongly"):
        Loaded.load(program(text, (wrong,), (probe("on_enter"),)))


def test_map_sizes_are_the_kernels(load: LoadProgram) -> None:
    loaded: Loaded = load(SMALL)
    assert map_sizes(loaded._maps["@"]._descriptor) == (4, 8, 4)


SMALL: Program = program(
    "BPF_PERCPU_ARRAY(calls, u64, 4);\nint on_enter(void *ctx) { return 0; }\n",
    (count_map("@", "calls", Layout.PERCPU_ARRAY, 4),),
    (probe("on_enter"),),
)


def test_one_key_is_looked_up_as_it_is_read(load: LoadProgram, caller: StartCaller) -> None:
    loaded, process = load(numbered_keys(1_024)), caller(100)
    loaded.set_control(pack_control(Filter(pid=process.pid)))
    loaded.attach()
    process.run()
    keys, values = loaded.read("@")
    assert len(keys) == 100
    for key, value in zip(keys, values, strict=True):
        found = loaded.lookup("@", key.tobytes())
        assert found is not None
        assert found.tolist() == value.tolist()
    assert loaded.lookup("@", (100).to_bytes(4, "little")) is None
    with pytest.raises(KeyError):
        loaded.lookup("@other", bytes(4))
