"""C helpers compute what Python does: compiled with the host's compiler and run on the same numbers."""

import random
import subprocess
from pathlib import Path

from tests.lang.fake_kernel import FakeKernel
from tracetop.lang.emit.prelude import DIVIDE, MODULO
from tracetop.lang.plan.raw_tracepoints import raw_form
from tracetop.model.abi.buckets import BUCKET_C, LOG_BUCKETS, log_bounds, log_index

_TYPES = """
#include <stdio.h>
#include <stdint.h>
#include <stdbool.h>
#define __always_inline inline __attribute__((always_inline))
typedef uint8_t u8; typedef uint32_t u32; typedef uint64_t u64; typedef int64_t s64;
"""
_EDGES = [0, 1, 7, 8, 9, 15, 16, 255, 256, 1023, 1024, (1 << 32) - 1, 1 << 32, (1 << 63) - 1, -1, -(1 << 63)]
NUMBERS = _EDGES + [
    random.Random(seed).getrandbits(63) >> random.Random(-seed).randrange(63) for seed in range(1, 2000)
]


def run_c(directory: Path, text: str, lines: list[str]) -> list[int]:
    """Compile `text`, feed it `lines`, return the number on each line that it prints."""
    source, program = directory / "test.c", directory / "test"
    source.write_text(_TYPES + text)
    subprocess.run(["gcc", "-O1", "-fwrapv", "-o", program, source], check=True)
    result = subprocess.run([program], input="\n".join(lines), text=True, capture_output=True, check=True)
    return [int(line) for line in result.stdout.split()]


def test_the_bucket_in_c_is_the_bucket_in_python(tmp_path: Path) -> None:
    main = 'int main(void) { long v; while (scanf("%ld", &v) == 1) printf("%u\\n", tt_log_bucket(v, 3)); }'
    assert run_c(tmp_path, BUCKET_C + main, [str(n) for n in NUMBERS]) == [log_index(n) for n in NUMBERS]


def test_a_value_lies_within_its_bucket_and_a_bucket_is_at_most_an_eighth_wide() -> None:
    for number in NUMBERS:
        index = log_index(number)
        low, high = log_bounds(index)
        assert 0 <= index < LOG_BUCKETS
        assert low <= number < high
        assert number < 8 or (high - low) * 8 <= low


def test_division_rounds_to_zero_as_c_does_and_by_zero_gives_zero(tmp_path: Path) -> None:
    main = """int main(void) { long a, b; while (scanf("%ld %ld", &a, &b) == 2)
        printf("%ld %ld\\n", tt_divide(a, b), tt_modulo(a, b)); }"""
    pairs = [(a, b) for a in (7, -7, 0, 1 << 62, -(1 << 63)) for b in (1, -1, 2, -2, 3, 0, 1 << 40)]
    answers = run_c(tmp_path, DIVIDE.text + MODULO.text + main, [f"{a} {b}" for a, b in pairs])
    assert list(zip(answers[::2], answers[1::2], strict=True)) == [_divmod(a, b) for a, b in pairs]


def _divmod(a: int, b: int) -> tuple[int, int]:
    if b == 0:
        return 0, a
    quotient = abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
    remainder = abs(a) % abs(b) * (-1 if a < 0 else 1)
    return (quotient + (1 << 63)) % (1 << 64) - (1 << 63), remainder


def test_the_raw_switch_state_is_that_of_the_classic_record(tmp_path: Path) -> None:
    kernel = FakeKernel()
    kernel.offsets["task_struct", "exit_state"] = (0, 4)
    format_ = kernel.tracepoint("sched", "sched_switch")
    assert format_ is not None
    form = raw_form(format_, kernel)
    assert form is not None
    stub = """
    struct bpf_raw_tracepoint_args { u64 args[4]; };
    static void bpf_probe_read_kernel(void *to, u32 size, void *from) { __builtin_memcpy(to, from, size); }
    """
    main = """
    int main(void)
    {
        unsigned preempt, state, exit_state;
        while (scanf("%u %u %u", &preempt, &state, &exit_state) == 3) {
            struct bpf_raw_tracepoint_args ctx = {{preempt, (u64)&exit_state, 0, state}};
            printf("%ld\\n", (long)tt_switch_state(&ctx));
        }
    }"""
    states = [0, 1, 2, 4, 8, 0x40, 0x80, 0x402, 0x1002, 0x8000, 0x200, 0x800, 0x2001]
    cases = [(p, s, e) for p in (0, 1) for s in states for e in (0, 0x10, 0x20)]
    answers = run_c(tmp_path, stub + form.readings["prev_state"].helper + main, [f"{p} {s} {e}" for p, s, e in cases])
    assert answers == [_recorded_state(p, s, e) for p, s, e in cases]


def _recorded_state(preempt: int, state: int, exit_state: int) -> int:
    """Return what the kernel's __trace_sched_switch_state() would: in words, 1 << (fls(index) - 1)."""
    if preempt:
        return 0x100
    reported = (state | exit_state) & 0x7F
    if state & 0x402 == 0x402:
        reported = 0x80
    if state & 0x9000:
        reported = 2
    return 1 << (reported.bit_length() - 1) if reported else 0
