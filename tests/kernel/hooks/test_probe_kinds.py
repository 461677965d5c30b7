"""Scripts on each kind of probe that this kernel takes, against programs whose calls and arguments are known."""

import ctypes
import os
import platform
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.kernel.conftest import LoadProgram
from tests.kernel.hooks.probed import ROUNDS, Start
from tests.kernel.programs.handmade import by_key
from tracetop.bpf import Loaded, RunningKernel
from tracetop.errors import KernelError, ScriptError
from tracetop.lang import Options, compile_script
from tracetop.model.kinds import probe_kind

pytestmark = pytest.mark.kernel
Run = Callable[..., Loaded]
LAST_INSTRUCTION_BYTES = 1 if platform.machine() == "x86_64" else 4
"""Of a function's return."""


@pytest.fixture(scope="module")
def kernel() -> RunningKernel:
    return RunningKernel()


@pytest.fixture
def attach(load: LoadProgram, kernel: RunningKernel) -> Run:
    def compiled(script: str, pid: int = 0) -> Loaded:
        loaded = load(compile_script(script, "t", kernel, Options(pid=pid)))
        loaded.attach()
        assert loaded.notes == ()
        return loaded

    return compiled


def counts(loaded: Loaded, name: str = "@") -> list[int]:
    return sorted(int(value) for (value,) in loaded.read(name).values.tolist())


@pytest.mark.parametrize(
    "script",
    [
        "uprobe:PROG:tt_probed_add /arg0 < 100 && arg1 == 100/ { @ = count(); }",
        "uretprobe:PROG:tt_probed_add /retval >= 100/ { @ = count(); }",
        "uprobe:PROG:tt_probed_add+BEYOND { @ = count(); }",
        'uprobe:PROG:tt_probed_add /probe == "uprobe:PROG:tt_probed_add"/ { @ = count(); }',
        "usdt:PROG:plain /(int32)arg0 == -5 && arg1 == 77 && (int16)arg2 == -3/ { @ = count(); }",
        "usdt:PROG:tt_probed:gated /arg0 >= 1 << 40/ { @ = count(); }",
        'uprobe:libc:getenv /pid == PID && str(arg0) == "TT_PROBED_NO_SUCH"/ { @ = count(); }',
    ],
)
def test_each_call_is_seen_with_its_arguments(attach: Run, start: Start, kernel: RunningKernel, script: str) -> None:
    probed = start()
    beyond = str(kernel.user_symbols(probed.path)["tt_probed_add"].size - LAST_INSTRUCTION_BYTES)
    loaded = attach(script.replace("PROG", probed.path).replace("PID", str(probed.pid)).replace("BEYOND", beyond))
    probed.run()
    assert counts(loaded) == [ROUNDS]


def test_with_a_process_named_the_binary_may_be_left_out(attach: Run, start: Start) -> None:
    wanted, other = start(), start()
    loaded = attach("usdt:tt_probed:plain { @a = count(); } uprobe:tt_probed_add { @b = count(); }", pid=wanted.pid)
    other.run()
    wanted.run()
    assert (counts(loaded, "@a"), counts(loaded, "@b")) == ([ROUNDS], [ROUNDS])


def test_a_wildcard_is_a_hook_on_each_function(attach: Run, start: Start) -> None:
    probed = start()
    loaded = attach(f"uprobe:{probed.path}:tt_probed_* {{ @[func] = count(); }}")
    probed.run()
    assert counts(loaded) == [ROUNDS, ROUNDS]


def test_the_middle_of_an_instruction_is_refused(load: LoadProgram, start: Start, kernel: RunningKernel) -> None:
    probed = start()
    loaded = load(compile_script(f"uprobe:{probed.path}:tt_probed_add+1 {{ @ = count(); }}", "t", kernel))
    with pytest.raises(KernelError) as caught:
        loaded.attach()
    assert caught.value.diagnostic.why == "no instruction of tt_probed_add begins 1 bytes into it"
    assert probed.run() == 0, "and the program still runs"


@pytest.mark.parametrize("probe", ["profile:hz:997", "software:cpu-clock:1000000", "software:task-clock:1000000"])
def test_one_process_alone_is_sampled(attach: Run, loads: Mapping[str, Path], probe: str) -> None:
    busy = [subprocess.Popen([loads["busy"], "0.6"]) for _ in range(2)]
    loaded = attach(f"{probe} {{ @[pid] = count(); }}", pid=busy[0].pid)
    _, _, used = os.wait4(busy[0].pid, 0)
    busy[1].wait()
    sample = loaded.read("@")
    ((pid, hits),) = by_key(sample.keys, sample.values).items()
    assert pid == busy[0].pid
    cpu_ms = 1000 * (used.ru_utime + used.ru_stime)
    assert 0.2 * cpu_ms < hits < 1.5 * cpu_ms


def test_threads_made_after_a_process_was_named_are_sampled_too(attach: Run, loads: Mapping[str, Path]) -> None:
    command = [str(loads["calls"]), "1000000", "-t", "2", "-w"]
    calls = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert calls.stdout is not None
    assert calls.stdin is not None
    calls.stdout.readline()
    loaded = attach("software:cpu-clock:1000000 { @[tid] = count(); }", pid=calls.pid)
    calls.stdin.write(b"\n")
    calls.stdin.flush()
    calls.stdout.readline()
    sample = loaded.read("@")
    assert len(by_key(sample.keys, sample.values)) == 2
    calls.communicate()


def test_page_faults_of_one_process_are_counted_to_the_last(attach: Run) -> None:
    pages = 300
    touch = (
        f"import mmap; m = mmap.mmap(-1, {pages} << 12); m.madvise(mmap.MADV_NOHUGEPAGE); print(flush=True); "
        f"input(); m.write(bytes({pages} << 12))"
    )
    child = subprocess.Popen(["/usr/bin/python3", "-c", touch], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdout is not None
    child.stdout.readline()
    loaded = attach("software:page-faults:1 { @ = count(); }", pid=child.pid)
    child.communicate(b"\n")
    (faults,) = counts(loaded)
    assert faults >= pages


@pytest.mark.parametrize(("mode", "uses"), [("w", 20), ("rw", 50)])
def test_each_use_of_a_watched_place_is_counted_and_no_other(attach: Run, mode: str, uses: int) -> None:
    use = (
        "import array; place = array.array('Q', bytes(64)); print(place.buffer_info()[0] + 32, flush=True); input()\n"
        "for i in range(20): place[4] = i; place[5] = i\n"
        "for i in range(30): place[4]; place[5]\n"
    )
    child = subprocess.Popen(["/usr/bin/python3", "-c", use], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdout is not None
    address = int(child.stdout.readline())
    loaded = attach(f"watchpoint:{address:#x}:8:{mode} {{ @[probe, pid] = count(); }}", pid=child.pid)
    child.communicate(b"\n")
    assert counts(loaded) == [uses]
    assert loaded.missed() == 0


def test_a_watched_place_in_a_tight_loop_is_counted_to_the_last(attach: Run) -> None:
    uses = 20_000
    use = (
        "import array; place = array.array('Q', bytes(64)); print(place.buffer_info()[0] + 32, flush=True); input()\n"
        f"for i in range({uses}): place[4] = i\n"
    )
    child = subprocess.Popen(["/usr/bin/python3", "-c", use], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdout is not None
    address = int(child.stdout.readline())
    loaded = attach(f"watchpoint:{address:#x}:8:w {{ @ = count(); }}", pid=child.pid)
    child.communicate(b"\n")
    loaded.detach()
    assert (counts(loaded), loaded.missed()) == ([uses], 0)


@pytest.mark.parametrize("pid", [0, os.getpid()], ids=["all", "own"])
def test_a_use_of_a_watched_place_by_another_program_is_missed_and_said_so(attach: Run, pid: int) -> None:
    """The kernel runs no program of a perf event while one is at work on the CPU, and counts that nowhere."""
    place = ctypes.c_uint8()
    address, reads, writes = ctypes.addressof(place), 300, 20
    loaded = attach(
        f"tracepoint:syscalls:sys_enter_getppid /pid == {os.getpid()}/ {{ @read = *(uint8*){address:#x}; }} "
        f"watchpoint:{address:#x}:1:rw /pid == {os.getpid()}/ {{ @ = count(); }}",
        pid=pid,
    )
    for rounds in (1, 2):
        for _ in range(reads):
            os.getppid()
        assert loaded.missed() == rounds * reads
        for i in range(writes):
            place.value = i
        assert (counts(loaded), loaded.missed()) == ([rounds * writes], rounds * reads)
        loaded.detach()
        place.value = 0
        assert loaded.missed() == rounds * reads
        loaded.attach()


def test_context_switches_that_were_counted_and_missed_are_those_of_proc_stat(attach: Run) -> None:
    """Of these the kernel leaves out some in a hundred."""

    def switches() -> int:
        return int(Path("/proc/stat").read_text().partition("\nctxt ")[2].split()[0])

    before = switches()
    loaded = attach("software:context-switches:1 { @ = count(); }")
    first = switches()
    for _ in range(50):
        subprocess.run(["/bin/true"], check=True)
    last = switches()
    loaded.detach()
    assert last - first <= counts(loaded)[0] + loaded.missed() <= switches() - before


@pytest.mark.parametrize(
    ("script", "why"),
    [("kprobe:vfs_read { }", "kprobes"), ("fentry:vfs_read { }", "function"), ("hardware:cycles { }", "counters")],
)
def test_a_kind_that_this_kernel_refuses_says_why(kernel: RunningKernel, script: str, why: str) -> None:
    kind = probe_kind(script.partition(":")[0])
    assert kind is not None
    if not kernel.refuses(kind):
        assert compile_script(script, "t", kernel).probes
        return
    with pytest.raises(ScriptError) as caught:
        compile_script(script, "t", kernel)
    assert why in caught.value.diagnostic.why
    assert caught.value.diagnostic.hint.startswith("use ")
