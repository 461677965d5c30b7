"""Format files of tracepoints, with every form of field that kernels write."""

from tracetop.bpf.kernel.tracepoint_formats import parse_format
from tracetop.model.kernel import Field

SCHED_PROCESS_EXEC = """\
name: sched_process_exec
ID: 297
format:
\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;
\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;
\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;

\tfield:__data_loc char[] filename;\toffset:8;\tsize:4;\tsigned:0;
\tfield:pid_t pid;\toffset:12;\tsize:4;\tsigned:1;
\tfield:char comm[16];\toffset:16;\tsize:16;\tsigned:0;
\tfield:const char * path;\toffset:32;\tsize:8;\tsigned:0;
\tfield:unsigned long args[6];\toffset:40;\tsize:48;\tsigned:0;
\tfield:struct mm_struct *mm;\toffset:88;\tsize:8;\tsigned:0;
\tfield:u8 grid[2][4];\toffset:96;\tsize:8;\tsigned:0;

print fmt: "filename=%s pid=%d", __get_str(filename), REC->pid
"""


def field(name: str, c_type: str, offset: int, size: int, signed: bool = False) -> Field:
    return Field(name=name, c_type=c_type, offset=offset, size=size, signed=signed)


def test_every_form_of_field_is_read_and_the_common_ones_are_left_out() -> None:
    parsed = parse_format("sched", "sched_process_exec", SCHED_PROCESS_EXEC)
    assert (parsed.category, parsed.event) == ("sched", "sched_process_exec")
    assert parsed.fields == (
        field("filename", "__data_loc char[]", 8, 4),
        field("pid", "pid_t", 12, 4, signed=True),
        field("comm", "char[16]", 16, 16),
        field("path", "const char *", 32, 8),
        field("args", "unsigned long[6]", 40, 48),
        field("mm", "struct mm_struct *", 88, 8),
        field("grid", "u8[2][4]", 96, 8),
    )


def test_a_record_without_fields_of_its_own_is_empty() -> None:
    assert parse_format("a", "b", 'name: b\nID: 1\nformat:\n\nprint fmt: ""\n').fields == ()


def test_text_that_only_looks_like_a_field_is_not_one() -> None:
    text = 'format:\n\nprint fmt: "field:int x;\toffset:0;\tsize:4;\tsigned:1;"\n'
    assert parse_format("a", "b", text).fields == ()
