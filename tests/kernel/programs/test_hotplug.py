"""CPUs that go offline and come back, or come later: a guest's own, so that nobody else notices."""

import ctypes
import mmap
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kernel.tracer import Tracer, tracer
from tracetop.bpf import Loaded, RunningKernel
from tracetop.bpf.attach import perf_events
from tracetop.bpf.sys import cpu_events
from tracetop.lang import Options, compile_script
from tracetop.model.abi.control import pack_control
from tracetop.model.filter import Filter
from tracetop.model.frame import Frame, PaneState
from tracetop.model.wire import messages as m

pytestmark = pytest.mark.vm
ONLINE = Path("/sys/devices/system/cpu/cpu1/online")
WATCHED = ctypes.c_uint64()
SCRIPTS = [
    "profile:hz:99",
    "software:cpu-clock:1000000",
    "software:page-faults:1",
    f"watchpoint:{ctypes.addressof(WATCHED):#x}:8:w",
]


@pytest.fixture(autouse=True)
def _online() -> Iterator[None]:
    ONLINE.write_text("1")
    yield
    ONLINE.write_text("1")


def work() -> None:
    """Have CPU 1 do some of everything that the scripts count."""
    everywhere = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {1})
    until_s = time.monotonic() + 0.2
    while time.monotonic() < until_s:
        WATCHED.value += 1
    with mmap.mmap(-1, 64 * mmap.PAGESIZE) as pages:
        for i in range(64):
            pages[i * mmap.PAGESIZE] = 1
    os.sched_setaffinity(0, everywhere)


def counted(loaded: Loaded) -> int:
    """Return what was counted on CPU 1."""
    sample = loaded.read("@")
    return sum(int(value) for key, (value,) in zip(sample.keys, sample.values.tolist(), strict=True) if key[0] == 1)


@pytest.mark.parametrize("probe", SCRIPTS, ids=lambda probe: probe.split(":0x")[0])
def test_a_cpu_that_comes_back_is_counted_again(probe: str) -> None:
    program = compile_script(f"{probe} {{ @[cpu] = count(); }}", "t", RunningKernel(), Options())
    loaded = Loaded.load(program)
    loaded.set_control(pack_control(Filter()))
    loaded.attach()
    work()
    ONLINE.write_text("0")
    before = counted(loaded)
    assert before
    loaded.follow_cpus()
    assert not loaded.notes
    ONLINE.write_text("1")
    loaded.follow_cpus()
    work()
    ONLINE.write_text("0")
    back = counted(loaded)
    assert back > before
    ONLINE.write_text("1")  # it was gone, and nobody looked
    loaded.follow_cpus()
    work()
    again = counted(loaded)
    assert again > back
    assert loaded.missed() == 0
    assert loaded.notes == ("CPU 1 came online: what it did until that was seen is not counted",)
    loaded.close()


def test_a_cpu_that_comes_later_is_counted_too() -> None:
    ONLINE.write_text("0")
    program = compile_script("profile:hz:99 { @[cpu] = count(); }", "t", RunningKernel(), Options())
    loaded = Loaded.load(program)
    loaded.set_control(pack_control(Filter()))
    loaded.attach()
    ONLINE.write_text("1")
    loaded.follow_cpus()
    work()
    assert counted(loaded)
    loaded.close()


@pytest.mark.parametrize(
    "probe", ["tracepoint:syscalls:sys_enter_getppid", "kprobe:__x64_sys_getppid", "uprobe:libc:getppid"]
)
def test_a_probe_of_all_cpus_goes_on_without_the_one_that_it_was_opened_on(
    probe: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(perf_events, "online_cpus", lambda: [1])
    program = compile_script(f"{probe} /pid == {os.getpid()}/ {{ @ = count(); }}", "t", RunningKernel(), Options())
    loaded = Loaded.load(program)
    loaded.set_control(pack_control(Filter()))
    loaded.attach()
    ONLINE.write_text("0")
    for _ in range(100):
        os.getppid()
    ONLINE.write_text("1")
    for _ in range(100):
        os.getppid()
    assert loaded.read("@").values.tolist() == [[200]]
    loaded.close()


def test_an_interval_goes_on_when_its_cpu_has_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpu_events, "online_cpus", lambda: [1])
    program = compile_script("interval:ms:20 { @[cpu] = count(); }", "t", RunningKernel(), Options())
    loaded = Loaded.load(program)
    loaded.set_control(pack_control(Filter()))
    loaded.attach()
    ONLINE.write_text("0")
    loaded.follow_cpus()
    time.sleep(0.5)
    assert {int(key[0]) for key in loaded.read("@").keys} == {0, 1}
    assert not loaded.notes
    loaded.close()


def cpus(one: Tracer, wanted: int) -> Frame:
    return one.until(Frame, lambda frame: frame.cpus == wanted)


def test_a_pane_says_what_it_lacks_and_the_frame_how_many_there_are() -> None:
    with tracer(m.PaneRequest("stacks")) as one:
        assert one.pane("stacks", lambda pane: pane.state is PaneState.ON).notes == ()
        cpus(one, 2)
        ONLINE.write_text("0")
        cpus(one, 1)
        ONLINE.write_text("1")
        cpus(one, 2)
        noted = one.pane("stacks", lambda pane: bool(pane.notes))
        assert "CPU 1 came online" in noted.notes[0]
