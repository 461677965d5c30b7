"""Loops become callbacks: one function each, variables shared in scratch memory, none of it where there is no loop."""

import re
from collections.abc import Callable

import pytest

from tests.lang.fake_kernel import FakeKernel
from tracetop.errors import ExitCode, ScriptError
from tracetop.lang import compile_script
from tracetop.model.abi.relocations import MarkerKind, marker
from tracetop.model.ctype import CKind, CType
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


class OldKernel(FakeKernel):
    """Linux 5.10: it describes its types, and has none of the helpers for loops."""

    def constant(self, name: str) -> tuple[int, CType] | None:
        return (1, CType(kind=CKind.INT, size=4)) if name == "BPF_FUNC_map_lookup_elem" else super().constant(name)


def on_old(script: str) -> Program:
    return compile_script(script, "t", OldKernel())


def test_a_short_range_is_unrolled_where_the_kernel_has_no_loops() -> None:
    program = on_old("BEGIN { for ($i : 2..5) { @[$i] = count(); } }")
    assert program.callbacks == ()
    assert [f"v0_i = {number}LL;" in program.c_text for number in (1, 2, 3, 4, 5)] == [False, True, True, True, False]


def test_what_leaves_a_round_of_an_unrolled_loop_goes_to_the_place_after_it() -> None:
    text = on_old(
        "BEGIN { for ($i : 0..2) { if ($i == 1) { continue; } for ($j : 0..2) { if ($j == $i) { break; } } } }"
    ).c_text
    assert text.count("goto next") == 2
    assert text.count("goto done") == 4
    jumps, labels = set(re.findall(r"goto (\w+);", text)), re.findall(r"^\s*(\w+):;", text, re.MULTILINE)
    assert jumps <= set(labels)
    assert len(labels) == len(set(labels))


@pytest.mark.parametrize(
    ("script", "place", "what", "since", "hint"),
    [
        ("BEGIN { while (1) { } }", 9, "while", "5.17", "0..64"),
        ("BEGIN { for ($i : 0..65) { } }", 9, "for over a range that is longer than 64", "5.17", "0..10"),
        ("BEGIN { for ($i : 0..pid) { } }", 9, "for over a range", "5.17", "0..10"),
        ("BEGIN { unroll ($1) { } }", 9, "unroll() by a parameter", "5.17", "spell the number out"),
        ("BEGIN { @a[1] = 1; for ($kv : @a) { } }", 31, "for over a map, @a", "5.13", "print(@a)"),
        ("BEGIN { @a[1] = 1; print(len(@a)); }", 30, "len(@a)", "5.13", "@n++"),
    ],
)
def test_a_loop_that_the_kernel_has_no_helper_for_is_refused_at_its_place(
    script: str, place: int, what: str, since: str, hint: str
) -> None:
    with pytest.raises(ScriptError) as caught:
        on_old(script)
    diagnostic = caught.value.diagnostic
    assert (diagnostic.where, diagnostic.code) == (f"t.bt:1:{place}", ExitCode.KERNEL)
    assert diagnostic.what.startswith(what)
    assert since in diagnostic.why
    assert hint in diagnostic.hint
