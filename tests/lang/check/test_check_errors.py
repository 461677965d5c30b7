"""What is said of a wrong script: the place, with a caret under it, and how to hint it."""

from collections.abc import Callable

import pytest

from tests.lang.fake_kernel import FakeKernel
from tracetop.errors import Diagnostic, ExitCode, TracetopError
from tracetop.lang import compile as compile_module
from tracetop.lang import compile_script

Refuse = Callable[[str], Diagnostic]

CASES = [
    ("tracepoint:raw_syscalls:sys_entr { }", 1, "unknown tracepoint", "did you mean raw_syscalls:sys_enter?"),
    ("tracepoint:raw_syscals:sys_enter { }", 1, "unknown tracepoint", "did you mean raw_syscalls:sys_enter?"),
    ("tracepoint:sys_enter { }", 1, "not a whole probe", "tracepoint:raw_syscalls:sys_enter"),
    ("tracepoint:nope { }", 1, "not a whole probe", "tracepoint:CATEGORY:EVENT"),
    ("tracepoit:sched:sched_switch { }", 1, "unknown kind of probe tracepoit", "did you mean tracepoint?"),
    ("interval:s { }", 1, "not a whole probe", "interval:s:N"),
    ("software:page-fault:1 { }", 1, "unknown software event", "did you mean page-faults?"),
    ("rawtracepoint:sys_entr { }", 1, "unknown raw tracepoint", "did you mean sys_enter?"),
    ("tracepoint:raw_syscalls:sys_enter { @[args->ids] = count(); }", 45, "has no field ids", "did you mean id?"),
    ("tracepoint:raw_syscalls:sys_enter { @[args.arg] = count(); }", 44, "has no field arg", "did you mean args?"),
    (
        "tracepoint:raw_syscalls:sys_enter { @[args.args[6]] = count(); }",
        49,
        "the array has 6 elements, this is number 6",
        "write 0 to 5",
    ),
    ("tracepoint:raw_syscalls:sys_enter { @[args.id[0]] = count(); }", 39, "an integer has no elements", "without [ ]"),
    ("tracepoint:test:odd { @ = sum(args.thing); }", 36, "struct odd_t have no value", "another field"),
    ("BEGIN { @[args->id] = count(); }", 11, "begin has no args", "in a tracepoint"),
    ("rawtracepoint:sys_enter { @[args->idd] = count(); }", 35, "has no argument idd", "did you mean id?"),
    ("rawtracepoint:sys_enter { @[arg2] = count(); }", 29, "has no arg2", "arg0 to arg1"),
    ("BEGIN { @[pidd] = count(); }", 11, "unknown word pidd", "did you mean pid?"),
    ("BEGIN { @[retval] = count(); }", 11, "begin has no retval", "use kretprobe"),
    ("BEGIN { @[arg0] = count(); }", 11, "begin has no arg0", "leave it out"),
    ("BEGIN { @[func] = count(); }", 11, "on no function", "use probe"),
    ("BEGIN { @[kstack(prf)] = count(); }", 18, "no mode prf", "did you mean perf?"),
    ("struct f { int id; } BEGIN { @ = ((struct f *)1)->ids; }", 51, "struct f has no member ids", "did you mean id?"),
    ("BEGIN { @[curtask->pidd] = count(); }", 20, "task_struct has no member pidd", "did you mean pid?"),
    ("BEGIN { @[((void *)1)->pid] = count(); }", 24, "a pointer has no fields", "cast it to a pointer first"),
    ("BEGIN { @[(1, 2).5] = count(); }", 18, "the tuple has 2 parts, this is number 5", "write 0 to 1"),
    ("BEGIN { if (pid = 1) { } }", 17, "= assigns, it does not compare", "write =="),
    ("BEGIN { @ = (a = 1).b; }", 21, "the record has no part b", "it has a"),
    ("BEGIN { $x = (struct nope *)1; }", 15, "unknown type struct nope", "define the struct"),
    ("BEGIN { @ = *comm; }", 13, "a string points to nothing", "cast it first"),
    ("BEGIN { @[args] = count(); }", 11, "begin has no args", "in a tracepoint"),
    ("BEGIN { @[count] = count(); }", 11, "count is a function", "write count()"),
    ("BEGIN { @[pid.x] = count(); }", 15, "an integer has no fields", "cast it to a pointer"),
    ("BEGIN { @ = hists(1); }", 13, "unknown function hists()", "did you mean hist?"),
    ('BEGIN { printf("%d"); }', 16, "1 conversion and no values follow", "add what %d prints"),
    ('BEGIN { printf("%d", comm); }', 22, "%d does not print a string", "use %s"),
    ('BEGIN { printf("%y", pid); }', 16, "the format has no conversions and 1 value follows", "%d"),
    ('BEGIN { printf("%.2f", pid); }', 17, "%.2f is not a conversion", "%d"),
    ('BEGIN { system("ls"); }', 9, "system() acts on the machine", "--unsafe"),
    ("BEGIN { $x = printf; }", 14, "printf is a function", "write printf()"),
    ("BEGIN { @ = count(1); }", 19, "count() takes no argument", "sum()"),
    ("BEGIN { @ = sum(); }", 13, "sum() takes 1 argument, here are 0", "sum(VALUE)"),
    ("BEGIN { @ = hist(comm); }", 18, "takes an integer, this is a string", "write hist(VALUE)"),
    ("BEGIN { @ = lhist(pid, 0, 10); }", 13, "takes 4 arguments, here are 3", "LOW, HIGH, STEP"),
    ("BEGIN { @ = lhist(pid, 9, 0, 1); }", 13, "empty range", "LOW below HIGH"),
    ("BEGIN { @ = lhist(pid, 0, 99999, 1); }", 13, "100001 buckets", "widen STEP"),
    ("BEGIN { @ = lhist(pid, 0, pid, 1); }", 27, "argument 3 of lhist() must be a number", "write a number"),
    ("BEGIN { count(); }", 9, "must be assigned to a map", "@ = count("),
    ("BEGIN { $x = count(); }", 14, "must be assigned to a map", "@ = count("),
    ("BEGIN { @ += count(); }", 9, "assigned with =", "write @ ="),
    ("BEGIN { @x = count(); @x = sum(1); }", 23, "a sum() here and a count() on line 1", "another map"),
    ("BEGIN { @x = count(); @x[1] = count(); }", 23, "one key here and no key on line 1", "same keys"),
    ('BEGIN { @x[1] = count(); @x["a"] = count(); }', 29, "a string here and an integer", "same keys"),
    ("BEGIN { @x = hist(1); @y = @x; }", 28, "no single value", "a map of its own"),
    ('BEGIN { @x = 1; @x = "abc"; }', 17, "a string here and a plain integer", "another map"),
    ("BEGIN { @foo = 1; @y = @fo; }", 24, "nothing is ever assigned to @fo", "did you mean @foo?"),
    ("BEGIN { clear(@nope); }", 15, "nothing is ever assigned to @nope", "assign @nope"),
    ("BEGIN { @y = $x; }", 14, "$x is read before", "assign $x first"),
    ("BEGIN { $count = 1; @y = $cout; }", 26, "$cout is read before", "did you mean $count?"),
    ('BEGIN { $x = 1; $x = "a"; }', 17, "$x holds a string here and an integer before", "another variable"),
    ("BEGIN { $x = comm + 1; }", 19, "+ does not go with a string and an integer", "side by side"),
    ("BEGIN { $x = comm < 1; }", 19, "< does not go with a string and an integer", "== and !="),
    ("BEGIN { @ = pid / 0; }", 19, "/ by 0 has no result", "divide by another number"),
    ("BEGIN { $x = 1; $x %= 0; }", 23, "%= by 0 has no result", "divide by another number"),
    ("BEGIN { $x = 1; $x == 2; }", 20, "== compares, it does not assign", "write ="),
    ("BEGIN { @ = NULL; }", 13, "unknown word NULL", "write 0"),
    ("BEGIN { @[execname] = count(); }", 11, "unknown word execname", "write comm"),
    ("BEGIN { if (comm == bash) { } }", 21, "unknown word bash", 'double quotes: "bash"'),
    ("BEGIN { $f = 1; @ = f; }", 21, "unknown word f", "write $f"),
    ("BEGIN { @ = S_IFREG; }", 13, "unknown word S_IFREG", "#define S_IFREG"),
    ("BEGIN { @ = pid ** 2; }", 17, "there is no **", "multiply"),
    ('BEGIN { let $a: str = "x"; }', 17, "unknown type str", "write string"),
    ("tracepoint:syscalls:openat { }", 1, "unknown tracepoint", "did you mean syscalls:sys_enter_openat?"),
    ("tracepoint:sched { }", 1, "not a whole probe", "tracepoint:sched:EVENT"),
    ("BEGIN { @ = cpu(1); }", 13, "cpu is not a function", "write cpu without ( )"),
    ("BEGIN { println(1); }", 9, "unknown function println()", "write printf("),
    ("tracepoint:sched:sched_switch { @[next_comm] = count(); }", 35, "a field of args", "write args.next_comm"),
    ("tracepoint:sched:sched_switch { @ = arg0; }", 37, "has no arg0", "as in args.prev_comm"),
    (
        "syscalls:sys_enter_openat { }",
        1,
        "unknown kind of probe syscalls",
        "write tracepoint:syscalls:sys_enter_openat",
    ),
    ("sched_switch { }", 1, "unknown kind of probe sched_switch", "write tracepoint:sched:sched_switch"),
    ("Begin { }", 1, "unknown kind of probe Begin", "write BEGIN"),
    ("timer:s:1 { }", 1, "unknown kind of probe timer", "write interval:s:1"),
    ("interval:s:0 { }", 1, "interval:s:0 would never come", "interval:s:1"),
    ("interval:sec:1 { }", 1, "sec is not a unit of time", "s, ms or us"),
    ("interval:s:1s { }", 1, "interval:s:1s has two units", "write interval:1s"),
    ("BEGIN { $s = 1; } END { @ = $s; }", 29, "$s is read before", "use a map in both clauses: @s[tid]"),
    ('BEGIN { printf("%99999d", 1); }', 17, "%99999d is too wide", "at most 4096 characters"),
    ('BEGIN { printf("%5.2f", 1); }', 17, "%5.2f is not a conversion", "use %d"),
    ('BEGIN { printf("hi", 1); }', 16, "no conversions and 1 value follows", "write %d, %s or %x"),
    ("BEGIN { @ = comm == 1; }", 18, "a string and an integer are compared", "one type"),
    ("BEGIN { if (comm) { } }", 13, "a condition must be an integer", "comm =="),
    ("BEGIN /comm/ { }", 8, "a predicate must be an integer", "comm =="),
    ('BEGIN { @ = pid ? 1 : "a"; }', 13, "are an integer and a string", "both integers or strings"),
    ("BEGIN { @x[1] = 1; delete(@x); }", 27, "@x has a key", "name the key"),
    ("BEGIN { @x[1] = 1; clear(@x[1]); }", 26, "clear() takes a whole map", "delete()"),
    ("BEGIN { @x = hist(1); delete(@x); }", 30, "kept by each CPU", "clear(@x)"),
    ("BEGIN { delete(1); }", 16, "delete() takes a map", "delete(@MAP[KEY])"),
    ("BEGIN { $x = clear(@x); }", 14, "clear() has no value", "statement of its own"),
    ("BEGIN { $x = { 1; }; }", 14, "this block has no value", "without a ;"),
    ("macro m() { @a } BEGIN { @a = 1; m(); }", 13, "@a was not handed to the macro m", "macro m(@a)"),
    ("macro m(x) { x.y } BEGIN { m(pid); }", 16, "has no fields", ""),
    ('BEGIN { @ = str(1, "a"); }', 20, "str() takes an integer, this is a string", "write str(POINTER, LENGTH)"),
    ("BEGIN { @ = $9; }", 13, "no parameter $9", "$1 to $8"),
    (f"BEGIN {{ @ = ${'9' * 5000}; }}", 13, "no parameter $9", "the first is $1"),
    (f"profile:hz:{'9' * 5000} {{ }}", 1, "not a whole probe", "profile:hz:RATE"),
    (f"BEGIN {{ @ = {'9' * 5000}; }}", 13, "not an integer of 64 bits", "decimal"),
    ("BEGIN { @ = (long long long)1; }", 14, "unknown type long long long", "int8 to int64"),
    ("BEGIN { @ = (char int)1; }", 14, "unknown type char int", "int8 to int64"),
    ("BEGIN { @ = 08; }", 13, "08 is not an integer", "decimal, octal (0377) or hex"),
    ("BEGIN { @ = 18446744073709551616; }", 13, "not an integer of 64 bits", "decimal"),
    ("BEGIN { @x = ; }", 14, "unexpected ;", "an expression"),
    ("BEGIN { @x = 1 }}", 17, "closes nothing", "remove it"),
    ("BEGIN @x = 1;", 7, "unexpected @x", "expected {"),
    ("BEGIN /pid == 1 { }", 17, "the predicate has no end", "write / before this {"),
    ("BEGIN { @ = 1", 7, "this { has no }", "add the }"),
    ("{ @ = count(); }", 1, "unexpected {", "a probe"),
    ('BEGIN { @x = "open; }', 14, "this string has no end", 'closing "'),
    ("BEGIN { @x = 'a'; }", 14, "no character literals", "97"),
    ("#include <linux/sched.h>", 25, "ends too early", "add a probe"),
    ("struct foo { int x; }", 22, "ends too early", "add a probe"),
]


@pytest.mark.parametrize(("text", "column", "what", "hint"), CASES, ids=[case[0][:80] for case in CASES])
def test_an_error_points_at_its_place_and_has_a_hint(
    refuse: Refuse, text: str, column: int, what: str, hint: str
) -> None:
    error = refuse(text)
    assert what in error.what
    assert hint in error.hint
    assert error.where == f"t.bt:1:{column}"
    quoted = text if len(text) <= 240 else f"{text[: column + 80]}…"
    assert error.excerpt == f"{quoted}\n{' ' * (column - 1)}^"
    assert error.code is ExitCode.SCRIPT


def test_the_caret_stands_under_its_place_behind_tabs(refuse: Refuse) -> None:
    error = refuse("BEGIN\n{\n\t@\t= pidd;\n}\n")
    assert error.where == "t.bt:3:6"
    assert error.excerpt == "    @   = pidd;\n          ^"


def test_of_a_long_line_the_part_around_the_place_is_quoted(refuse: Refuse) -> None:
    text = f'BEGIN {{ printf("{"x" * 500}"); {"@a = 1; " * 2000} @b = pidd; {"@c = 2; " * 1000} }}'
    assert len(text) > 15_000
    error = refuse(text)
    line, caret = error.excerpt.split("\n")
    assert error.where == f"t.bt:1:{text.index('pidd') + 1}"
    assert line[caret.index("^") :].startswith("pidd; @c")
    assert (line[0], line[-1], line.count("…")) == ("…", "…", 2)
    assert line[1:-1] in text
    assert len(line) < 200
    assert max(map(len, error.text().split("\n"))) < 200


@pytest.mark.parametrize(
    "text",
    [
        "BEGIN { @ = LONG; }",
        "BEGIN { @ = LONG(1); }",
        "BEGIN { @ = $LONG; }",
        "LONG:x { }",
        'BEGIN { @ = 1 + "LONG"; }',
    ],
)
def test_a_long_word_is_not_quoted_whole(refuse: Refuse, text: str) -> None:
    error = refuse(text.replace("LONG", "x" * 15_000))
    assert max(map(len, error.text().split("\n"))) < 500
    assert "…" in error.excerpt


def test_a_clause_that_needs_too_much_stack_is_refused_because_clang_would_end_the_process(refuse: Refuse) -> None:
    sums = " + ".join(f"({i} / (pid + {i}))" for i in range(100))
    error = refuse(f"BEGIN {{ }}\nEND {{ @ = {sums}; }}")
    assert "too much for one program" in error.what
    assert error.where == "t.bt:2:1"


@pytest.mark.parametrize(
    "text", [f"BEGIN {{ @ = {'1 + ' * 5000}1; }}", "BEGIN { " + "if (1) { " * 2000 + "} " * 2000 + "}"]
)
def test_a_bottomless_script_is_refused(refuse: Refuse, text: str) -> None:
    assert "nested" in refuse(text).what


def test_many_comments_in_a_row_take_no_time(refuse: Refuse) -> None:
    """With more than one way to read them, 30 would take longer than anyone waits."""
    assert "the predicate has no end" in refuse(f"BEGIN / 1 / {'/**/' * 500} 2 {{ }}").what


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(f"BEGIN {{ @m{i}[pid] = count(); }}" for i in range(1000)),
        "//! entries: 1048576\nBEGIN { $p = str(curtask, 128); @[comm, $p] = stats(1); @b[comm, $p, 1] = stats(1); "
        "@c[comm, $p, 2] = stats(1); @d[$p] = 1; @e[comm, $p, cpu] = count(); }",
    ],
)
def test_maps_that_would_take_the_kernels_memory_are_refused(refuse: Refuse, text: str) -> None:
    error = refuse(text)
    assert "MiB, at most 1024 are allowed" in error.what
    assert "//! entries" in error.hint


def test_a_size_of_more_digits_than_python_reads_is_refused(refuse: Refuse) -> None:
    assert "not a size for a map" in refuse(f"//! entries: {'9' * 5000}\nBEGIN {{ @ = 1; }}").what


def test_what_no_pass_foresaw_is_an_error_of_this_script_only(
    kernel: FakeKernel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: object, **_named: object) -> None:
        raise KeyError("oops")

    monkeypatch.setattr(compile_module, "plan", broken)
    with pytest.raises(TracetopError) as caught:
        compile_script("BEGIN { @ = 1; }", "t", kernel)
    assert caught.value.diagnostic.code is ExitCode.INTERNAL
    assert "KeyError" in caught.value.diagnostic.why
    assert "in broken" in caught.value.diagnostic.detail


def test_an_empty_script_is_one_that_ends_too_early(refuse: Refuse) -> None:
    assert refuse("// nothing\n").what == "the script ends too early"
