"""Colours of a script: what stands where, in text that is whole and in text that is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracetop.view.highlight import highlight


def found(line: str) -> dict[str, str]:
    return {line[start:end]: str(kind) for start, end, kind in highlight(line)[0]}


@pytest.mark.parametrize(
    ("line", "stretches"),
    [
        ("tracepoint:syscalls:sys_enter_openat { @[comm] = count(); }",
         {"tracepoint:syscalls:sys_enter_openat": "probe", "@": "map", "count": "function"}),
        ("kprobe:vfs_*,kretprobe:vfs_* /pid == 812/",
         {"kprobe:vfs_*": "probe", "kretprobe:vfs_*": "probe", "812": "number"}),
        ("uprobe:/bin/bash:readline {", {"uprobe:/bin/bash:readline": "probe"}),
        ('BEGIN { $x = 0x1f; printf("%d // no\\n", $x); } // yes',
         {"BEGIN": "probe", "$x": "variable", "0x1f": "number", "printf": "function", '"%d // no\\n"': "string",
          "// yes": "comment"}),
        ("if (@start[tid]) { delete(@start, tid); }", {"if": "keyword", "@start": "map", "delete": "function"}),
        ('printf("unfinished', {"printf": "function", '"unfinished': "string"}),
    ],
)  # fmt: skip
def test_each_stretch_is_what_it_is(line: str, stretches: dict[str, str]) -> None:
    assert found(line) == stretches


def test_a_comment_goes_on_over_lines() -> None:
    assert [[(start, end) for start, end, _ in line] for line in highlight("/* one\ntwo */ @a")] == [
        [(0, 6)],
        [(0, 6), (7, 9)],
    ]


@given(st.text(alphabet='@$ab:/*"\\{}()\n #1', max_size=60))
def test_stretches_of_any_text_lie_in_their_lines_and_do_not_overlap(text: str) -> None:
    lines = text.split("\n")
    for line, spans in zip(lines, highlight(text), strict=True):
        edges = [edge for start, end, _ in spans for edge in (start, end)]
        assert edges == sorted(edges)
        assert all(0 <= edge <= len(line) for edge in edges)
