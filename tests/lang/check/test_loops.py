"""Loops become callbacks: one function each, variables shared in scratch memory, none of it where there is no loop."""

import re
from collections.abc import Callable

import pytest

from tracetop.errors import ScriptError
from tracetop.model.abi.relocations import MarkerKind, marker
from tracetop.model.program import Program

Build = Callable[[str], Program]


def test_each_loop_is_a_callback_named_in_the_program(build: Build) -> None:
    program = build("BEGIN { while (1) { for ($i : 0..3) { @ = count(); } } for ($i : 0..2) { @ = count(); } }")
    assert program.callbacks == ("tt_loop_0", "tt_loop_1", "tt_loop_2")
    for index, name in enumerate(program.callbacks):
        assert program.c_text.count(f"\nint {name}(struct tt_loop *loop)\n") == 1
        assert program.c_text.count(marker(MarkerKind.LOOP, index)) == 1


def test_a_loop_over_a_map_names_the_map_by_its_number(build: Build) -> None:
    program = build("BEGIN { @a[1] = 1; @b[1] = 1; for ($kv : @b) { @a[$kv.0] = 2; } }")
    assert [spec.name for spec in program.maps] == ["@a", "@b"]
    assert marker(MarkerKind.MAP, 1) in program.c_text
    assert marker(MarkerKind.ELEMENT, 0) in program.c_text


def test_a_clause_without_a_loop_keeps_its_variables_on_the_stack(build: Build) -> None:
    program = build("BEGIN { $a = 1; @ = $a; } END { for ($i : 0..2) { @ = $i; } }")
    begin = program.c_text.split("void tt_begin_1_1(")[1].split("\n}\n")[0]
    assert "s64 v0_a = 0;" in begin
    assert "scratch" not in begin


def test_nothing_fetched_before_a_loop_is_trusted_behind_it(build: Build) -> None:
    program = build("BEGIN { @a[1] = 1; $x = @a[1]; for ($kv : @a) { delete(@a[$kv.0]); } @b = @a[1]; }")
    begin = program.c_text.split("void tt_begin_1_1(")[1].split("\n}\n")[0]
    behind = begin.split("tt_for_each(")[1]
    assert "m0_a.lookup" in behind


@pytest.mark.parametrize(
    ("script", "what", "hint"),
    [
        ("BEGIN { break; }", "break stands in no loop", "use it in while or for; return ends the clause"),
        ("BEGIN { if (1) { continue; } }", "continue stands in no loop", "use it in while or for"),
        ("BEGIN { @x = 1; for ($kv : @x) { } }", "@x has no key, only one value", "read it as it is: @x"),
        ("BEGIN { @h[1] = hist(1); for ($kv : @h) { } }", "a loop cannot go over @h", "in a map of its own"),
        ("BEGIN { @a[1] = 1; for ($kv : @a[1]) { } }", "a loop goes over a whole map", "write for ($kv : @a)"),
        ('BEGIN { for ($i : 0.."x") { } }', "a range goes from an integer to an integer, this is a string", "0..10"),
        ("BEGIN { for ($kv : @typo) { } @type[1] = 1; }", "nothing is ever assigned to @typo", "@type"),
    ],
)
def test_what_is_said_of_a_loop_that_is_wrong(build: Build, script: str, what: str, hint: str) -> None:
    with pytest.raises(ScriptError) as caught:
        build(script)
    diagnostic = caught.value.diagnostic
    assert what in diagnostic.what
    assert hint in diagnostic.hint
    assert diagnostic.excerpt


@pytest.mark.parametrize(("probe", "guarded"), [("rawtracepoint:sys_enter", True), ("BEGIN", False)])
def test_only_programs_that_may_meet_themselves_ask_whether_scratch_memory_is_in_use(
    build: Build, probe: str, guarded: bool
) -> None:
    """Before Linux 6.1 a raw tracepoint's may; what the C asks is the kernel's version."""
    text = build(f"{probe} {{ for ($i : 0..2) {{ @ = count(); }} }}").c_text
    assert len(re.findall(r"__sync_fetch_and_add\(&mine->busy, -?1\)", text)) == (3 if guarded else 0)
    assert ("KERNEL_VERSION(6, 1, 0)" in text) is guarded
