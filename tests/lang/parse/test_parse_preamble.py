"""What stands before the clauses: C definitions, directives, config, declarations of maps."""

import pytest

from tests.lang.shown import show
from tracetop.errors import ScriptError
from tracetop.lang.parse.parser import parse
from tracetop.lang.source import Source
from tracetop.lang.tree import syntax


def script(text: str) -> syntax.Script:
    return parse(Source("t", text))


def shown(text: str) -> list[str]:
    return [show(node) for node in script(f"{text}\nBEGIN {{ }}").definitions]


def value(text: str) -> str:
    (statement,) = script(text).clauses[-1].body
    return show(statement)


@pytest.mark.parametrize(
    ("text", "definitions"),
    [
        ("struct foo { int x; }", ["struct foo { int x; }"]),
        ("struct foo { int x; };", ["struct foo { int x; }"]),
        ("union foo { int x; char *y[4]; };", ["union foo { int x; char*[4] y; }"]),
        (
            "struct foo { unsigned long a, *b, c[2][3]; };",
            ["struct foo { unsigned long a; unsigned long* b; unsigned long[2][3] c; }"],
        ),
        ("struct foo { int a : 3, b : 1 + 4; int : 0; };", ["struct foo { int a : 3; int b : 5; int : 0; }"]),
        ("struct foo { const char __user *p; volatile u64 q; };", ["struct foo { char* p; u64 q; }"]),
        ("struct foo { struct bar *b; enum e f; pid_t pid; };", ["struct foo { struct bar* b; enum e f; pid_t pid; }"]),
        (
            "struct foo { struct { int a; }; union { int b; } u[2], *v; };",
            ["struct foo { struct { int a; }; union { int b; }[2] u; union { int b; }* v; }"],
        ),
        ("struct foo { int (*cb)(struct foo *, int (*)(void)); };", ["struct foo { void* cb; }"]),
        ("struct foo { char data[]; };", ["struct foo { char[] data; }"]),
        ("struct foo { int x; } __attribute__((packed));", ["packed struct foo { int x; }"]),
        ("struct __attribute__((packed)) foo { int x; };", ["packed struct foo { int x; }"]),
        ("struct foo { int x; } __packed;", ["packed struct foo { int x; }"]),
        ("struct foo { int x; } __attribute__((preserve_access_index));", ["struct foo { int x; }"]),
        ("struct foo; struct bar { struct foo *f; };", ["struct bar { struct foo* f; }"]),
        ("enum e { A, B = 4, C, D = A - 1, };", ["enum e { A = 0, B = 4, C = 5, D = -1 }"]),
        ("enum { A = 1 << 3, B = A | 1 };", ["enum  { A = 8, B = 9 }"]),
        ("enum e { };", ["enum e {  }"]),
        ("typedef unsigned int number;", ["typedef unsigned int number"]),
        ("typedef struct foo *foo_p;", ["typedef struct foo* foo_p"]),
        ("typedef char name[16];", ["typedef char[16] name"]),
        ("typedef struct { int x; } foo;", ["typedef struct { int x; } foo"]),
        ("typedef int (*callback)(void);", ["typedef void* callback"]),
        ("typedef enum { A } e;", ["enum (e) { A = 0 }", "typedef enum (e) e"]),
        ("typedef struct { int x; } *foo_p;", ["struct (foo_p) { int x; }", "typedef struct (foo_p)* foo_p"]),
        (
            "struct foo { enum e { A } a; struct in { int x; }; };",
            ["enum e { A = 0 }", "struct in { int x; }", "struct foo { enum e a; }"],
        ),
        (
            "enum { N = 4 }; struct foo { char a[N]; char b[N * 2]; };",
            ["enum  { N = 4 }", "struct foo { char[4] a; char[8] b; }"],
        ),
        ("#define N 4\nstruct foo { char a[N]; };", ["struct foo { char[4] a; }"]),
        (
            "typedef int n_t; struct foo { struct in { n_t x; } y; };",
            ["typedef int n_t", "struct foo { struct in { n_t x; } y; }"],
        ),
        (
            "typedef int n_t; struct foo { struct in { n_t x; }; };",
            ["typedef int n_t", "struct in { n_t x; }", "struct foo { }"],
        ),
        ("let @m = hash(100);", ["let @m = hash(100)"]),
        ("#define N 7\nlet @m = lruhash(N * 2)", ["let @m = lruhash(14)"]),
        ("struct foo { int config; int let; int sizeof_it; };", ["struct foo { int config; int let; int sizeof_it; }"]),
    ],
)
def test_definitions_are_written_as_in_c(text: str, definitions: list[str]) -> None:
    assert shown(text) == definitions


def test_definitions_and_clauses_may_come_in_any_order() -> None:
    found = script("BEGIN { } struct a { int x; } let @m = hash(1); END { } config = { max_map_keys = 1 }")
    assert len(found.clauses) == len(found.definitions) == 2
    assert len(found.settings) == 1


@pytest.mark.parametrize(
    ("text", "settings"),
    [
        ("config = { }", []),
        ("config = { stack_mode=perf }", [("stack_mode", "perf")]),
        (
            'config = {\n  BPFTRACE_MAX_MAP_KEYS = 0x10;\n  license = "Dual MIT/GPL";\n};',
            [("BPFTRACE_MAX_MAP_KEYS", 16), ("license", "Dual MIT/GPL")],
        ),
        ("config={a=true;b=1ms}", [("a", "true"), ("b", 1_000_000)]),
    ],
)
def test_config_is_a_list_of_settings(text: str, settings: list[tuple[str, int | str]]) -> None:
    assert [(setting.key, setting.value) for setting in script(f"{text} BEGIN {{ }}").settings] == settings


def test_a_macro_stands_for_its_value_at_the_place_of_its_use() -> None:
    text = '#define A (1 + B)\n#define B 2\n#define S "x" "y"\nBEGIN { @ = A * S; }'
    assert value(text) == '@ = ((1 + 2) * "xy")'
    (statement,) = script(text).clauses[0].body
    assert isinstance(statement, syntax.Assign)
    assert isinstance(statement.value, syntax.Binary)
    sum_ = statement.value.left
    assert isinstance(sum_, syntax.Binary)
    assert {sum_.at, sum_.left.at, sum_.right.at} == {text.index("A *")}


@pytest.mark.parametrize(
    ("text", "statement"),
    [
        ("#define A 1 // one\nBEGIN { @ = A; }", "@ = 1"),
        ("#define A 1 /* one */ + 2\nBEGIN { @ = A; }", "@ = (1 + 2)"),
        ("#define A 1 + \\\n  2\nBEGIN { @ = A; }", "@ = (1 + 2)"),
        ("  #  define A 1\nBEGIN { @ = A; }", "@ = 1"),
        ('#define A "http://x"\nBEGIN { @ = A; }', '@ = "http://x"'),
        ("#define pid 3\nBEGIN { @ = args.pid + pid; }", "@ = (args.pid + 3)"),
        ("#define A A + 1\nBEGIN { @ = A; }", "@ = (A + 1)"),
        ("#define A 1\n#undef A\nBEGIN { @ = A; }", "@ = A"),
        ("#define A 1\nBEGIN { @ = A(2); }", "@ = A(2)"),
        ("#define A 1\n#define A 2\nBEGIN { @ = A; }", "@ = 2"),
        ("/*\n#define A 1\n*/\nBEGIN { @ = A; }", "@ = A"),
        ("#pragma once\nBEGIN { @ = 1; }", "@ = 1"),
        ("#define E\nBEGIN { @ = 1; }", "@ = 1"),
    ],
)
def test_macros_are_defined_as_in_c(text: str, statement: str) -> None:
    assert value(text) == statement


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("#ifdef BPFTRACE_HAVE_BTF", True),
        ("#ifndef BPFTRACE_HAVE_BTF", False),
        ("#ifdef __x86_64__", True),
        ("#ifdef __aarch64__", False),
        ("#if 1", True),
        ("#if 0", False),
        ("#if !0", True),
        ("#if defined(A)", True),
        ("#if defined B || !defined(B) && A == 3", True),
        ("#if defined(B)", False),
        ("#if A >= 0x3", True),
        ("#if A < 3 || NOTHING", False),
        ("#if 0\n#elif 1", True),
        ("#if 1\n#elif 1\n@ = 9;", True),
        ("#if 0\n#else", True),
        ("#if 0\n#if 1\n#endif\n#else", True),
        ("#if 0\n#else\n#if 0", False),
    ],
)
def test_text_within_a_condition_counts_where_it_holds(condition: str, holds: bool) -> None:
    ends = "#endif\n" * (condition.count("#if") - condition.count("#endif"))
    if condition == "#if 1\n#elif 1\n@ = 9;":
        condition, ends = "#if 1", "#elif 1\n@ = 9;\n#endif\n"
    (clause,) = script(f"#define A 3\nBEGIN {{\n{condition}\n@ = 1;\n{ends}}}").clauses
    assert [show(statement) for statement in clause.body] == (["@ = 1"] if holds else [])


def test_what_is_left_out_moves_no_offset_and_needs_not_be_of_the_language() -> None:
    text = '#ifdef NOTHING\n§ nonsense { "\n#include <a.h>\n#endif\nBEGIN { @ = 1; }'
    found = script(text)
    assert found.clauses[0].at == text.index("BEGIN")
    assert found.includes == ()


def test_headers_are_noted_and_not_read() -> None:
    assert script('#include <linux/sched.h>\n#include "my.h"\nBEGIN { }').includes == ("linux/sched.h", "my.h")


@pytest.mark.parametrize(
    ("text", "at", "what", "hint"),
    [
        ("#define F(x) x\nBEGIN { }", 0, "the macro F has parameters", "where it is used"),
        ("#define\nBEGIN { }", 0, "#define needs a name", "#define NAME value"),
        ("#define A struct foo\nBEGIN { @ = A; }", 33, "A cannot be used as a value", "define it as a value"),
        ("#define A\nBEGIN { @ = A; }", 22, "A cannot be used as a value", "define it as a value"),
        ('#define A "\\q"\nBEGIN { @ = A; }', 27, "A cannot be used as a value", "define it as a value"),
        ("#ifdef\n#endif\nBEGIN { }", 0, "#ifdef needs a name", "#ifdef NAME"),
        ("#if 1\nBEGIN { }", 0, "this condition has no end", "#endif"),
        ("BEGIN { }\n#endif", 10, "#endif without #if", "remove it"),
        ("#if LINUX_VERSION_CODE < KERNEL_VERSION(5, 0, 0)\n#endif\nBEGIN { }", 0, "cannot be worked out", "#ifdef"),
        ("#error no\nBEGIN { }", 0, "refuses to run: no", "do what it says"),
        ("#inclued <a.h>\nBEGIN { }", 0, "unknown directive #inclued", "did you mean include?"),
        ("# a comment\nBEGIN { }", 0, "unknown directive #a", "comments begin with //"),
        ("let @m = hash();\nBEGIN { }", 9, "hash() needs the number of entries", "hash(1024)"),
        ("let @m = hash(pid);\nBEGIN { }", 14, "the size of a map must be a constant", "a number"),
    ],
)
def test_a_wrong_preamble_is_pointed_at(text: str, at: int, what: str, hint: str) -> None:
    with pytest.raises(ScriptError) as caught:
        script(text)
    assert what in caught.value.diagnostic.what
    assert hint in caught.value.diagnostic.hint
    assert caught.value.diagnostic.at == at
