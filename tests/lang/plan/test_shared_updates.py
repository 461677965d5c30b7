"""What several CPUs change at once is changed in one step, or the map says that it may lose updates."""

from collections.abc import Callable

import pytest

from tests.lang.fake_kernel import FakeKernel
from tests.lang.test_golden import PROBES, SCRIPTS
from tracetop.lang import compile_script
from tracetop.model.program import Layout, Program

Build = Callable[[str], Program]
ENTER = "tracepoint:raw_syscalls:sys_enter"


@pytest.mark.parametrize(
    ("update", "step"),
    [
        ("@ = @ + 1", "add"),
        ("@[pid] = @[pid] + args.id", "add"),
        ("@ = @ - 1", "add"),
        ("@ = args.id + @", "add"),
        ("@ = 1 + (@ - pid)", "add"),
        ("@ = @ | 4", "or"),
        ("@ = 4 & @", "and"),
        ("@ ^= 4", "xor"),
    ],
)
def test_an_update_written_out_is_one_atomic_step(update: str, step: str, build: Build) -> None:
    program = build(f"{ENTER} {{ {update}; }}")
    assert f"__sync_fetch_and_{step}(" in program.c_text
    assert program.maps[0].limit == ""


@pytest.mark.parametrize(
    "body",
    [
        "@ = @ * 2",
        "@ = 5 - @",
        "@ = @ + @",
        "@[rand] = @[rand] + 1; @[nsecs] = @[nsecs] + 1",
        "$x = @; @ = $x + 1",
        "if (args.id > @) { @ = args.id }",
        "$x = nsecs; if (@ == 0 || $x < @) { @ = $x }",
        "@ = pid > 5 ? @ + 1 : 0",
        '@[pid] = @[pid] == "a" ? "b" : "c"',
    ],
)
def test_what_takes_several_steps_is_told(body: str, build: Build) -> None:
    program = build(f"{ENTER} {{ {body}; }}")
    assert program.maps[0].limit == "@ may lose updates between CPUs"


@pytest.mark.parametrize(
    "script",
    [
        "BEGIN { @ = 1; @ = @ * 2; }",
        "interval:s:1 { @ = @ * 2; }",
        f"{ENTER} {{ @[tid] = @[tid] * 2; @a[cpu] = @a[cpu] * 2; }}",
        f"{ENTER} {{ @ = nsecs; $d = nsecs - @; @a = sum($d); }}",
        f"{ENTER} {{ if (@ == 0) {{ @ = nsecs }} }}",
    ],
)
def test_what_only_one_at_a_time_does_loses_nothing(script: str, build: Build) -> None:
    assert {spec.limit for spec in build(script).maps} == {""}


@pytest.mark.parametrize("name", SCRIPTS)
def test_no_pane_of_the_dashboard_loses_updates(name: str, kernel: FakeKernel) -> None:
    program = compile_script((PROBES / f"{name}.bt").read_text(), name, kernel)
    assert {spec.limit for spec in program.maps} == {""}


def test_bits_are_set_in_steps_where_the_kernel_has_no_such_instruction(kernel: FakeKernel) -> None:
    kernel.constants["BPF_FUNC_map_lookup_elem"] = next(iter(kernel.constants.values()))  # and none after it
    program = compile_script(f"{ENTER} {{ @ = @ | 4; @a = @a + 1; }}", "test", kernel)
    assert "fetch_and_or" not in program.c_text
    assert [spec.limit for spec in program.maps] == ["@ may lose updates between CPUs", ""]


@pytest.mark.parametrize(
    ("declared", "value", "layout"),
    [
        ("hash", "1", Layout.HASH),
        ("lruhash", "1", Layout.LRU_HASH),
        ("lruhash", "comm", Layout.LRU_HASH),
        ("percpuhash", "count()", Layout.PERCPU_HASH),
        ("percpulruhash", "count()", Layout.LRU_PERCPU_HASH),
        ("percpulruhash", "hist(pid)", Layout.LRU_PERCPU_HASH),
    ],
)
def test_a_map_is_what_it_is_declared_as(declared: str, value: str, layout: Layout, build: Build) -> None:
    deleted = "" if "hist" in value else "delete(@m, 1);"
    (spec,) = build(f"let @m = {declared}(50); {ENTER} {{ @m[pid] = {value}; {deleted} }}").maps
    assert (spec.layout, spec.max_entries) == (layout, 50)
    assert not (layout.evicts and spec.kept_slots)
    assert spec.limit == ("@m evicts old entries" if layout.evicts else "")
