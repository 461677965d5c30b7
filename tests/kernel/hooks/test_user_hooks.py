"""Hooks in programs and libraries hit exactly as often as their code runs, in all processes or in one."""

import os
import platform
from pathlib import Path
from typing import Any

import pytest

from tests.kernel.conftest import LoadProgram
from tests.kernel.hooks.probed import ROUNDS, Start
from tests.kernel.programs.handmade import by_key, count_map, program
from tracetop.bpf import Loaded, RunningKernel
from tracetop.errors import KernelError
from tracetop.model.kinds import ProbeKind
from tracetop.model.program import Layout, ProbeSpec, Program

pytestmark = pytest.mark.kernel
FIRST_ARGUMENT, RESULT = ("ctx->di", "ctx->ax") if platform.machine() == "x86_64" else ("ctx->regs[0]",) * 2
KEYED = """
#include <linux/ptrace.h>
BPF_PERCPU_HASH(hits, u32, u64, 1024);
int on_hit(struct pt_regs *ctx)
{
    u64 none = 0, *count;
    u32 key = KEY;
    count = hits.lookup_or_try_init(&key, &none);
    if (count)
        (*count)++;
    return 0;
}
"""


@pytest.fixture(scope="module")
def kernel() -> RunningKernel:
    return RunningKernel()


def keyed(spec: ProbeSpec, key: str) -> Program:
    return program(KEYED.replace("KEY", key), (count_map("@", "hits", Layout.PERCPU_HASH, 1024),), (spec,))


def spec(kind: ProbeKind, target: str, event: str, offset: int, **rest: Any) -> ProbeSpec:
    names = (f"{kind}:{target}:{event}",)
    return ProbeSpec(function="on_hit", kind=kind, event=event, target=target, offset=offset, names=names, **rest)


def hits(loaded: Loaded) -> dict[int, int]:
    sample = loaded.read("@")
    return by_key(sample.keys, sample.values)


def test_a_uprobe_sees_each_call_with_its_arguments(start: Start, load: LoadProgram, kernel: RunningKernel) -> None:
    probed = start()
    where = kernel.user_symbols(probed.path)["tt_probed_add"]
    loaded = load(keyed(spec(ProbeKind.UPROBE, probed.path, where.name, where.offset), FIRST_ARGUMENT))
    loaded.attach()
    probed.run()
    assert hits(loaded) == dict.fromkeys(range(ROUNDS), 1)
    loaded.detach()
    probed.run()
    assert sum(hits(loaded).values()) == ROUNDS


def test_a_uretprobe_sees_each_result(start: Start, load: LoadProgram, kernel: RunningKernel) -> None:
    probed = start()
    where = kernel.user_symbols(probed.path)["tt_probed_add"]
    loaded = load(keyed(spec(ProbeKind.URETPROBE, probed.path, where.name, where.offset), RESULT))
    loaded.attach()
    probed.run()
    assert hits(loaded) == {100 + i: 1 for i in range(ROUNDS)}


def test_a_hook_on_one_process_sees_no_other(start: Start, load: LoadProgram, kernel: RunningKernel) -> None:
    wanted, other = start(), start()
    where = kernel.user_symbols(wanted.path)["tt_probed_add"]
    one = spec(ProbeKind.UPROBE, wanted.path, where.name, where.offset, pid=wanted.pid)
    loaded = load(keyed(one, "bpf_get_current_pid_tgid() >> 32"))
    loaded.attach()
    other.run()
    wanted.run()
    assert hits(loaded) == {wanted.pid: ROUNDS}


def test_a_function_of_a_library_by_the_librarys_name(start: Start, load: LoadProgram, kernel: RunningKernel) -> None:
    probed = start()
    libc = kernel.binary("libc", probed.pid)
    assert libc is not None
    where = kernel.user_symbols(libc)["getenv"]
    one = spec(ProbeKind.UPROBE, libc, "getenv", where.offset, pid=probed.pid)
    loaded = load(keyed(one, "0"))
    loaded.attach()
    probed.run()
    assert hits(loaded) == {0: ROUNDS}


def test_a_static_probe_passes_its_arguments(start: Start, load: LoadProgram, kernel: RunningKernel) -> None:
    probed = start()
    (plain,) = [found for found in kernel.usdt_probes(probed.path) if found.name == "plain"]
    assert (plain.provider, plain.semaphore, len(plain.arguments)) == ("tt_probed", 0, 3)
    loaded = load(keyed(spec(ProbeKind.USDT, probed.path, "tt_probed:plain", plain.offset), "7"))
    loaded.attach()
    probed.run()
    assert hits(loaded) == {7: ROUNDS}


def test_a_semaphore_is_raised_while_its_probe_is_attached(
    start: Start, load: LoadProgram, kernel: RunningKernel
) -> None:
    probed = start()
    (gated,) = [found for found in kernel.usdt_probes(probed.path) if found.name == "gated"]
    one = spec(ProbeKind.USDT, probed.path, "tt_probed:gated", gated.offset, semaphore=gated.semaphore)
    loaded = load(keyed(one, "0"))
    assert probed.run() == 0
    loaded.attach()
    assert probed.run() == ROUNDS
    assert hits(loaded) == {0: ROUNDS}
    loaded.detach()
    assert probed.run() == 0


def test_nothing_is_left_in_tracefs(start: Start, load: LoadProgram, kernel: RunningKernel) -> None:
    probed = start()
    where = kernel.user_symbols(probed.path)["tt_probed_add"]
    load(keyed(spec(ProbeKind.UPROBE, probed.path, where.name, where.offset), "0")).attach()
    assert Path("/sys/kernel/tracing/uprobe_events").read_text() == ""


def test_the_file_of_a_container_is_opened_below_its_root(
    start: Start, load: LoadProgram, kernel: RunningKernel
) -> None:
    probed = start()
    below = f"/proc/{os.getpid()}/root{probed.path}"
    where = kernel.user_symbols(below)["tt_probed_add"]
    loaded = load(keyed(spec(ProbeKind.UPROBE, below, where.name, where.offset), "0"))
    loaded.attach()
    probed.run()
    assert hits(loaded) == {0: ROUNDS}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"target": "/tmp/tracetop-no-such-file"}, "not there any more"),
        ({"offset": 1 << 40}, "no program can be mapped"),
        ({"pid": (1 << 22) - 1}, "has ended"),
        ({"target": "/proc/cpuinfo"}, "no program can be mapped"),
    ],
)
def test_a_hook_that_cannot_be_had_says_why(
    start: Start, load: LoadProgram, kernel: RunningKernel, change: dict[str, Any], why: str
) -> None:
    probed = start()
    where = kernel.user_symbols(probed.path)["tt_probed_add"]
    fields: dict[str, Any] = {"target": probed.path, "event": where.name, "offset": where.offset} | change
    loaded = load(keyed(spec(ProbeKind.UPROBE, **fields), "0"))
    with pytest.raises(KernelError) as caught:
        loaded.attach()
    assert why in caught.value.diagnostic.why
