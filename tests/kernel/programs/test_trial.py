"""Scripts that kill clang are found out before they can kill the tracer."""

import os
import select
import time
from pathlib import Path

import pytest

from tests.kernel.programs.handmade import SYSCALLS, probe, program
from tracetop.bpf import Trial
from tracetop.bpf.load import trial
from tracetop.errors import VerifierError
from tracetop.model.program import Program

pytestmark = pytest.mark.kernel


def try_out(of: Program) -> None:
    """Wait for the trial of a program: return where it passed."""
    waited = Trial(of)
    try:
        while not waited.passed():
            select.select([waited.fd], [], [], max(0.0, waited.until_s - time.monotonic()))
    finally:
        waited.close()


TOO_MUCH_STACK = program(
    """
BPF_HASH(sink, u32, u64, 8);
int on_enter(struct bpf_raw_tracepoint_args *ctx)
{
    u64 large[90];
    for (int i = 0; i < 90; i++)
        large[i] = ctx->args[0] + i;
    sink.lookup((u32 *)large);
    return large[bpf_ktime_get_ns() % 90];
}
""",
    (),
    (probe("on_enter"),),
)


def test_a_stack_over_512_bytes_is_refused_with_llvms_reason() -> None:
    """LLVM answers it with exit(1)."""
    with pytest.raises(VerifierError) as caught:
        try_out(TOO_MUCH_STACK)
    assert "BPF stack limit of 512 bytes is exceeded" in caught.value.diagnostic.why


def test_a_compile_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """Macros that double their arguments 40 times keep clang's preprocessor busy for days."""
    doubling = "#define X0 x x\n" + "".join(f"#define X{n} X{n - 1} X{n - 1}\n" for n in range(1, 40))
    monkeypatch.setattr(trial, "LIMIT_S", 2.0)
    with pytest.raises(VerifierError) as caught:
        try_out(program(f"{doubling}\nint on_enter(void *ctx) {{ X39; return 0; }}\n", (), (probe("on_enter"),)))
    assert caught.value.diagnostic.why == "the compile did not end within 2 s"


def test_a_good_program_passes() -> None:
    try_out(SYSCALLS)


def test_an_ordinary_refusal_is_left_to_the_real_load() -> None:
    try_out(program("int on_enter(void *ctx) { return nonsense; }\n", (), (probe("on_enter"),)))


def test_a_trial_that_is_given_up_leaves_no_process_and_no_descriptor() -> None:
    """Its verdict is not known at once: whoever waits goes on with other work."""

    def held() -> tuple[set[str], str]:
        descriptors = {link.name for link in Path("/proc/self/fd").iterdir()}
        return descriptors, Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text()

    before = held()
    one = Trial(SYSCALLS)
    assert not one.passed()
    one.close()
    assert held() == before
