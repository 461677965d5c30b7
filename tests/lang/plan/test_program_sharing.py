"""Scripts on many hooks: what one program serves, how it learns which hook it is on, and what keeps its own."""

from collections.abc import Callable

import pytest

from tests.lang.fake_kernel import FakeKernel
from tracetop.errors import Diagnostic
from tracetop.model.ctype import CKind, CType
from tracetop.model.kinds import ProbeKind
from tracetop.model.program import Format, Program
from tracetop.model.syscalls import syscall_names
from tracetop.model.value import Shape

Build = Callable[[str], Program]
CALLS = sorted(set(syscall_names("x86_64").values()) - {"stat", "uname"})[:100]
_ENTER, _EXIT = 0x1000, 0x2000


@pytest.fixture
def calls(kernel: FakeKernel) -> FakeKernel:
    """A kernel with the events of a hundred calls, and one of a name that no call has."""
    for name in [*CALLS, "newstat", "newuname", "nobody_knows"]:
        kernel.formats[f"syscalls:sys_enter_{name}"] = ("int __syscall_nr 8 4 s", f"int of_{name} 16 8 u")
        kernel.formats[f"syscalls:sys_exit_{name}"] = ("int __syscall_nr 8 4 s", "long ret 16 8 s")
    kernel.offsets["thread_info", "status"] = (16, 4)
    return kernel


@pytest.fixture
def many(kernel: FakeKernel) -> FakeKernel:
    """A kernel with 40 tracepoints of one category, whose records begin alike; it tells a program its hook."""
    for i in range(40):
        kernel.formats[f"many:e{i:02}"] = ("int size 8 4 s", "int sort 12 4 s", f"u64 only_{i} 16 8 u")
        kernel.arity[f"e{i:02}"] = 1
    kernel.constants["BPF_FUNC_get_attach_cookie"] = (174, CType(kind=CKind.ENUM, size=4))
    kernel.offsets["bpf_raw_tp_link", "cookie"] = (80, 8)
    return kernel


def functions(program: Program) -> set[str]:
    return {probe.function for probe in program.probes}


def test_events_of_many_calls_are_one_raw_tracepoint(calls: FakeKernel, build: Build) -> None:
    """Its key is a number with the probe's name; the call that no table knows keeps a hook of its own."""
    program = build("tracepoint:syscalls:sys_enter_* { @[probe] = count(); }")
    raw, other = sorted(program.probes, key=lambda probe: -probe.hooks)
    assert (raw.kind, raw.event, raw.hooks) == (
        ProbeKind.RAW_TRACEPOINT,
        "sys_enter",
        len(CALLS) + 2 + sum(name not in CALLS for name in ("openat", "recvmmsg", "sendmmsg")),
    )
    assert (other.kind, other.event, other.hooks) == (ProbeKind.TRACEPOINT, "sys_enter_nobody_knows", 1)
    names = program.maps[0].keys[0].type.names
    assert program.maps[0].keys[0].type.shape is Shape.ENUM
    numbers = {name: number for number, name in syscall_names("x86_64").items()}
    assert names[_ENTER + numbers[CALLS[0]]] == f"tracepoint:syscalls:sys_enter_{CALLS[0]}"
    assert names[_ENTER + numbers["stat"]] == "tracepoint:syscalls:sys_enter_newstat"


def test_a_result_is_read_from_the_raw_tracepoint(calls: FakeKernel, build: Build) -> None:
    program = build("tracepoint:syscalls:sys_exit_* /args.ret < 0/ { @[probe, args.ret] = count(); }")
    raw = max(program.probes, key=lambda probe: probe.hooks)
    assert (raw.event, raw.kind) == ("sys_exit", ProbeKind.RAW_TRACEPOINT)
    number = next(number for number, name in syscall_names("x86_64").items() if name == CALLS[0])
    assert program.maps[0].keys[0].type.names[_EXIT + number] == f"tracepoint:syscalls:sys_exit_{CALLS[0]}"


@pytest.mark.parametrize("missing", [("thread_info", "status"), ("pt_regs", "orig_ax")])
def test_calls_keep_their_own_hooks_where_btf_does_not_tell_how(
    calls: FakeKernel, build: Build, missing: tuple[str, str]
) -> None:
    del calls.offsets[missing]
    program = build("tracepoint:syscalls:sys_exit_* { @[probe] = count(); }")
    assert {probe.kind for probe in program.probes} == {ProbeKind.TRACEPOINT}


def test_few_calls_keep_their_own_hooks(calls: FakeKernel, build: Build) -> None:
    """At the raw tracepoint all calls come by: for a few events that would cost more."""
    program = build("tracepoint:syscalls:sys_enter_a*, tracepoint:syscalls:sys_enter_c* { @[probe] = count(); }")
    assert len(program.probes) > 16
    assert {probe.kind for probe in program.probes} == {ProbeKind.TRACEPOINT}


def test_hooks_with_the_same_c_share_a_function_that_learns_its_hook(many: FakeKernel, build: Build) -> None:
    """Their records differ after what is read; each hook passes its own number."""
    program = build('tracepoint:many:* { @[probe] = sum(args.size); printf("%s %d\\n", probe, args.sort); }')
    assert len(functions(program)) == 1
    names = program.maps[0].keys[0].type.names
    assert {names[probe.cookie] for probe in program.probes} == {f"tracepoint:many:e{i:02}" for i in range(40)}
    assert all(names[probe.cookie] == f"tracepoint:many:{probe.event}" for probe in program.probes)
    printf = program.actions[0]
    assert isinstance(printf, Format)
    assert [part.type.shape for part in printf.arguments] == [Shape.ENUM, Shape.INTEGER]


def test_a_kernel_that_does_not_tell_has_a_program_for_each_hook(many: FakeKernel, build: Build) -> None:
    del many.constants["BPF_FUNC_get_attach_cookie"], many.offsets["bpf_raw_tp_link", "cookie"]
    program = build("tracepoint:many:* { @[probe] = count(); }")
    assert len(functions(program)) == 40
    assert {probe.cookie for probe in program.probes} == {0}
    assert len(functions(build("tracepoint:many:* { @ = count(); }"))) == 1, "nothing is asked that it had to tell"


@pytest.mark.parametrize(
    "text",
    [
        'tracepoint:many:* /probe == "tracepoint:many:e01"/ { @ = count(); }',
        "tracepoint:many:* { @last = probe; }",
        'tracepoint:many:* { @[probe] = count(); } BEGIN { @["none"] = count(); }',
        "tracepoint:many:* { @[probe] = count(); } END { for ($kv : @) { print($kv.0); } }",
    ],
)
def test_what_needs_the_text_of_probe_has_it(many: FakeKernel, build: Build, text: str) -> None:
    program = build(text)
    assert len(functions(program)) >= 40
    assert all(part.type.shape is Shape.STRING for spec in program.maps for part in spec.keys)


def test_records_that_differ_where_they_are_read_are_not_shared(many: FakeKernel, build: Build) -> None:
    for i in range(20):
        many.formats[f"many:e{i:02}"] = ("int other 8 4 s", "int size 12 4 s")
    program = build("tracepoint:many:* { @ = sum(args.size); }")
    by_function = {probe.event: probe.function for probe in program.probes}
    assert len(set(by_function.values())) == 2
    assert by_function["e00"] != by_function["e39"]


def test_a_script_on_few_hooks_writes_probe_out(many: FakeKernel, build: Build) -> None:
    program = build("tracepoint:many:e0* { @[probe] = count(); }")
    assert len(functions(program)) == 10
    assert program.maps[0].keys[0].type.shape is Shape.STRING


def test_hooks_that_differ_are_fewer_than_hooks_that_share(
    many: FakeKernel, build: Build, refuse: Callable[[str], Diagnostic]
) -> None:
    """Programs that are not the same have to be compiled one by one."""
    for i in range(40, 600):
        many.formats[f"many:e{i}"] = ("int size 8 4 s",)
    assert len(build("tracepoint:many:* { @[probe] = count(); }").probes) == 600
    assert "600 programs, at most 512" in refuse("tracepoint:many:* { @last = probe; }").what


def test_single_calls_that_are_listed_share_a_program(calls: FakeKernel, build: Build) -> None:
    """Few as they are: nothing but the number of the hook tells one from another, unless the script names it."""
    assert calls
    probes = f"tracepoint:syscalls:sys_exit_{CALLS[0]}, tracepoint:syscalls:sys_exit_{CALLS[1]}"
    assert len(functions(build(f"{probes} {{ @[pid] = sum(args.ret); }}"))) == 1
    assert len(functions(build(f"{probes} {{ @[probe] = sum(args.ret); }}"))) == 2
