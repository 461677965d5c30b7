"""Callbacks of the kernel's loop helpers, joined with their program by our own linker, on the running kernel."""

from pathlib import Path

import msgspec
import pytest

from tests.kernel.conftest import LoadProgram
from tests.kernel.programs.handmade import probe, program
from tracetop.bpf import Loaded
from tracetop.errors import VerifierError
from tracetop.model.abi.relocations import MarkerKind, marker
from tracetop.model.kinds import ProbeKind
from tracetop.model.program import KeyPart, KeyRole, Layout, MapSpec, Program
from tracetop.model.value_kinds import ValueKind

pytestmark = pytest.mark.kernel
RESULTS = MapSpec(
    name="@",
    c_name="results",
    kind=ValueKind.SCALAR,
    layout=Layout.HASH,
    keys=(KeyPart(role=KeyRole.INTEGER, offset=0, size=4),),
    key_size=4,
    value_size=8,
    max_entries=100,
)
HEAD = """
BPF_HASH(results, u32, u64, 100);
struct loop { u64 first; u64 second; struct bpf_raw_tracepoint_args *ctx; u64 *sum; u64 depth; };
static __always_inline void result(u32 key, u64 value) { results.update(&key, &value); }
"""


def address(kind: MarkerKind, index: int) -> str:
    """Return the C expression of a callback's address."""
    return f'({{ void *at; asm volatile("%0 = {marker(kind, index)} ll" : "=r"(at)); at; }})'


def looping(body: str, *callbacks: str, maps: str = "") -> Program:
    """Return a program whose BEGIN is `body`; each callback is ``NAME { … }``, written by index as ``$0``, ``$1`` …"""
    names = tuple(callback.split()[0] for callback in callbacks)
    functions = "".join(
        f"int {name}(struct loop *loop) {callback.removeprefix(name)}\n"
        for name, callback in zip(names, callbacks, strict=True)
    )
    text = f"{HEAD}{maps}{functions}int begin(struct bpf_raw_tracepoint_args *ctx)\n{{ {body} return 0; }}\n"
    for index in range(len(callbacks)):
        text = text.replace(f"LOOP{index}", address(MarkerKind.LOOP, index))
        text = text.replace(f"ELEMENT{index}", address(MarkerKind.ELEMENT, index))
    text = text.replace("THINGS", address(MarkerKind.MAP, 1))
    things = msgspec.structs.replace(RESULTS, name="@things", c_name="things", max_entries=8)
    made = program(text, (RESULTS, things) if maps else (RESULTS,), (probe("begin", ProbeKind.BEGIN, event="BEGIN"),))
    return Program(name=made.name, script="", c_text=made.c_text, maps=made.maps, probes=made.probes, callbacks=names)


def results(loaded: Loaded) -> dict[int, int]:
    """Run BEGIN and return what it left."""
    loaded.run_begin()
    keys, values = loaded.read("@")
    return dict(zip(keys.view("u4").ravel().tolist(), values[:, 0].tolist(), strict=True))


COUNT = "u64 sum = 0; struct loop loop = {.ctx = ctx, .sum = &sum};"


@pytest.mark.parametrize("rounds", [0, 1, 100_000])
def test_a_loop_makes_all_its_rounds_and_knows_each_ones_number(load: LoadProgram, rounds: int) -> None:
    loaded = load(
        looping(
            f"{COUNT} u64 done = bpf_loop({rounds}, LOOP0, &loop, 0); result(1, done); result(2, sum);",
            "add { *loop->sum += loop->first; return 0; }",
        )
    )
    assert results(loaded) == {1: rounds, 2: sum(range(rounds))}


def test_a_callback_that_returns_one_ends_the_loop(load: LoadProgram) -> None:
    loaded = load(
        looping(
            f"{COUNT} u64 done = bpf_loop(1000, LOOP0, &loop, 0); result(1, done); result(2, sum);",
            "add { *loop->sum += 1; return loop->first == 9; }",
        )
    )
    assert results(loaded) == {1: 10, 2: 10}


def test_loops_stand_in_loops_three_deep_and_share_the_outermost_variables(load: LoadProgram) -> None:
    inner = "struct loop inner = {.sum = loop->sum, .ctx = loop->ctx, .depth = loop->first};"
    loaded = load(
        looping(
            f"{COUNT} bpf_loop(10, LOOP0, &loop, 0); result(1, sum);",
            f"outer {{ {inner} bpf_loop(20, LOOP1, &inner, 0); return 0; }}",
            f"middle {{ {inner} bpf_loop(30, LOOP2, &inner, 0); return 0; }}",
            "innermost { *loop->sum += 1; return 0; }",
        )
    )
    assert results(loaded) == {1: 10 * 20 * 30}


def test_a_callback_may_be_handed_over_twice(load: LoadProgram) -> None:
    loaded = load(
        looping(
            f"{COUNT} bpf_loop(3, LOOP0, &loop, 0); bpf_loop(4, LOOP0, &loop, 0); result(1, sum);",
            "add { *loop->sum += 1; return 0; }",
        )
    )
    assert results(loaded) == {1: 7}


def test_the_context_of_the_program_reaches_a_callback_through_the_stack(load: LoadProgram) -> None:
    loaded = load(
        looping(
            f"{COUNT} bpf_loop(5, LOOP0, &loop, 0); result(1, sum);",
            "add { *loop->sum += 1 + loop->ctx->args[0]; return 0; }",  # a BEGIN's arguments are zero
        )
    )
    assert results(loaded) == {1: 5}


FILL = "for (u32 i = 0; i < 8; i++) { u32 key = 10 * i; u64 value = i; things.update(&key, &value); }"
EACH = f"{COUNT} u64 done = bpf_for_each_map_elem(THINGS, ELEMENT0, &loop, 0); result(1, done); result(2, sum);"


@pytest.mark.parametrize("table", ["hash", "percpu_hash", "lru_hash"])
def test_a_walk_meets_every_key_of_a_hash_with_its_value(load: LoadProgram, table: str) -> None:
    loaded = load(
        looping(
            f"{FILL}{EACH}",
            "add { *loop->sum += 100 * *(u32 *)loop->first + *(u64 *)loop->second; return 0; }",
            maps=f'BPF_TABLE("{table}", u32, u64, things, 8);',
        )
    )
    assert results(loaded) == {1: 8, 2: sum(1000 * i + i for i in range(8))}


@pytest.mark.parametrize("table", ["array", "percpu_array"])
def test_a_walk_meets_every_index_of_an_array(load: LoadProgram, table: str) -> None:
    loaded = load(
        looping(
            f"u32 third = 3; u64 value = 7; things.update(&third, &value); {EACH}",
            "add { *loop->sum += 100 * *(u32 *)loop->first + *(u64 *)loop->second; return 0; }",
            maps=f'BPF_TABLE("{table}", u32, u64, things, 8);',
        )
    )
    assert results(loaded) == {1: 8, 2: 100 * sum(range(8)) + 7}


def test_a_walk_may_delete_the_key_that_it_stands_at(load: LoadProgram) -> None:
    loaded = load(
        looping(
            f"{FILL}{EACH} sum = 0; bpf_for_each_map_elem(THINGS, ELEMENT1, &loop, 0); result(3, sum);",
            "take { u32 key = *(u32 *)loop->first; *loop->sum += 1; things.delete(&key); return 0; }",
            "count { *loop->sum += 1; return 0; }",
            maps='BPF_TABLE("hash", u32, u64, things, 8);',
        )
    )
    assert results(loaded) == {1: 8, 2: 8, 3: 0}


def test_what_the_verifier_refuses_in_a_callback_is_said(load: LoadProgram) -> None:
    with pytest.raises(VerifierError) as caught:
        load(looping(f"{COUNT} bpf_loop(5, LOOP0, &loop, 0);", "bad { return *(u64 *)loop->first; }"))
    assert "invalid mem access" in caught.value.diagnostic.why


def test_a_program_with_callbacks_has_their_names_in_the_kernel(load: LoadProgram) -> None:
    """What profilers and the kernel's own messages call a callback is what the C text calls it."""
    loaded = load(looping(f"{COUNT} bpf_loop(5, LOOP0, &loop, 0);", "callback_of_a_test { return 0; }"))
    with Path("/proc/kallsyms").open() as kallsyms:
        assert any("_callback_of_a_test" in line for line in kallsyms)
    assert loaded.stats()[0].function == "begin"
