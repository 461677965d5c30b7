"""The clause that puts aside what a process had counted before its number is another's."""

from tests.lang.fake_kernel import FakeKernel
from tracetop.lang import Options, compile_script
from tracetop.model.ctype import CKind, CType
from tracetop.model.program import ENDED_MAP, KeyRole, Program
from tracetop.model.value import Shape

SCRIPT = """//! join: process
//! ended: @name
tracepoint:raw_syscalls:sys_enter { @calls[pid] = count(); @tid[tid] = count(); }
tracepoint:raw_syscalls:sys_exit { @sum[pid] = sum(args->ret); @last[pid] = nsecs; }
//! process: any
tracepoint:sched:sched_process_exit /pid == tid/ { @name[pid] = comm; }
"""


def kernel(*, reads_other_cpus: bool = True) -> FakeKernel:
    kernel = FakeKernel()
    kernel.formats["task:task_newtask"] = (
        "pid_t pid 8 4 s",
        "char[16] comm 12 16 u",
        "unsigned long clone_flags 32 8 u",
        "short oom_score_adj 40 2 s",
    )
    if reads_other_cpus:
        kernel.constants["BPF_FUNC_map_lookup_percpu_elem"] = (195, CType(kind=CKind.ENUM, size=4))
    return kernel


def compiled(text: str = SCRIPT, *, reads_other_cpus: bool = True, params: tuple[str, ...] | None = None) -> Program:
    return compile_script(text, "test", kernel(reads_other_cpus=reads_other_cpus), Options(params))


def test_counts_and_sums_by_process_are_put_aside_with_the_name() -> None:
    program = compiled()
    ended = next(spec for spec in program.maps if spec.name == ENDED_MAP)
    assert program.ended == ("@calls", "@sum")
    assert [part.type.shape for part in ended.value.parts] == [Shape.STRING, Shape.INTEGER, Shape.INTEGER]
    assert program.probes[-1].names == ("tracepoint:task:task_newtask",)


def test_the_maps_are_by_process_still() -> None:
    keys = {spec.name: [part.role for part in spec.keys] for spec in compiled().maps}
    assert keys["@calls"] == keys["@sum"] == keys["@name"] == [KeyRole.PID]
    assert {spec.key_size for spec in compiled().maps if KeyRole.PID in keys[spec.name]} == {4}


def test_it_is_done_for_everyone_whatever_the_filter() -> None:
    text = compiled().c_text
    assert "current" not in text[text.rindex("int tt_task_newtask") :]


def test_a_kernel_that_cannot_says_so() -> None:
    program = compiled(reads_other_cpus=False)
    assert (program.ended, ENDED_MAP in [spec.name for spec in program.maps]) == ((), False)
    assert "Linux 5.19" in program.notes[0]


def test_run_and_scripts_without_the_line_are_as_they_are_written() -> None:
    for program in (compiled(params=()), compiled(SCRIPT.replace("//! ended: @name\n", ""))):
        assert [spec.name for spec in program.maps] == ["@calls", "@tid", "@sum", "@last", "@name"]
