"""What a script computes, it computes in the kernel: expressions run by BEGIN on the running kernel, read back."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tracetop.bpf import Loaded, RunningKernel
from tracetop.lang import compile_script
from tracetop.model.abi.control import pack_control
from tracetop.model.ctype import CFunction
from tracetop.model.filter import Filter
from tracetop.model.kernel import Kernel

pytestmark = pytest.mark.kernel
PROBES = Path(__file__).parents[3] / "tracetop" / "library"

EXPRESSIONS = [
    ("1 + 2 * 3", 7),
    ("(1 + 2) * 3", 9),
    ("10 - 3 - 2", 5),
    ("7 / 2", 3),
    ("0 - 7 / 2", -3),
    ("(0 - 7) / 2", -3),
    ("(0 - 7) % 3", -1),
    ("1 << 40", 1 << 40),
    ("-16 >> 2", -4),
    ("6 & 3 | 8 ^ 1", 11),
    ("~5", -6),
    ("!5", 0),
    ("!0", 1),
    ("3 < 2 || 2 < 3 && 1 == 1", 1),
    ("-1 < 1", 1),
    ("(uint64)-1 > 1", 1),
    ("(uint8)300", 44),
    ("(bool)256", 1),
    ("(bool)0", 0),
    ("(int8)200", -56),
    ("(int32)0xffffffff", -1),
    ("(uint32)-1", 0xFFFFFFFF),
    ("1 ? 2 : 3", 2),
    ("0 ? 2 : 0 ? 3 : 4", 4),
    ("1e3 + 0x10 + 010 + 1_000", 2024),
    ('comm == "" ? 1 : 2', 2),
    ('"abc" == "abc"', 1),
    ('"abc" == "abcd"', 0),
    ('"ab" != "abc"', 1),
    ("$#", 0),
    ("$1", 0),
]
BODIES = [
    ("$i = 5; @r = $i++ * 10 + $i;", 56),
    ("$i = 5; @r = ++$i * 10 + $i;", 66),
    ("$i = 5; $i -= 2; $i *= 7; $i <<= 1; $i |= 1; $i %= 10; @r = $i;", 3),
    ("@n = 5; @r = @n++ * 10 + @n;", 56),
    ("@n = 5; @r = --@n;", 4),
    ("@n += 4; @n -= 1; @n *= 6; @r = @n;", 18),
    ("@n[1, 2] = 7; @r = @n[1, 2] + @n[2, 1];", 7),
    ("@n[1] = 7; delete(@n[1]); @r = @n[1];", 0),
    ("@n[1] = 7; delete(@n, 1); @r = @n[1];", 0),
    ('@n["a", 1] = 3; @n["ab", 1] = 4; @r = @n["a", 1] * 10 + @n["ab", 1];', 34),
    ('$s = "x"; $s = "longer than that"; @r = $s == "longer than that";', 1),
    ("if (0) { @r = 1; } else if (1) { @r = 2; } else { @r = 3; }", 2),
    ("@r = 1; return; @r = 2;", 1),
    ("$n = 0; $a = 0 && $n++; $b = 1 || $n++; @r = $n;", 0),
    ("$n = 0; $a = 1 && $n++; $b = 0 || $n++; @r = $n;", 2),
]


def result_of(body: str) -> int:
    """Run `body` once in the kernel; return what it left in ``@r``."""
    program = compile_script(f"BEGIN {{ {body} }}", "t", RunningKernel())
    loaded = Loaded.load(program)
    try:
        loaded.attach()
        loaded.run_begin()
        return int(loaded.read("@r").values[0][0])
    finally:
        loaded.close()


@pytest.mark.parametrize(("expression", "expected"), EXPRESSIONS)
def test_an_expression_has_the_value_of_the_language(expression: str, expected: int) -> None:
    assert result_of(f"@r = {expression};") == expected


@pytest.mark.parametrize(("body", "expected"), BODIES)
def test_statements_run_in_order_and_once(body: str, expected: int) -> None:
    assert result_of(body) == expected


class WithoutBtf(RunningKernel):
    """The running kernel without the types of its raw tracepoints."""

    def raw_tracepoint_arity(self, event: str) -> int | None:
        return None

    def raw_tracepoint(self, event: str) -> CFunction | None:
        return None

    def field_offset(self, struct: str, field: str) -> tuple[int, int] | None:
        return None


KERNELS = [RunningKernel, WithoutBtf]
NEXT_COMMS = "//! process: args->next_pid\ntracepoint:sched:sched_switch { @[args.next_comm] = count(); }"


def counts(text: str, kernel: Kernel, filter_: Filter, load: list[Path | str]) -> dict[bytes, int]:
    """Run the load under the script; return the counts of its map ``@`` by key, without trailing NULs."""
    loaded = Loaded.load(compile_script(text, "t", kernel))
    try:
        loaded.set_control(pack_control(filter_))
        loaded.attach()
        subprocess.run(load, check=True, stdout=subprocess.DEVNULL)
        sample = loaded.read("@")
        return {bytes(key).rstrip(b"\0"): int(value[0]) for key, value in zip(sample.keys, sample.values, strict=True)}
    finally:
        loaded.close()


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("comm", ["calls", "cal*"])
def test_a_filter_by_name_counts_the_process_exactly(
    kernel: type[Kernel], comm: str, loads: Mapping[str, Path]
) -> None:
    text = "tracepoint:raw_syscalls:sys_enter { @[args.id] = count(); }"
    assert 1234 in counts(text, kernel(), Filter(comm=comm), [loads["calls"], "1234"]).values()


@pytest.mark.parametrize(
    "filter_", [Filter(comm="call"), Filter(comm="calls2"), Filter(pid=1 << 21), Filter(pid=1, comm="calls")]
)
def test_a_filter_that_does_not_match_counts_nothing(filter_: Filter, loads: Mapping[str, Path]) -> None:
    text = "tracepoint:raw_syscalls:sys_enter /args.id >= 0/ { @[tid] = count(); }"
    assert counts(text, RunningKernel(), filter_, [loads["calls"], "1000"]) == {}


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_clause_about_another_task_is_filtered_by_that_task(kernel: type[Kernel], loads: Mapping[str, Path]) -> None:
    seen = counts(NEXT_COMMS, kernel(), Filter(comm="pingpong"), [loads["pingpong"], "200"])
    assert set(seen) == {b"pingpong"}
    assert seen[b"pingpong"] >= 200


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_distribution_holds_every_event(kernel: type[Kernel], loads: Mapping[str, Path]) -> None:
    text = (PROBES / "latency.bt").read_text().replace("@latency", "@")
    assert sum(counts(text, kernel(), Filter(comm="calls"), [loads["calls"], "5000"]).values()) >= 5000
