"""Each family of probes: what may be written, which hook it is, its full name, and what is said where there is none."""

from collections.abc import Callable

import pytest

from tests.lang.fake_kernel import FakeKernel
from tracetop.errors import Diagnostic, ExitCode, ScriptError
from tracetop.lang import compile_script
from tracetop.lang.parse.parser import parse
from tracetop.lang.resolve import Expansion, Wanted, expand
from tracetop.lang.source import Source
from tracetop.lang.tree.hook import Hook
from tracetop.model.ctype import VOID, CFunction, CStruct
from tracetop.model.kernel import UsdtProbe, UserSymbol
from tracetop.model.kinds import ProbeKind

PROG, LIBC = "/opt/prog", "/lib/libc.so.6"
Hooks = Callable[..., list[Hook]]
Refused = Callable[..., Diagnostic]


@pytest.fixture
def kernel() -> FakeKernel:
    names = ("vfs_read", "vfs_write", "vfs_readv", "do_nanosleep", "tcp_connect")
    kernel = FakeKernel(functions={name: CFunction(name=name, parameters=(), returns=VOID) for name in names})
    kernel.functions["kvm_exit"] = CFunction(name="kvm_exit", parameters=(), returns=VOID, module="kvm")
    kernel.paths |= {PROG: PROG, "prog": PROG, "libc": LIBC}
    cpp = ("_ZN3app4Pool3addEi", "_ZN3app4Pool3addEl", "_ZN3app4Pool5clearEv")
    names_at = {"main": 0x100, "handle_one": 0x200, "handle_two": 0x300} | dict.fromkeys(cpp, 0x400)
    kernel.symbols[PROG] = {name: UserSymbol(name, at, 64) for name, at in names_at.items()}
    kernel.symbols[LIBC] = {"malloc": UserSymbol("malloc", 0x900, 80)}
    spoken = ("app::Pool::add(int)", "app::Pool::add(long)", "app::Pool::clear()")
    kernel.spoken = dict(zip(cpp, spoken, strict=True))
    kernel.usdt[PROG] = (
        UsdtProbe(provider="app", name="start", offset=0x500, arguments=("-4@%edi",)),
        UsdtProbe(provider="app", name="start", offset=0x540, arguments=("-4@%esi",)),
        UsdtProbe(provider="app", name="stop", offset=0x580, semaphore=0x3000),
        UsdtProbe(provider="gc", name="start", offset=0x5C0),
    )
    return kernel


@pytest.fixture
def hooks(kernel: FakeKernel) -> Hooks:
    def resolve(probes: str, **wanted: object) -> list[Hook]:
        return [entry.hook for entry in _expand(kernel, f"{probes} {{ }}", **wanted).clauses]

    return resolve


@pytest.fixture
def refused(kernel: FakeKernel) -> Refused:
    def resolve(text: str, **wanted: object) -> Diagnostic:
        with pytest.raises(ScriptError) as caught:
            _expand(kernel, text if "{" in text else f"{text} {{ }}", **wanted)
        return caught.value.diagnostic

    return resolve


def _expand(kernel: FakeKernel, text: str, **wanted: object) -> Expansion:
    source = Source("t", text)
    return expand(source, parse(source), kernel, Wanted(**wanted))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("probe", "names"),
    [
        ("k:vfs_read", ["kprobe:vfs_read"]),
        ("kprobe:vfs_read+0x10", ["kprobe:vfs_read+16"]),
        ("kprobe:vfs_r*", ["kprobe:vfs_read", "kprobe:vfs_readv"]),
        ("kprobe:kvm:kvm_exit", ["kprobe:kvm:kvm_exit"]),
        ("kr:vfs_read", ["kretprobe:vfs_read"]),
        ("f:vfs_read", ["fentry:vmlinux:vfs_read"]),
        ("kfunc:vmlinux:vfs_read", ["fentry:vmlinux:vfs_read"]),
        ("kretfunc:kvm_exit", ["fexit:kvm:kvm_exit"]),
        ("fr:vfs_w*", ["fexit:vmlinux:vfs_write"]),
        ("rt:sched_switch", ["rawtracepoint:vmlinux:sched_switch"]),
        (
            "rawtracepoint:sched_wakeup*",
            ["rawtracepoint:vmlinux:sched_wakeup", "rawtracepoint:vmlinux:sched_wakeup_new"],
        ),
        ("t:sched:sched_switch", ["tracepoint:sched:sched_switch"]),
        ("tracepoint:sch*:sched_switch", ["tracepoint:sched:sched_switch"]),
        ("tracepoint:*sched_switch", ["tracepoint:sched:sched_switch"]),
        ("u:prog:main", [f"uprobe:{PROG}:main"]),
        (f"uprobe:{PROG}:main+4", [f"uprobe:{PROG}:main+4"]),
        (f"uprobe:{PROG}:0x400100", [f"uprobe:{PROG}:4194560"]),
        (f"uprobe:{PROG}:handle_*", [f"uprobe:{PROG}:handle_one", f"uprobe:{PROG}:handle_two"]),
        ("uprobe:/opt/*:main", [f"uprobe:{PROG}:main"]),
        ("ur:libc:malloc", [f"uretprobe:{LIBC}:malloc"]),
        ('uprobe:prog:cpp:"app::Pool::clear"', [f"uprobe:{PROG}:cpp:_ZN3app4Pool5clearEv"]),
        ("uprobe:prog:cpp:main", [f"uprobe:{PROG}:cpp:main"]),
        ('uprobe:prog:"app::Pool::add(int)"', [f"uprobe:{PROG}:_ZN3app4Pool3addEi"]),
        (
            'uprobe:prog:cpp:"app::Pool::add"',
            [f"uprobe:{PROG}:cpp:_ZN3app4Pool3addEi", f"uprobe:{PROG}:cpp:_ZN3app4Pool3addEl"],
        ),
        (f"usdt:{PROG}:app:stop", [f"usdt:{PROG}:app:stop"]),
        (f"U:{PROG}:stop", [f"usdt:{PROG}:app:stop"]),
        (f"usdt:{PROG}:*:stop", [f"usdt:{PROG}:app:stop"]),
        ("p:hz:99", ["profile:hz:99"]),
        ("profile:10ms", ["profile:us:10000"]),
        ("i:s:1", ["interval:s:1"]),
        ("interval:1s", ["interval:us:1000000"]),
        ("s:faults", ["software:faults"]),
        ("software:page-faults:1e3", ["software:page-faults:1000"]),
        ("h:cycles:1_000", ["hardware:cycles:1000"]),
        ("BEGIN", ["begin"]),
        ("end", ["end"]),
        ("self:signal:SIGUSR1", ["self:signal:SIGUSR1"]),
    ],
)
def test_the_full_name_of_each_probe(hooks: Hooks, probe: str, names: list[str]) -> None:
    assert [hook.name for hook in hooks(probe)] == names


def test_a_user_hook_is_a_place_in_a_file(hooks: Hooks) -> None:
    (hook,) = hooks("uprobe:prog:main+4")
    assert hook.spec_fields() == {
        "kind": ProbeKind.UPROBE,
        "category": "",
        "event": "main+4",
        "target": PROG,
        "offset": 0x104,
        "semaphore": 0,
        "pid": 0,
        "period": 0,
    }


def test_a_static_probe_at_two_places_is_two_hooks_with_their_own_arguments(hooks: Hooks) -> None:
    first, second = hooks(f"usdt:{PROG}:app:start")
    assert (first.offset, second.offset) == (0x500, 0x540)
    assert [hook.arguments[0].register for hook in (first, second) if hook.arguments[0]] == ["di", "si"]


def test_a_semaphore_goes_with_its_probe(hooks: Hooks) -> None:
    (hook,) = hooks(f"usdt:{PROG}:app:stop")
    assert hook.semaphore == 0x3000


def test_the_named_process_is_on_hooks_that_can_be_on_one(hooks: Hooks) -> None:
    found = hooks("uprobe:prog:main, profile:hz:99, software:faults, interval:s:1, kprobe:vfs_read", pid=7)
    assert [hook.pid for hook in found] == [7, 7, 7, 0, 0]


def test_without_a_binary_the_named_process_is_looked_at(hooks: Hooks) -> None:
    assert [hook.name for hook in hooks("usdt:app:stop", pid=7)] == [f"usdt:{PROG}:app:stop"]
    assert [hook.name for hook in hooks("usdt::app:stop", pid=7)] == [f"usdt:{PROG}:app:stop"]
    assert [hook.name for hook in hooks("usdt::stop", pid=7)] == [f"usdt:{PROG}:app:stop"]
    assert [hook.name for hook in hooks("usdt:stop", pid=7)] == [f"usdt:{PROG}:app:stop"]
    assert [hook.name for hook in hooks("uprobe:main", pid=7)] == [f"uprobe:{PROG}:main"]


def test_parameters_may_stand_in_a_probe(hooks: Hooks) -> None:
    assert [hook.name for hook in hooks("kprobe:$1", params=("vfs_read",))] == ["kprobe:vfs_read"]


@pytest.mark.parametrize(
    ("probe", "event"),
    [
        ("watchpoint:0x404038:8:w", "0x404038:8:w"),
        ("w:4096:0x4:wr", "0x1000:4:rw"),
        ("watchpoint:0x401147:8:x", "0x401147:8:x"),
        ("watchpoint:$1:1:w", "0x10:1:w"),
    ],
)
def test_a_watchpoint_is_of_the_process_that_is_named_or_started(hooks: Hooks, probe: str, event: str) -> None:
    for named in ({"pid": 7}, {"child": 7}):
        (hook,) = hooks(probe, params=("16",), **named)
        assert (hook.name, hook.event, hook.pid) == (f"watchpoint:{event}", event, 7)


@pytest.mark.parametrize(
    ("probe", "what", "hint"),
    [
        ("kprobe:vfs_raed", "unknown kernel function vfs_raed", "did you mean vfs_read?"),
        ("kprobe:zzz*", "unknown kernel function zzz*", "write a wider wildcard"),
        ("kretprobe:vfs_read+4", "kretprobe takes no offset", "kprobe:vfs_read+4"),
        ("fentry:kvm:vfs_read", "unknown kernel function vfs_read in module kvm", ""),
        ("kprobe:", "kprobe: is not a whole probe", "kprobe:FUNCTION"),
        ("uprobe:prog:mian", f"unknown function mian in {PROG}", ""),
        ("uprobe:prog:handle_on", f"unknown function handle_on in {PROG}", "did you mean handle_one?"),
        ("uprobe:nothere:main", "unknown program or library nothere", "write its path"),
        ("uprobe:main", "uprobe:main is not a whole probe", "uprobe:BINARY:FUNCTION"),
        ("uprobe:prog:main+64", f"main of {PROG} has no offset 64", "objdump"),
        ("uprobe:prog:16", f"{PROG} has no code at 0x10", "nm"),
        ("uretprobe:prog:main+4", "uretprobe takes no offset", f"uretprobe:{PROG}:main"),
        (f"usdt:{PROG}:stat", "unknown static probe stat", "did you mean app:start?"),
        ("usdt:libc:setjmp", "unknown static probe setjmp", "use uprobe"),
        ("usdt:stop", "usdt:stop is not a whole probe", "-p"),
        ("software:fautls", "unknown software event fautls", "did you mean"),
        ("hardware:cycles:0", "hardware:cycles:0 is not a whole probe", "hardware:EVENT:COUNT"),
        ("profile:99", "profile:99 is less than a microsecond", "write profile:hz:99"),
        ("profile:s:2", "a profile slower than once a second", "interval:s:N"),
        ("rawtracepoint:sys_enter_read", "unknown raw tracepoint sys_enter_read", "tracepoint:syscalls:sys_enter_read"),
        ("asyncwatchpoint:f+arg0:8:w", "asyncwatchpoint probes are not supported", "use watchpoint with an address"),
        ("watchpoint:0x10:8", "watchpoint:0x10:8 is not a whole probe", "watchpoint:ADDRESS:LENGTH:MODE"),
        ("watchpoint:main+arg0:8:w", "main+arg0 is not an address", "nm"),
        ("watchpoint:0:8:w", "0 is not an address", "write a number"),
        ("watchpoint:0x10:3:w", "3 bytes at 0x10 cannot be watched", "watchpoint:0x404038:8:w"),
        ("watchpoint:0x14:8:rw", "8 bytes at 0x14 cannot be watched", "watchpoint:0x404038:8:w"),
        ("watchpoint:0x10:8:r", "r is not a way to use memory", "w, rw, x"),
        ("iter:tsk", "unknown iterator tsk", "tracetop list"),
        ("iter:task:pin", "iterators are not pinned", "iter:task"),
        ("iter", "iter is not a whole probe", "iter:NAME"),
        ("self:signal:SIGUSR2", "self:signal:SIGUSR2 is not a whole probe", "self:signal:SIGUSR1"),
        ("kprobe:$2", "kprobe:$2 needs a value for $2", "tracetop run"),
        ("kprob:vfs_read", "unknown kind of probe kprob", "did you mean kprobe?"),
    ],
)
def test_what_is_said_of_a_probe_that_is_wrong(refused: Refused, probe: str, what: str, hint: str) -> None:
    wrong = refused(probe, params=("x",))
    assert wrong.what == what
    assert hint in wrong.hint
    assert wrong.where == "t.bt:1:1"


@pytest.mark.parametrize(
    ("probe", "hint"),
    [
        ("kprobe:do_sys_open", "use tracepoint:syscalls:sys_enter_openat"),
        ("kretprobe:vfs_read", "use tracepoint:syscalls:sys_exit_read"),
        ("kprobe:__x64_sys_openat", "use tracepoint:syscalls:sys_enter_openat"),
        ("kprobe:do_sys_*", "use tracepoint:syscalls:sys_enter_openat"),
        ("kprobe:finish_task_switch", "use tracepoint:sched:sched_switch"),
        ("kprobe:try_to_wake_up", "use tracepoint:sched:sched_wakeup"),
        ("kprobe:frobnicate", "look for a tracepoint near it"),
    ],
)
def test_a_refused_kind_names_what_serves(kernel: FakeKernel, refused: Refused, probe: str, hint: str) -> None:
    kinds = (ProbeKind.KPROBE, ProbeKind.KRETPROBE, ProbeKind.FENTRY, ProbeKind.FEXIT)
    kernel.refusals |= dict.fromkeys(kinds, "this kernel has none of them")
    wrong = refused(probe)
    assert wrong.why == "this kernel has none of them"
    assert wrong.hint.startswith(hint)


def test_where_only_breakpoints_are_refused_the_trampoline_serves(kernel: FakeKernel, refused: Refused) -> None:
    kernel.refusals[ProbeKind.KPROBE] = "compiled out"
    assert refused("kprobe:tcp_connect").hint == "use fentry:tcp_connect"


def test_other_clauses_run_on_without_a_refused_one(kernel: FakeKernel) -> None:
    kernel.refusals[ProbeKind.HARDWARE] = "no counters here"
    expansion = _expand(kernel, "hardware:cycles { } profile:hz:99 { }")
    assert [entry.hook.name for entry in expansion.clauses] == ["profile:hz:99"]
    assert expansion.notes == ("left out hardware:cycles: no counters here; use profile:hz:99, or software:cpu-clock",)


def test_clauses_that_see_nothing_are_not_enough_to_run_on(kernel: FakeKernel, refused: Refused) -> None:
    kernel.refusals[ProbeKind.HARDWARE] = "no counters here"
    assert refused("BEGIN { } hardware:cycles { } interval:s:1 { }").why == "no counters here"


def test_missing_probes_may_be_allowed(kernel: FakeKernel) -> None:
    text = "kprobe:nope { } kprobe:vfs_read { }"
    warned = _expand(kernel, text, missing="warn")
    assert len(warned.clauses) == 1
    assert warned.notes[0].startswith("left out kprobe:nope")
    assert _expand(kernel, text, missing="ignore").notes == ()
    begin = _expand(kernel, "kprobe:nope { } BEGIN { }", missing="warn")
    assert [entry.hook.name for entry in begin.clauses] == ["begin"]


def test_what_is_to_be_measured_runs_alone_and_only_when_it_is_asked_for(kernel: FakeKernel) -> None:
    text = "bench:one { } BEGIN { } bench:two, profile:hz:99 { }"
    assert [entry.hook.name for entry in _expand(kernel, text).clauses] == ["begin", "profile:hz:99"]
    assert [entry.hook.name for entry in _expand(kernel, text, mode="bench").clauses] == ["bench:one", "bench:two"]
    for only, mode in (("bench:one { }", ""), ("BEGIN { }", "bench")):
        with pytest.raises(ScriptError, match="bench probe"):
            _expand(kernel, only, mode=mode)


def test_iterators_are_not_for_panes_and_are_what_the_kernel_has(kernel: FakeKernel) -> None:
    kernel.structs["bpf_iter__task"] = CStruct(name="bpf_iter__task", size=16, fields=())
    (entry,) = _expand(kernel, "it:task { }", params=()).clauses
    assert (entry.hook.name, entry.hook.event) == ("iter:task", "bpf_iter_task")
    with pytest.raises(ScriptError, match="once"):
        _expand(kernel, "iter:task { }", params=None)


def test_missing_probes_may_be_errors_beside_others_too(kernel: FakeKernel) -> None:
    with pytest.raises(ScriptError, match="nope"):
        _expand(kernel, "kprobe:nope, kprobe:vfs_read { }", missing="error")


def test_a_kind_that_the_kernel_refuses_is_the_kernels_fault(kernel: FakeKernel) -> None:
    kernel.refusals[ProbeKind.KPROBE] = "kprobes are compiled out"
    with pytest.raises(ScriptError) as raised:
        _expand(kernel, "kprobe:vfs_read { }")
    assert raised.value.diagnostic.code == ExitCode.KERNEL


def test_a_flood_names_its_number_and_the_wildcard(kernel: FakeKernel, refused: Refused) -> None:
    kernel.symbols[PROG] = {f"f{i}": UserSymbol(f"f{i}", i) for i in range(1100)}
    wrong = refused("uprobe:prog:f*")
    assert "1100 hooks, at most 1024" in wrong.what
    assert "uprobe:prog:f*" in wrong.hint


def test_a_binary_that_cannot_be_read_says_why(kernel: FakeKernel, refused: Refused) -> None:
    kernel.paths["/etc/passwd"] = "/etc/passwd"
    assert refused("uprobe:/etc/passwd:main").why == "there is no such file"


def test_a_function_whose_parameters_the_kernel_does_not_describe_is_refused_with_a_kprobe_to_use() -> None:
    class Undescribed(FakeKernel):
        """As Linux 5.10 has it of modules."""

        def function(self, name: str, module: str = "") -> CFunction | None:
            return None

    with pytest.raises(ScriptError) as caught:
        compile_script("fexit:vfs_read { @ = count(); }", "t", Undescribed())
    diagnostic = caught.value.diagnostic
    assert "does not describe the parameters of vfs_read" in diagnostic.why
    assert (diagnostic.hint, diagnostic.code) == ("use kretprobe:vfs_read", ExitCode.KERNEL)
