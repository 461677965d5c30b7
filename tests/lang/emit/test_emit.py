"""What the C does and does not: nothing twice, nothing lost uncounted, nothing of the script's text in it."""

import re
from collections.abc import Callable
from typing import cast

import pytest

from tests.lang.fake_kernel import FakeKernel
from tracetop.lang import STACK_DEPTH, Options, compile_script
from tracetop.lang.emit.prelude import Unit
from tracetop.lang.emit.writer import Writer
from tracetop.lang.plan.plan import Plan, PlannedProgram
from tracetop.model.ctype import CKind, CType
from tracetop.model.kernel import UsdtProbe
from tracetop.model.program import MapAction, Program

Build = Callable[[str], Program]
ENTER = "tracepoint:raw_syscalls:sys_enter"


def clause(program: Program, number: int = 1) -> str:
    """Return the C of the first program's clause."""
    name = f"{program.probes[0].function}_{number}("
    return program.c_text.split(f"void {name}")[1].split("\n}\n")[0]


def test_predicate_value_and_delete_share_one_lookup(build: Build) -> None:
    program = build(f"{ENTER} /@s[tid]/ {{ @ = hist(nsecs - @s[tid]); delete(@s[tid]); }} BEGIN {{ @s[tid] = nsecs; }}")
    assert clause(program).count("m0_s.lookup") == 1
    assert "m0_s.delete" not in program.c_text


def test_keys_of_fields_share_a_lookup_too(build: Build) -> None:
    begin = "tracepoint:block:block_rq_issue"
    program = build(
        f"{begin} /@s[args.dev, args.sector]/ {{ @ = max(@s[args.dev, args.sector]); }} BEGIN {{ @s[1, 1] = 1; }}"
    )
    assert clause(program).count("m0_s.lookup") == 1


@pytest.mark.parametrize(
    ("body", "lookups"),
    [
        ("$a = @s[tid]; $b = @s[tid]; @x = $a + $b;", 1),
        ("$a = @s[tid]; delete(@s[tid]); @x = $a + @s[tid];", 2),
        ("$k = 1; $a = @s[$k]; $k = 2; @x = $a + @s[$k];", 2),
        ("$k = 1; $a = @s[$k]; @x = $a + @s[$k];", 1),
        ("$a = @s[nsecs]; @x = $a + @s[nsecs];", 2),
        ("$k = 1; $a = @s[$k]; if (pid && $k++) { $a = 2; } @x = $a + @s[$k];", 2),
        ("if (pid) { $a = @s[tid]; } @x = @s[tid];", 2),
        ("$a = @s[tid]; if (pid) { $a = @s[tid]; } @x = $a;", 1),
        ("$a = @s[tid]; if (pid) { delete(@s[tid]); } @x = @s[tid];", 2),
    ],
)
def test_a_pointer_is_remembered_exactly_as_long_as_it_holds(build: Build, body: str, lookups: int) -> None:
    program = build(f"{ENTER} {{ {body} }} BEGIN {{ @s[1] = pid; }}")
    assert clause(program).count("m0_s.lookup") == lookups


@pytest.mark.parametrize("body", ["@[nsecs] = count();", "@[nsecs] = 1;", "@[nsecs]++;", "@[nsecs] = comm;"])
def test_a_key_is_evaluated_once_for_look_up_and_insertion(build: Build, body: str) -> None:
    assert clause(build(f"{ENTER} {{ {body} }}")).count("bpf_ktime_get_ns") == 1


def test_ids_are_fetched_once_and_times_whenever_they_are_asked(build: Build) -> None:
    text = clause(build(f"{ENTER} {{ @a[pid] = nsecs; @b[pid] = nsecs; @c[pid, comm, comm] = count(); }}"))
    assert text.count("bpf_get_current_pid_tgid") == 1
    assert text.count("bpf_get_current_comm") == 1
    assert text.count("bpf_ktime_get_ns") == 2


def test_a_cheap_predicate_is_asked_before_the_filter(build: Build) -> None:
    program = build("tracepoint:raw_syscalls:sys_exit /args.ret < 0 && pid > 1/ { @ = count(); }")
    body = program.c_text.split(f"int {program.probes[0].function}(")[1]
    assert body.index("ctx->args[1] < 0LL") < body.index("tt_control.lookup")
    assert "tgid" not in body


@pytest.mark.parametrize(
    "body",
    [
        "@[pid] = count();",
        "@[pid] = sum(pid);",
        "@[pid] = 1;",
        "@[pid] = comm;",
        "@[pid]++;",
        "@[pid] = hist(pid);",
        "@ = lhist(pid, 0, 10, 1);",
        "@ = 1; clear(@);",
    ],
)
def test_every_update_that_can_fail_is_counted(build: Build, body: str) -> None:
    program = build(f"{ENTER} {{ {body} }}")
    assert "tt_drop(0);" in clause(program)


def test_a_number_that_is_no_index_is_counted_by_itself(build: Build) -> None:
    program = build(f"{ENTER} {{ @[args.id] = count(); }}")
    assert "m0__others_count(key" in clause(program)
    assert "tt_drop(" not in program.c_text


@pytest.mark.parametrize("btf", [True, False])
def test_in_a_pane_a_call_s_number_says_of_which_table_it_is(kernel: FakeKernel, btf: bool) -> None:
    """32-bit programs have another; `run` prints the kernel's numbers as they are."""
    if btf:
        kernel.constants["BPF_FUNC_get_current_task_btf"] = (158, CType(kind=CKind.ENUM, size=4))
    for verb in ("sys_enter", "sys_exit"):
        script = f"tracepoint:raw_syscalls:{verb} {{ @[args.id] = count(); }}"
        in_pane = compile_script(script, "t", kernel).c_text
        assert f"tt_{verb}_call(ctx)" in in_pane
        assert ("bpf_get_current_task_btf() + 16" in in_pane) is btf
        assert "_call(" not in compile_script(script, "t", kernel, Options(())).c_text


def test_an_architecture_whose_32_bit_programs_are_unknown_is_left_alone(kernel: FakeKernel) -> None:
    kernel.arch = "riscv64"
    assert "_call(" not in compile_script(f"{ENTER} {{ @[args.id] = count(); }}", "t", kernel).c_text


def test_no_text_of_the_script_reaches_the_c(build: Build) -> None:
    evil = (
        'BEGIN { @ = "*/ evil(\\"\\\\); //"; } //! title: evil\n// evil\n/* evil */ '
        'END { $evil_name = comm == "evil"; @b = $evil_name; }'
    )
    text = build(evil).c_text
    assert "evil(" not in text
    assert '"' not in text
    assert set(re.findall(r"\w*evil\w*", text)) == {"v0_evil_name"}


def test_no_text_of_a_binary_reaches_the_c(build: Build, kernel: FakeKernel) -> None:
    """Static probes are named by the binary, which anybody may have written; one name would end the comment."""
    kernel.symbols["/prog"], kernel.paths["/prog"] = {}, "/prog"
    kernel.usdt["/prog"] = (UsdtProbe(provider="**//int evil;/*", name='"\n\0', offset=16, semaphore=0, arguments=()),)
    text = build("usdt:/prog:* { @ = count(); }").c_text
    assert "/* usdt:/prog:??//int?evil?/?:??? */" in text


def test_requests_to_user_space_are_numbered(build: Build) -> None:
    program = build("BEGIN { @a = 1; @b = count(); } interval:s:1 { clear(@a); zero(@b); clear(@a); }")
    assert program.actions == (MapAction("clear", "@a"), MapAction("zero", "@b"))
    assert "BPF_RINGBUF_OUTPUT(tt_events, 16);" in program.c_text
    assert re.findall(r"\*\(u64 \*\)event\d+ = (\d);", program.c_text) == ["0", "1", "0"]


def test_what_is_not_used_is_not_there(build: Build) -> None:
    text = build("BEGIN { @ = count(); }").c_text
    for absent in ("tt_events", "tt_kstacks", "tt_log_bucket", "tt_divide", "tt_same", "_wanted"):
        assert absent not in text


def test_a_stack_key_has_its_table(build: Build) -> None:
    program = build("profile:hz:49 { @[kstack] = count(); }")
    assert program.stack_map == "tt_kstacks"
    assert f"struct tt_kstacks_frames {{ u64 ip[{STACK_DEPTH}]; }};" in program.c_text
    assert 'BPF_TABLE("stacktrace", int, struct tt_kstacks_frames, tt_kstacks, ' in program.c_text


def test_a_record_is_laid_out_as_its_format_says(build: Build) -> None:
    text = build("tracepoint:block:block_rq_issue { @[args.rwbs] = sum(args.bytes); }").c_text
    record = text.split("_record {\n")[1].split("\n};")[0]
    assert [line.strip() for line in record.splitlines()] == [
        "u64 common;",
        "u32 f_dev;",
        "u8 pad12[4];",
        "u64 f_sector;",
        "u32 f_nr_sector;",
        "u32 f_bytes;",
        "u16 f_ioprio;",
        "char f_rwbs[10];",
        "char f_comm[16];",
        "u32 f_cmd;",
    ]


def test_what_is_nested_to_the_right_is_written_once(build: Build) -> None:
    nested = "@s[1]"
    for i in range(12):
        nested = f"({i} + pid && {nested})"
    text = clause(build(f"{ENTER} {{ @r = {nested}; }} BEGIN {{ @s[1] = pid; }}"))
    assert text.count("m1_s.lookup") == 1


def test_the_right_side_of_a_logical_operator_runs_only_where_it_decides(build: Build) -> None:
    text = clause(build(f"{ENTER} {{ @r = pid && @s[tid]; }} BEGIN {{ @s[1] = 1; }}"))
    assert text.index("if (") < text.index("m1_s.lookup")


def test_no_temporary_hides_a_type_of_c() -> None:
    """The 64th string of a clause is not called s64."""
    out = Writer(Unit(Plan({}, (), (), "x86_64")), cast("PlannedProgram", None))
    names = [out.name("s") for _ in range(100)]
    assert len(set(names)) == 100
    assert not {"s8", "s16", "s32", "s64"} & set(names)


def test_a_table_of_names_of_any_length_fits_on_the_stack(build: Build) -> None:
    """Each of its entries has the stack to itself in turn."""
    names = " ".join(f'@name[{i}] = "CAP_{i}";' for i in range(200))
    c_text = build(f"BEGIN {{ {names} }} interval:s:1 {{ @ = count(); }}").c_text
    assert c_text.count("m0_name.update(") == 200


def test_a_variable_that_hides_another_has_a_name_that_no_script_can_write(build: Build) -> None:
    """Whatever it is called, another variable of the script might be called so."""
    names = 'if (1) { $v = 7; print($v); } if (1) { $v = "s"; print($v); }'
    text = clause(build(f'BEGIN {{ $v__2 = "a"; $v__3 = "b"; $v2 = "c"; {names} }}'))
    declared = re.findall(r"(?:[su]64 |char \*)(v\d+_\w+) = ", text)
    assert declared == list(dict.fromkeys(declared))
    assert [name.partition("_")[2] for name in declared[:5]] == ["v__2", "v__3", "v2", "v", "v"]


@pytest.mark.parametrize("name", ["tt_OWN", "tt_NAME", "tt_control", "tt_drops", "key"])
def test_a_map_may_have_any_name(build: Build, name: str) -> None:
    """Its name in C begins with its number, which no table of ours and no other map has."""
    program = build(f"BEGIN {{ @a[1] = 1; @{name}[1, 2] = 1; @b = count(); }}")
    assert [spec.c_name for spec in program.maps] == ["m0_a", f"m1_{name}", "m2_b"]
    assert program.c_text.count("int tt_begin_1(") == 1
